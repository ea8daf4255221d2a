from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from credit.models import LedgerEntry
from groups import tasks
from groups.actions import cases, sweeps
from groups.models import Case, NoticeTemplate
from portal.core.actors import Actor
from portal.core.models import AuditEntry, OutboxEvent
from tests.factories.base import AT, fixture_rows
from tests.groups.place import kinds, make_place, refused, told
from tests.groups.scene import appeal_against, decide_in_effect, make_scene

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
BY = Actor.system("escalate_overdue")


@pytest.fixture
def place():
    return make_place()


def sweep(at, limit=100):
    return sweeps.escalate_cases(by=BY, at=at, limit=limit)


def test_a_deadline_never_fires_early_and_fires_once(place):
    case = place.open_case()
    due = case.due_at

    assert sweep(due - MOMENT) == 0
    case.refresh_from_db()
    assert (case.state, case.breached_at, case.version) == ("WITH_OWNER", None, 1)

    assert [sweep(due), sweep(due), sweep(due + HOUR)] == [1, 0, 0]
    case.refresh_from_db()
    assert (case.state, case.version) == ("WITH_STAFF", 2)
    assert (case.breached_at, case.due_at) == (due, due + 48 * HOUR)
    assert AuditEntry.objects.filter(action="cases.escalate").count() == 1


def test_the_group_is_told_once_that_the_time_is_over(place):
    case = place.open_case()
    sweep(case.due_at)
    sweep(case.due_at)

    assert told(place.owner) == ["CASE_OPENED", "CASE_ESCALATED"]
    assert told(place.manager) == ["CASE_OPENED", "CASE_ESCALATED"]
    notice = place.owner.notices.get(kind="CASE_ESCALATED")
    assert "by 4 November 2026, 12:00 UTC" in notice.body
    events = OutboxEvent.objects.filter(type="accord.case.escalated.v1")
    assert events.get().data["state"] == "WITH_STAFF"


def test_the_timeline_says_which_level_was_left_and_by_which_rule(place):
    case = place.open_case()
    sweep(case.due_at)

    entry = case.timeline.get(kind="ESCALATED")
    assert (entry.left_state, entry.is_public) == ("WITH_OWNER", True)
    assert (entry.cause_type, entry.cause_id) == ("groups.Rule", case.rule_id)
    assert (entry.by_user, entry.by_account) == (None, None)


def test_it_goes_from_owner_to_staff_to_senior_staff_and_no_further(place):
    case = place.open_case()
    due, seen = case.due_at, []
    for _ in range(4):
        sweep(case.due_at)
        case.refresh_from_db()
        seen.append((case.state, case.due_at, case.breached_at))

    assert seen == [
        ("WITH_STAFF", due + 48 * HOUR, due),
        ("WITH_SENIOR", due + 96 * HOUR, due),
        ("WITH_SENIOR", due + 96 * HOUR, due),
        ("WITH_SENIOR", due + 96 * HOUR, due),
    ]
    assert kinds(case) == ["OPENED", "ESCALATED", "ESCALATED"]
    assert kinds(case, is_public=True) == ["OPENED", "ESCALATED"]
    assert told(place.owner) == ["CASE_OPENED", "CASE_ESCALATED"]


def test_a_sweeper_that_comes_days_late_escalates_one_level_and_gives_staff_their_time(place):
    case = place.open_case()
    late = case.due_at + timedelta(days=9)

    assert [sweep(late), sweep(late)] == [1, 0]

    breached = case.due_at
    case.refresh_from_db()
    assert (case.state, case.due_at, case.breached_at) == ("WITH_STAFF", late + 48 * HOUR, breached)


def test_a_deadline_costs_no_points(place):
    sweep(place.open_case().due_at)

    assert LedgerEntry.objects.count() == 0


def test_escalating_takes_the_case_from_whoever_had_claimed_it(place):
    case, user = place.case_with_staff(), place.staff()
    cases.claim(case=case, user=user, by=Actor.user(user), at=case.due_at - timedelta(minutes=1))

    sweep(case.due_at)

    case.refresh_from_db()
    assert (case.state, case.assignee, case.leased_until) == ("WITH_SENIOR", None, None)


