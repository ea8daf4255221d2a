"""What each figure counts, and as of when."""

from datetime import UTC, date, datetime, timedelta

import pytest

from groups.models import CaseEntry, Measure
from reports import figures, tables
from reports.models import AuthorityRequest
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.groups import (
    AppealFactory,
    CaseFactory,
    DecisionFactory,
    GroupFactory,
    TenureFactory,
)
from tests.factories.identity import UserFactory, VerificationFactory

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
FIRST, UNTIL = AT.replace(day=1, hour=0), datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def platform():
    return PlatformFactory()


def count(platform, *, as_of=UNTIL + 10 * DAY):
    return figures.get_figures(platform=platform, period_from=FIRST, period_to=UNTIL, as_of=as_of)


# Answers by the groups


def asked(platform, **fields):
    """A case that was put to the owner, who has three days."""
    return opened(
        platform, is_public=True, **{"state": "WITH_OWNER", "due_at": AT + 3 * DAY} | fields
    )


def opened(platform, *, is_public, left=None, left_at=None, **fields):
    case = CaseFactory(platform=platform, **fields)
    write(case, kind="OPENED", is_public=is_public, at=case.opened_at)
    if left:
        write(case, kind="ESCALATED", is_public=False, at=left_at, left_state=left)
    return case


def write(case, **fields):
    with fixture_rows():
        CaseEntry.objects.create(case=case, **fields)


def answers(platform, **fields):
    found = count(platform, **fields)["answers"]
    return found["asked"], found["answered"], found["deadline_missed"]


def test_a_case_that_went_to_staff_at_once_was_not_put_to_its_owner(platform):
    group = GroupFactory(platform=platform)
    owner = TenureFactory(group=group).account
    opened(
        platform,
        is_public=False,
        group=group,
        owner_at_opening=owner,
        state="WITH_SENIOR",
        due_at=AT + 9 * DAY,
        breached_at=AT + 3 * DAY,
        left="WITH_STAFF",
        left_at=AT + 3 * DAY,
    )
    asked(platform, group=group, owner_at_opening=owner)

    assert answers(platform, as_of=AT + 2 * DAY) == (1, 0, 0)
    assert answers(platform) == (1, 0, 1)


def test_a_deadline_of_staff_is_none_of_the_group(platform):
    asked(
        platform,
        state="WITH_SENIOR",
        answered_at=AT + DAY,
        breached_at=AT + 4 * DAY,
        left="WITH_STAFF",
        left_at=AT + 4 * DAY,
    )

    assert answers(platform) == (1, 1, 0)


@pytest.mark.parametrize(
    ("how", "is_answered"),
    [
        ({"state": "WITH_OWNER"}, False),
        ({"state": "WITH_STAFF", "left": "WITH_OWNER", "left_at": AT + 3.1 * DAY}, False),
        ({"state": "WITH_STAFF", "answered_at": AT + 4 * DAY}, True),
    ],
    ids=["it still waits", "it escalated", "the answer was late"],
)
def test_the_owners_deadline_was_missed_from_the_moment_it_passed(platform, how, is_answered):
    late = {} if how["state"] == "WITH_OWNER" else {"breached_at": AT + 3 * DAY}
    asked(platform, **how, **late)

    assert answers(platform, as_of=AT + 2 * DAY) == (1, 0, 0)
    assert answers(platform, as_of=AT + 3 * DAY) == (1, 0, 1)
    assert answers(platform, as_of=AT + 4 * DAY) == (1, int(is_answered), 1)


def test_an_answer_after_the_period_counts_as_known_on_the_cut_off(platform):
    last = UNTIL - DAY
    asked(
        platform,
        opened_at=last,
        due_at=last + 9 * DAY,
        state="WITH_STAFF",
        answered_at=UNTIL + DAY,
    )

    assert answers(platform, as_of=UNTIL) == (1, 0, 0)
    assert answers(platform, as_of=UNTIL + DAY) == (1, 1, 0)


# Appeals


def appeal(platform, state, *, hours):
    """An appeal that ended so many hours after it was submitted."""
    submitted = AT + 2 * DAY
    outcome = {"state": state, "reviewed_at": submitted + timedelta(hours=hours)}
    case = CaseFactory(platform=platform, state="DECIDED", decided_at=AT)
    decision = DecisionFactory(case=case)
    if state != "OMITTED":
        outcome |= {"reviewer": UserFactory(), "outcome_reasons": "The facts stand."}
    return AppealFactory(decision=decision, submitted_at=submitted, **outcome)


