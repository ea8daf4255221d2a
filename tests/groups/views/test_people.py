"""Who was responsible: at an instant, over time, and when nobody was."""

import csv
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from groups import pictures
from groups.queries import tenures
from groups.queries.tenures import Gap
from portal.core.models import AuditEntry
from tests.factories.base import AT
from tests.factories.groups import GroupFactory, TenureFactory
from tests.groups.views import reading

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def days_ago(n):
    return AT - n * DAY


def ended(how):
    return {"ended": how, "ended_event": uuid4()}


@pytest.fixture
def group():
    """First seen ten days ago; owned from the eighth to the fifth, and since the third."""
    group = GroupFactory(first_seen_at=days_ago(10))
    TenureFactory(group=group, since=days_ago(8), until=days_ago(5), **ended("LEFT"))
    TenureFactory(group=group, since=days_ago(3))
    TenureFactory(group=group, role="MANAGER", since=days_ago(9))
    return group


def test_the_gaps_of_a_group_are_when_it_had_no_owner(group):
    assert tenures.list_gaps(group=group, at=AT) == [
        Gap(days_ago(5), days_ago(3)),
        Gap(days_ago(10), days_ago(8)),
    ]


def test_a_gap_lasts_until_somebody_owns_the_group():
    group = GroupFactory(first_seen_at=days_ago(2))

    assert tenures.list_gaps(group=group, at=AT) == [Gap(days_ago(2), None)]


def test_a_group_that_ended_or_was_always_owned_has_no_gap_since():
    group = GroupFactory(first_seen_at=days_ago(9), archived_at=days_ago(4))
    TenureFactory(group=group, since=days_ago(9), until=days_ago(4), **ended("GROUP_ARCHIVED"))

    assert tenures.list_gaps(group=group, at=AT) == []
    assert tenures.list_gaps(group=GroupFactory(first_seen_at=AT), at=AT) == []


def test_the_picture_shows_the_gaps_on_its_own_line_of_time(group):
    found = pictures.of_tenures(
        list(tenures.list_tenures(group=group)), gaps=tenures.list_gaps(group=group, at=AT), at=AT
    )

    # From the ninth day ago on; the older gap is cut to it.
    assert [(place.left, place.width) for place in found.gaps] == [
        ("44.44%", "22.22%"),
        ("0.00%", "11.11%"),
    ]


@pytest.fixture
def page(as_user, place):
    TenureFactory(
        group=place.group,
        account=place.person("Ines"),
        role="MANAGER",
        since=days_ago(30),
        until=days_ago(20),
        **ended("LEFT"),
    )
    client = as_user(place.owner)

    def get(name="people", **asked):
        return client.get(reverse(f"groups:{name}", args=[place.group.pk]), asked)

    return get


def test_a_past_instant_names_who_held_which_role_then(page):
    then = page(at=f"{AT - 25 * DAY:%Y-%m-%dT%H:%M}")
    assert [str(tenure.account) for tenure in then.context["then_held"]].count("Ines") == 1
    assert "Responsible on" in reading.words(then)

    later = page(at=f"{AT - 10 * DAY:%Y-%m-%dT%H:%M}")
    assert "Ines" not in [str(tenure.account) for tenure in later.context["then_held"]]


def test_of_before_anybody_the_page_says_nobody(page):
    assert "Nobody was responsible" in reading.words(page(at="2001-01-01T00:00"))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("", "“Day and time” is missing."),
        ("yesterday", "Write the day and the time as"),
        ("2999-01-01T00:00", "That has not come yet."),
        ("\0", "Write the day and the time as"),
    ],
)
def test_what_is_no_past_instant_is_said(page, asked, sentence):
    answer = page(at=asked)

    assert answer.status_code == 200
    assert sentence in reading.words(answer)
    assert answer.context["then_held"] == []


def test_the_table_for_an_instant_holds_only_who_was_responsible_then(page):
    whole, then = page("people_csv"), page("people_csv", at=f"{AT - 10 * DAY:%Y-%m-%dT%H:%M}")

    assert "Ines" in names(whole)
    assert names(then)
    assert "Ines" not in names(then)


def test_who_took_the_table_out_is_recorded(page, place):
    page("people_csv")
    page("people_csv", at=f"{AT:%Y-%m-%dT%H:%M}")

    first, second = AuditEntry.objects.filter(action="tenures.export").order_by("pk")
    assert (first.actor_id, first.platform_id) == (place.owner.user_id, place.platform.pk)
    assert first.record_id == str(place.group.pk)
    assert first.new == {"format": "csv"}
    assert second.new == {"format": "csv", "held_at": AT.isoformat()}


def names(answer):
    return [row["name"] for row in csv.DictReader(answer.content.decode().splitlines())]
