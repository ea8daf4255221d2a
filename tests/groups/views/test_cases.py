from datetime import timedelta

import pytest
from django.urls import reverse

from groups import models
from groups.actions import cases as case_actions
from groups.actions import delegations
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from tests.factories.base import AT
from tests.groups import scene as scenes
from tests.groups.place import BY_TESTS
from tests.groups.views import reading


def url_of(case):
    return reverse("groups:case", args=[case.reference])


def post(client, case, text="We removed the post.", version=None):
    return client.post(url_of(case), {"version": version or case.version, "text": text})


def test_a_case_shows_what_was_reported_and_never_by_whom(as_user, place):
    case = place.open_case()
    page = as_user(place.owner).get(url_of(case))

    text = reading.words(page)
    assert "They ask members for deposits." in text
    assert "Please transfer 50 first." in text
    assert case.rule.text in text
    assert "2 Nov 2026, 12:00 UTC" in text
    assert "About the member Mats" in text
    assert "Olga (you), Mara" in text
    for secret in ("Rana", place.reporter.external_id, place.reporter.user.email):
        assert secret not in page.content.decode()


def test_an_answer_hands_the_case_to_staff(as_user, place):
    case = place.open_case()

    response = post(as_user(place.manager), case)

    assert response.url == url_of(case)
    case.refresh_from_db()
    assert case.state == "WITH_STAFF"
    line = case.timeline.get(kind="ANSWERED")
    assert (line.by_account, line.body) == (place.manager, "We removed the post.")
    page = reading.words(as_user(place.owner).get(url_of(case)))
    assert "The group answered by Mara We removed the post." in page
    assert "Add to the answer" in page


def test_a_stale_answer_is_refused_and_what_was_typed_stays(as_user, place):
    case = place.open_case()
    place.report()
    lines = models.CaseEntry.objects.count()

    response = post(as_user(place.owner), case, "We spoke to them.", version=1)

    assert response.status_code == 409
    text = reading.words(response)
    assert "There is a problem Somebody changed this case since you opened it." in text
    assert "We spoke to them." in text
    assert models.CaseEntry.objects.count() == lines
    case.refresh_from_db()
    assert case.state == "WITH_OWNER"
    assert f'name="version" value="{case.version}"' in response.content.decode()


def test_sending_the_same_answer_twice_stores_it_once(as_user, place):
    case = place.open_case()
    client = as_user(place.owner)

    assert post(client, case, version=1).status_code == 302
    assert post(client, case, version=1).status_code == 409
    assert case.timeline.filter(kind="ANSWERED").count() == 1


@pytest.mark.parametrize(("text", "said"), [("  ", "is missing"), ("x" * 5001, "5000 characters")])
def test_an_answer_without_words_or_end_is_refused(as_user, place, text, said):
    case = place.open_case()

    response = post(as_user(place.owner), case, text)

    assert response.status_code == 422
    assert said in reading.words(response)
    assert not case.timeline.filter(kind="ANSWERED").exists()


@pytest.mark.parametrize("version", ["0", "-1", "x", "", str(2**31), str(10**40)])
def test_a_forged_version_changes_nothing(as_user, place, version):
    case = place.open_case()
    data = {"version": version, "text": "We removed the post."}

    assert as_user(place.owner).post(url_of(case), data).status_code == 422
    assert not case.timeline.filter(kind="ANSWERED").exists()


def test_a_manager_whom_the_owner_did_not_name_reads_but_does_not_answer(as_user, place):
    case = place.open_case()
    named = place.person("Nele")
    scenes.add_role(place, role="MANAGER", account=named)
    delegations.delegate(group=place.group, account=named, by=Actor.user(place.owner.user), at=AT)

    page = as_user(place.manager).get(url_of(case))
    response = post(as_user(place.manager), case)

    assert "You cannot answer this case yourself." in reading.words(page)
    assert response.status_code == 403
    assert not case.timeline.filter(kind="ANSWERED").exists()
    home = reading.words(as_user(place.manager).get("/"))
    assert case.reference not in home.split("New notices")[0]
    assert case.reference in reading.words(as_user(named).get("/"))


def test_a_case_shows_the_missed_deadline_and_no_names_of_staff(as_user, place):
    case = place.open_case()
    later = case.due_at + timedelta(minutes=1)
    case_actions.escalate(case=case, by=BY_TESTS, at=later)
    staff = place.staff("REVIEWER")
    case_actions.claim(case=case, user=staff, by=Actor.user(staff), at=later)
    case_actions.note(case=case, text="Looks like fraud.", by=Actor.user(staff), at=later)

    page = as_user(place.owner).get(url_of(case))

    text = reading.words(page)
    assert "The deadline passed without an answer; staff took over" in text
    assert "Looks like fraud." not in text
    assert staff.name not in text


def test_hostile_words_stay_words(as_user, place):
    hostile = '<script>alert("1")</script>'
    models.Group.objects.filter(pk=place.group.pk).update(name=hostile)
    type(place.member).objects.filter(pk=place.member.pk).update(display_name=hostile)
    case = place.open_case(statement=hostile, excerpts=[hostile])
    client = as_user(place.owner)

    for url in (
        url_of(case),
        "/",
        "/cases/",
        "/groups/",
        reverse("groups:standing", args=[place.group.pk]),
        reverse("groups:people", args=[place.group.pk]),
        reverse("groups:notices"),
    ):
        body = client.get(url).content.decode()
        assert hostile not in body, url
    assert "&lt;script&gt;" in client.get(url_of(case)).content.decode()


def test_answers_are_audited_without_their_words(as_user, place):
    case = place.open_case()
    post(as_user(place.owner), case, "A secret remark.")

    entries = AuditEntry.objects.filter(action="cases.answer")
    assert [entry.actor_id for entry in entries] == [place.owner.user.pk]
    assert "secret" not in str(list(entries.values()))


def test_a_report_that_went_to_staff_at_once_keeps_its_words(as_user, scene):
    scenes.decide_in_effect(scene, scenes.WARN)

    text = reading.words(as_user(scene.owner).get(url_of(scene.case)))

    assert "They ask members for deposits." not in text
    assert "What was found stands in the decision." in text