def test_appeals_that_were_not_decided_are_not_in_the_median(platform):
    for hours in (10, 20, 30):
        appeal(platform, "UPHELD", hours=hours)
    for _ in range(4):
        appeal(platform, "OMITTED", hours=1)

    found = count(platform)["appeals"]

    assert found["median_minutes_to_decide"] == 20 * 60
    assert (found["submitted"], found["upheld"], found["omitted"]) == (7, 3, 4)


def test_outcomes_of_appeals_count_up_to_the_cut_off(platform):
    appeal(platform, "UPHELD", hours=1)
    appeal(platform, "OMITTED", hours=2)

    def ended(hours):
        found = count(platform, as_of=AT + 2 * DAY + timedelta(hours=hours))["appeals"]
        return found["submitted"], found["upheld"], found["omitted"]

    assert ended(0.9) == (2, 0, 0)
    assert ended(1) == (2, 1, 0)
    assert ended(2) == (2, 1, 1)


# Measures


def decide(*measures, **fields):
    """A decision in effect that takes these measures."""
    decision = DecisionFactory(
        **{"needs_approval": True, "effective_at": None, "decided_at": AT + DAY} | fields
    )
    approver = UserFactory()
    with fixture_rows():
        for kind, more in measures:
            Measure.objects.create(decision=decision, kind=kind, **more)
        type(decision).objects.filter(pk=decision.pk).update(
            effective_at=decision.decided_at,
            approved_by=approver,
            approved_at=decision.decided_at,
        )
    return decision


def suspension(days, **fields):
    return ("SUSPEND", {"privilege": "OWN_GROUP", "days": days} | fields)


def taken(platform):
    return {row["kind"]: row["count"] for row in count(platform)["measures"] if row["count"]}


def test_a_measure_that_an_appeal_keeps_counts_once(platform):
    case = CaseFactory(platform=platform, state="DECIDED", decided_at=AT)
    first = decide(suspension(60), ("WARN", {}), case=case)
    decide(suspension(30), case=case, overrides=first, decided_at=AT + 5 * DAY)

    assert taken(platform) == {"SUSPEND": 1, "WARN": 1}


def test_a_measure_that_an_appeal_keeps_after_the_period_began_was_taken_before_it(platform):
    case = CaseFactory(platform=platform, state="DECIDED", decided_at=AT)
    first = decide(suspension(60), case=case, decided_at=FIRST - DAY)
    decide(suspension(30), case=case, overrides=first)

    assert taken(platform) == {}


def test_a_measure_that_an_appeal_adds_counts(platform):
    case = CaseFactory(platform=platform, state="DECIDED", decided_at=AT)
    first = decide(suspension(60, in_group=case.group), case=case)
    decide(suspension(60), case=case, overrides=first, decided_at=AT + 5 * DAY)

    assert taken(platform) == {"SUSPEND": 2}


# Requests of authorities


def test_an_outcome_after_the_period_counts_as_known_on_the_cut_off(platform):
    AuthorityRequest.objects.create(
        platform=platform,
        kind="PRESERVE",
        country="DE",
        received_date=date(2026, 11, 30),
        outcome="COMPLIED",
        outcome_date=date(2026, 12, 2),
        recorded_by=UserFactory(),
        recorded_at=AT,
    )

    def complied(as_of):
        (found,) = [r for r in count(platform, as_of=as_of)["authorities"] if r["received"]]
        return found["complied"]

    assert complied(datetime(2026, 12, 1, 23, tzinfo=UTC)) == 0
    assert complied(datetime(2026, 12, 2, 1, tzinfo=UTC)) == 1


# Owners and their verification


def test_a_report_says_when_verifications_of_its_period_had_been_deleted(platform):
    VerificationFactory(account=TenureFactory(group__platform=platform).account)

    def note(as_of):
        found = count(platform, as_of=as_of)
        assert found["responsibility"]["owners"] == 1
        titled = {table.title: table for table in tables.build(found, month=str)}
        return titled["Verification and ownership"].note

    assert note(UNTIL + 90 * DAY) == "At the end of the period."
    assert note(UNTIL + 91 * DAY) == (
        "At the end of the period. Verifications that ended before 2 December 2026 had been "
        "deleted when this was counted, so more owners may have had a valid one."
    )