def test_a_level_that_is_entered_again_is_not_left_by_a_deadline_again(place):
    case = place.case_with_staff()
    sweep(case.due_at)
    case.refresh_from_db()
    breached = case.breached_at
    with fixture_rows():
        Case.objects.filter(pk=case.pk).update(state="WITH_STAFF")

    assert sweep(case.due_at) == 0
    case.refresh_from_db()
    assert (case.state, case.breached_at) == ("WITH_STAFF", breached)


def test_what_is_not_due_or_decided_is_refused(place):
    case = place.open_case()
    with refused(cases.NotDue):
        cases.escalate(case=case, by=BY, at=case.due_at - MOMENT)


def test_the_longest_overdue_go_first_and_a_batch_is_bounded(place):
    first, second = place.open_case(), place.open_case(subject=None, at=AT + HOUR)
    at = second.due_at + HOUR

    assert [sweep(at, limit=1), sweep(at, limit=1), sweep(at, limit=1)] == [1, 1, 0]
    escalated = AuditEntry.objects.filter(action="cases.escalate").order_by("id")
    assert list(escalated.values_list("record_id", flat=True)) == [str(first.pk), str(second.pk)]


def test_one_case_that_cannot_be_escalated_holds_up_no_other(place):
    broken = place.open_case()
    other = make_place().open_case()
    NoticeTemplate.objects.filter(platform=place.platform, kind="CASE_ESCALATED").delete()

    assert sweep(broken.due_at) == 1

    broken.refresh_from_db()
    other.refresh_from_db()
    assert (broken.state, other.state) == ("WITH_OWNER", "WITH_STAFF")


@pytest.mark.parametrize(
    "opened",
    [datetime(2026, 3, 28, 2, 30, tzinfo=UTC), datetime(2026, 10, 24, 2, 30, tzinfo=UTC)],
    ids=["clocks go forward", "clocks go back"],
)
def test_daylight_saving_moves_no_deadline(place, opened):
    """Hours are hours: between 2:30 on one day and the deadline two days on the clocks change."""
    place.owner.user.timezone = "Europe/Berlin"
    case = place.open_case(at=opened)
    due = opened + 48 * HOUR

    assert case.due_at == due
    assert [sweep(due - MOMENT), sweep(due), sweep(due + HOUR)] == [0, 1, 0]


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_jumps_escalates_once(place, jump):
    case = place.open_case()
    for step in (0, 1, 0, 1, 2):
        sweep(case.due_at + step * jump)
    sweep(case.due_at + HOUR)

    assert kinds(case) == ["OPENED", "ESCALATED"]


def test_the_task_does_the_same_at_the_time_it_runs(place):
    case = place.open_case()
    with time_machine.travel(case.due_at, tick=False):
        for _ in range(3):
            tasks.escalate_overdue()

    case.refresh_from_db()
    assert (case.state, kinds(case)) == ("WITH_STAFF", ["OPENED", "ESCALATED"])


class TestClosing:
    def close(self, at):
        return sweeps.close_cases(by=Actor.system("close_decided"), at=at, limit=100)

    def test_a_decided_case_closes_when_the_time_to_appeal_is_over(self):
        scene = make_scene()
        decision = decide_in_effect(scene)
        until = decision.appealable_until

        assert self.close(until) == 0
        assert [self.close(until + MOMENT), self.close(until + HOUR)] == [1, 0]
        scene.case.refresh_from_db()
        assert (scene.case.state, scene.case.closed_at) == ("CLOSED", until + MOMENT)
        entry = scene.case.timeline.get(kind="CLOSED")
        assert (entry.cause_type, entry.cause_id) == ("groups.Decision", decision.pk)

    def test_an_open_appeal_keeps_it_open(self):
        scene = make_scene()
        decision = decide_in_effect(scene)
        appeal_against(decision, scene.owner, at=decision.appealable_until - HOUR)

        assert self.close(decision.appealable_until + timedelta(days=90)) == 0
        with refused(cases.NotOpen):
            at = decision.appealable_until + timedelta(days=90)
            cases.close(case=scene.case, by=BY, at=at)

    def test_an_open_case_is_not_closed(self, place):
        with refused(cases.NotOpen):
            cases.close(case=place.open_case(), by=BY, at=AT + timedelta(days=400))
