"""Decisions as other pages link to them: by days, rule, language and size of the group."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from tests.admin.entering import enter
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory, RuleFactory
from tests.factories.identity import UserFactory, staff_user
from tests.reports.deciding import Decided, Desk

pytestmark = pytest.mark.django_db

LAST_MOMENT = datetime(2026, 10, 31, 23, 59, 59, 999999, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def platform():
    return PlatformFactory(language="en")


@pytest.fixture
def client(platform):
    return enter(staff_user(platform))


@pytest.fixture
def decided(platform):
    """Four decisions, a letter each; another one replaced c."""
    rules = [RuleFactory(platform=platform, code=code, title="Spam") for code in ("R-1", "R-10")]
    german = GroupFactory(platform=platform, language="de", size=50)
    english = GroupFactory(platform=platform, language="", size=51)
    by = UserFactory()
    made = Desk(platform).take(
        [
            Decided(rules[0], german, by, at=LAST_MOMENT),
            Decided(rules[1], german, by, at=MIDNIGHT),
            Decided(rules[1], english, by, at=MIDNIGHT, appeal="REVERSED"),
            Decided(rules[1], english, by, at=MIDNIGHT, state="held"),
        ]
    )
    return dict(zip([one.pk for one in made], "abcd", strict=True))


@pytest.mark.parametrize(
    ("asked", "letters"),
    [
        ({"decided_at_days": "2026-10-31_2026-10-31"}, "a"),
        ({"decided_at_days": "2026-11-01_9999-12-31"}, "bcd*"),
        ({"decision_state": "first"}, "abc"),
        ({"rule_code": "R-1"}, "a"),
        ({"rule_code": "R-2"}, ""),
        ({"group_language": "de"}, "ab"),
        ({"group_language": "en"}, "cd*"),
        ({"group_size": "1"}, "ab"),
        ({"group_size": "2"}, "cd*"),
        ({"group_size": "0"}, ""),
        # What means nothing filters nothing.
        ({"group_size": "9"}, "abcd*"),
        ({"group_size": "x"}, "abcd*"),
        ({"decided_at_days": "2026-10-31"}, "abcd*"),
        ({"decided_at_days": "_"}, "abcd*"),
    ],
)
def test_it_keeps_what_was_asked_for(client, decided, asked, letters):
    listed = client.get(reverse("admin:groups_decision_changelist"), asked).context["cl"]

    # The one that replaced c has no letter.
    assert {decided.get(row.pk, "*") for row in listed.result_list} == set(letters)
    assert listed.result_count == len(letters)


def test_the_days_and_the_language_of_a_link_are_named_in_its_filters(client, decided):
    asked = {"decided_at_days": "2026-09-01_2026-10-31", "group_language": "de"}

    page = client.get(reverse("admin:groups_decision_changelist"), asked).content.decode()

    assert "1 Sep 2026 to 31 Oct 2026" in page
    assert "German" in page


def test_rules_of_other_platforms_are_not_offered(client, decided):
    RuleFactory(code="R-99", title="Elsewhere")

    page = client.get(reverse("admin:groups_decision_changelist")).content.decode()

    assert "R-10 Spam" in page
    assert "Elsewhere" not in page
