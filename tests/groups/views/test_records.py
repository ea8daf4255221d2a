"""The record of a group and of a person as pages and tables."""

import csv
from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories.base import AT
from tests.factories.groups import GroupFactory, TenureFactory, TransferFactory
from tests.groups.views import reading

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def lines(answer):
    return list(csv.reader(answer.content.decode().splitlines()))


def test_whoever_holds_a_role_reads_how_the_group_answered(as_user, place):
    place.open_case(at=AT - 9 * DAY)
    client, id = as_user(place.manager), [place.group.pk]

    text = reading.words(client.get(reverse("groups:record", args=id)))
    table = lines(client.get(reverse("groups:record_csv", args=id)))

    assert "0 of 1 were answered in time (0 %)." in text
    assert "Not answered 1 of 1" in text
    assert "a missed answer costs no points and no right" in text
    assert len(table) == 13
    assert table[-1] == [f"{AT:%Y-%m}", *table[-1][1:]]
    assert sum(int(row[3]) for row in table[1:]) == 1


def test_a_group_without_reports_says_so(as_user, place):
    text = reading.words(as_user(place.owner).get(reverse("groups:record", args=[place.group.pk])))

    assert "Nothing that was reported went to the group first." in text
    assert "%" not in text.partition("How reports were answered")[2].partition("Month by")[0]


def test_a_person_reads_their_roles_and_their_record(as_user, place):
    place.open_case(at=AT - DAY)
    other = GroupFactory(platform=place.platform, name="=cmd()", external_id="g-other")
    TenureFactory(group=other, account=place.owner, role="MANAGER", since=AT - 30 * DAY)
    client, id = as_user(place.owner), [place.owner.pk]

    page = client.get(reverse("groups:account_record", args=id))
    text = reading.words(page)
    roles = lines(client.get(reverse("groups:account_roles_csv", args=id)))

    assert [row.name for row in page.context["picture"].rows] == ["Night owls", "=cmd()"]
    assert "Wait for an answer 1 of 1" in text
    assert roles[1][:3] == ["g-other", "'=cmd()", "Manager"]
    assert roles[2][:3] == ["g-owls", "Night owls", "Owner"]
    assert len(lines(client.get(reverse("groups:account_record_csv", args=id)))) == 13


@pytest.mark.parametrize("name", ["account_record", "account_record_csv", "account_roles_csv"])
def test_the_record_of_somebody_else_is_not_found(as_user, place, name):
    answer = as_user(place.manager).get(reverse(f"groups:{name}", args=[place.owner.pk]))

    assert answer.status_code == 404


def test_a_hand_over_that_may_be_undone_is_drawn_as_contested(as_user, place):
    TransferFactory(
        group=place.group,
        from_account=place.member,
        to_account=place.owner,
        state="ACCEPTED",
        ended_at=AT - timedelta(hours=2),
    )

    page = as_user(place.owner).get(reverse("groups:people", args=[place.group.pk]))

    assert "When it was contested" in reading.words(page)
    assert "Mats could take the group back" in reading.words(page)
    assert len(page.context["picture"].disputes) == 1
