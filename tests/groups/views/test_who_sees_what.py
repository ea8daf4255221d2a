"""Foreign records answer exactly like missing ones, to everybody who has no part in them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from groups import models
from groups.models.tenures import Role
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import GroupFactory, NoticeFactory, TenureFactory
from tests.factories.identity import AccountFactory, UserFactory
from tests.groups import scene as scenes
from tests.groups.views import reading

MISSING_NUMBER = "999999999"


@pytest.fixture
def records(scene):
    """One of each record that the owner of a group may open."""
    decision = scenes.decide_in_effect(scene, scenes.WARN)
    appeal = scenes.appeal_against(decision, scene.owner, at=AT)
    appeal.refresh_from_db()
    decision.refresh_from_db()
    notice = NoticeFactory(platform=scene.platform, recipient=scene.owner)
    return {
        "standing": scene.group.pk,
        "group_cases": scene.group.pk,
        "people": scene.group.pk,
        "people_csv": scene.group.pk,
        "log": scene.group.pk,
        "account_standing": scene.owner.pk,
        "case": scene.case.reference,
        "decision": decision.reference,
        "appeal_new": decision.reference,
        "appeal": appeal.reference,
        "appeal_withdraw": appeal.reference,
        "notice": notice.pk,
    }


@pytest.fixture
def outsiders(scene):
    """People who may not open any of them, by what they are."""
    stranger = AccountFactory(platform=scene.platform, user=UserFactory())
    other_owner = AccountFactory(platform=scene.platform, user=UserFactory())
    TenureFactory(group=GroupFactory(platform=scene.platform), account=other_owner)
    former = AccountFactory(platform=scene.platform, user=UserFactory())
    TenureFactory(
        group=scene.group,
        account=former,
        since=AT - timedelta(days=390),
        until=AT - timedelta(days=300),
    )
    return {
        "stranger": stranger.user,
        "other owner": other_owner.user,
        "former owner": former.user,
        "staff": scene.staff("REVIEWER", "SENIOR", "ADMINISTRATOR"),
        "reporter": scene.reporter.user,
    }


def test_the_owner_opens_each_of_them(as_user, scene, records):
    client = as_user(scene.owner)

    for name, id in records.items():
        assert client.get(reverse(f"groups:{name}", args=[id])).status_code == 200, name


def test_foreign_records_answer_exactly_like_missing_ones(as_user, records, outsiders):
    for who, user in outsiders.items():
        client = as_user(user)
        for name, id in records.items():
            missing = f"{str(id)[0]}-{MISSING_NUMBER}" if str(id)[1] == "-" else uuid4()
            foreign = client.get(reverse(f"groups:{name}", args=[id]))
            absent = client.get(reverse(f"groups:{name}", args=[missing]))

            assert (foreign.status_code, absent.status_code) == (404, 404), (who, name)
            assert reading.bare(foreign, str(id)) == reading.bare(absent, str(missing)), (who, name)


def test_what_is_posted_to_foreign_records_changes_nothing(as_user, records, outsiders):
    posts = {
        "case": {"version": 1, "text": "Mine."},
        "appeal_new": {"step": "send", "grounds": "Mine."},
        "appeal_withdraw": {"version": 1},
    }
    notice = models.Notice.objects.get(pk=records["notice"])
    before = _state()
    for who, user in outsiders.items():
        client = as_user(user)
        for name, data in posts.items():
            url = reverse(f"groups:{name}", args=[records[name]])
            assert client.post(url, data).status_code == 404, (who, name)
        assert client.post(reverse("groups:notice_read", args=[notice.pk])).status_code == 404

    assert _state() == before


def _state():
    return (
        list(models.Case.objects.order_by("pk").values()),
        list(models.Appeal.objects.order_by("pk").values()),
        list(models.Notice.objects.order_by("pk").values()),
        models.CaseEntry.objects.count(),
    )


def test_a_manager_sees_the_group_but_not_the_owners_own_things(as_user, scene, records):
    manager = scenes.add_role(scene, role=Role.MANAGER)
    client = as_user(manager)

    seen = {
        name: client.get(reverse(f"groups:{name}", args=[id])).status_code
        for name, id in records.items()
    }

    theirs = {
        "standing",
        "group_cases",
        "people",
        "people_csv",
        "log",
        "case",
        "decision",
        "appeal_new",
    }
    assert {name for name, status in seen.items() if status == 200} == theirs


def test_nobody_sees_an_open_case_about_themselves(as_user, place):
    case = place.open_case(subject=place.manager)
    url = reverse("groups:case", args=[case.reference])

    assert as_user(place.owner).get(url).status_code == 200
    assert as_user(place.manager).get(url).status_code == 404
    assert (
        case.reference
        not in as_user(place.manager)
        .get(reverse("groups:group_cases", args=[place.group.pk]))
        .content.decode()
    )


def test_a_case_stays_with_the_owner_under_whom_it_arose(as_user, place):
    case = place.open_case()
    with fixture_rows():
        models.Tenure.objects.filter(account=place.owner).delete()
    client = as_user(place.owner)

    assert client.get(reverse("groups:case", args=[case.reference])).status_code == 200
    assert client.get(reverse("groups:standing", args=[place.group.pk])).status_code == 404
    assert case.reference in reading.words(client.get(reverse("groups:cases")))
    assert "Look at all cases" in reading.words(client.get(reverse("groups:list")))


def test_people_who_are_not_signed_in_are_asked_to(client, records):
    for name, id in records.items():
        url = reverse(f"groups:{name}", args=[id])
        assert client.get(url).url == f"{reverse('account_login')}?next={url}"
    for name in ("home", "list", "cases", "notices", "report", "account"):
        assert client.get(reverse(f"groups:{name}")).status_code == 302


def test_ids_that_are_none_are_missing(as_user, scene):
    client = as_user(scene.owner)

    for id in ("x", "C-", "C-99999999999999999999", "D-1", "C-1%00", "٣"):
        assert client.get(f"/cases/{id}/").status_code == 404
