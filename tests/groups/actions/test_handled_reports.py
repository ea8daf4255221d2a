"""Whoever answers in time what staff then find handled gets a missing point back."""

from datetime import timedelta

import pytest

from credit import queries
from credit.actions import policies
from credit.models import LedgerEntry
from tests.credit import findings
from tests.factories.base import AT
from tests.groups.actions.test_cases import answer
from tests.groups.place import BY_TESTS, LONG_AGO, make_place
from tests.groups.scene import appeal_against, decide, review

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def place():
    place = make_place()
    policies.install_default(platform=place.platform, by=BY_TESTS, at=LONG_AGO)
    for account in (place.owner, place.manager):
        findings.penalty(account, severity="HIGH", at=AT - timedelta(days=50))
    return place


def scores(place, at):
    return [findings.score(account, at) for account in (place.owner, place.manager)]


def test_the_manager_who_answered_gets_it(place):
    case = place.open_case()
    answer(case, place.manager)
    case.refresh_from_db()
    answer(case, place.owner, at=AT + 2 * HOUR, text="And we warned everybody.")

    decision = decide(case, place.staff(), outcome="OWNER_HANDLED", at=AT + 3 * HOUR)

    assert scores(place, AT + 3 * HOUR) == [8, 9]
    [point] = LedgerEntry.objects.filter(kind="RESTORATION")
    assert (point.account, point.decision_id) == (place.manager, decision.pk)
    assert point.restores.account == place.manager
    assert scores(place, point.expires_at) == [12, 12]
    [line, _] = queries.list_entries(account=place.manager, at=AT + 3 * HOUR)
    assert line.entry.reason == "A report answered in time and found handled"


@pytest.mark.parametrize("how", ["late", "nobody answered", "dismissed"])
def test_nobody_else_gets_one(place, how):
    case = place.open_case()
    late = case.due_at
    if how == "nobody answered":
        case = place.case_with_staff()
    else:
        answer(case, place.owner, at=late if how == "late" else AT + HOUR)
    outcome = "DISMISSED" if how == "dismissed" else "OWNER_HANDLED"

    decide(case, place.staff("SENIOR"), outcome=outcome, at=late + HOUR)

    assert scores(place, late + HOUR) == [8, 8]


def test_what_came_back_stays_when_an_appeal_finds_that_nothing_was_wrong(place):
    case = place.open_case()
    answer(case, place.owner)
    first = decide(case, place.staff(), outcome="OWNER_HANDLED", at=AT + 2 * HOUR)
    later = AT + timedelta(days=31)
    appeal = appeal_against(first, place.member, at=AT + 3 * HOUR)

    review(appeal, place.staff("SENIOR"), at=later, outcome="REVERSED")

    assert scores(place, later) == [9, 8]
