"""How reports were answered, counted for a group and for a person; and contested periods."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from groups.actions import appeals
from groups.actions import cases as case_actions
from groups.models import Appeal, Case, Tenure, Transfer
from groups.queries import accountability, disputes
from portal.core.actors import Actor
from tests.factories.base import AT
from tests.factories.groups import TransferFactory
from tests.groups import scene as scenes
from tests.groups.place import BY_TESTS, make_place

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def place():
    return make_place()


def answer(place, case, *, at, account=None):
    case.refresh_from_db()
    account = account or place.owner
    by = Actor.user(account.user)
    case_actions.answer(
        case=case, version=case.version, account=account, text="Removed.", by=by, at=at
    )


def missed(case):
    """Let the deadline pass: the case goes on to staff."""
    case_actions.escalate(case=case, by=BY_TESTS, at=case.due_at)


@pytest.fixture
def cases(place):
    """In time after 2 and 4 hours, late, unanswered, waiting, and one that went to staff."""
    first, second, late, lost, waiting = (
        place.open_case(at=AT - 60 * DAY + number * DAY, subject=place.person(f"Member {number}"))
        for number in range(5)
    )
    answer(place, first, at=first.opened_at + 2 * HOUR)
    answer(place, second, at=second.opened_at + 4 * HOUR, account=place.manager)
    missed(late)
    answer(place, late, at=late.due_at + DAY)
    missed(lost)
    Case.objects.filter(pk=waiting.pk).update(due_at=AT + DAY)
    place.case_with_staff(at=AT - DAY)


def test_each_case_is_counted_as_what_became_of_it(place, cases):
    record = accountability.get_record_of_group(group=place.group, at=AT)

    assert (record.received, record.in_time, record.late) == (5, 2, 1)
    assert (record.unanswered, record.waiting, record.taken_over) == (1, 1, 0)
    assert record.escalated == 2
    assert (record.had_to_answer, record.percent_in_time) == (4, 50)
    assert record.median_answer == 4 * HOUR
    assert (record.decided, record.overturned) == (0, 0)


def test_before_an_answer_came_it_does_not_count(place, cases):
    then = accountability.get_record_of_group(group=place.group, at=AT - 60 * DAY + HOUR)

    assert (then.received, then.in_time, then.median_answer) == (1, 0, None)
    assert then.percent_in_time is None


def test_a_deadline_that_passed_counts_as_missed_before_the_sweeper_comes(place):
    case = place.open_case(at=AT - 9 * DAY)

    record = accountability.get_record_of_group(group=place.group, at=case.due_at)

    assert (record.unanswered, record.waiting, record.escalated) == (1, 0, 0)


def test_the_last_twelve_months_are_there_with_and_without_cases(place, cases):
    months = accountability.get_record_of_group(group=place.group, at=AT).months

    assert len(months) == 12
    assert months[-1].first == date(AT.year, AT.month, 1)
    opened = (AT - 60 * DAY).date().replace(day=1)
    assert sum(month.received for month in months) == 5
    found = next(month for month in months if month.first == opened)
    assert (found.received, found.in_time, found.missed) == (5, 2, 2)
    assert sum(month.received == 0 for month in months) == 11


def test_a_person_answers_for_what_arose_under_them_and_what_they_answered(place, cases):
    owner, manager, member = (
        accountability.get_record_of_account(account=account, at=AT)
        for account in (place.owner, place.manager, place.member)
    )

    assert (owner.received, owner.in_time) == (5, 2)
    assert (manager.received, manager.in_time, manager.median_answer) == (1, 1, 4 * HOUR)
    assert member.received == 0


def test_an_open_case_about_the_reader_is_kept_from_them_as_a_number(place):
    place.open_case(at=AT - HOUR, subject=place.manager)

    of_all = accountability.get_record_of_group(group=place.group, at=AT)
    of_manager = accountability.get_record_of_group(
        group=place.group, at=AT, reader=place.manager.user
    )

    assert (of_all.received, of_manager.received) == (1, 0)


def test_a_decision_changed_on_appeal_counts_once():
    scene = scenes.make_scene()
    decision = scenes.decide_in_effect(scene, scenes.WARN)
    appeal = scenes.appeal_against(decision, scene.owner, at=AT)
    scenes.review(appeal, scene.senior(), at=AT)

    record = accountability.get_record_of_group(group=scene.group, at=AT)

    assert (record.decided, record.overturned, record.received) == (1, 1, 0)


def test_the_record_costs_the_same_for_one_and_for_many_cases(place):
    def cost():
        with CaptureQueriesContext(connection) as seen:
            accountability.get_record_of_group(group=place.group, at=AT)
        return len(seen)

    place.open_case(at=AT - DAY)
    alone = cost()
    for number in range(9):
        place.open_case(at=AT - DAY, subject=place.person(f"Member {number}"))

    assert cost() == alone == 3


def contested(scene, *, at=AT):
    return disputes.list_disputes(
        tenures=list(Tenure.objects.filter(group=scene.group)),
        transfers=Transfer.objects.filter(group=scene.group),
        at=at,
    )


def test_a_role_that_a_decision_ended_is_contested_while_the_appeal_lasts():
    scene = scenes.make_scene()
    decision = scenes.decide_in_effect(scene, scenes.SUSPEND_OWNING, at=AT - 5 * DAY)
    assert contested(scene) == []

    appeal = scenes.appeal_against(decision, scene.owner, at=AT - 4 * DAY)
    (open_,) = contested(scene)
    assert open_.until is None
    assert open_.since == Tenure.objects.get(group=scene.group).until

    appeals.withdraw(
        appeal=appeal, version=appeal.version, by=Actor.user(scene.owner.user), at=AT - 3 * DAY
    )
    (ended,) = contested(scene)
    appeal = Appeal.objects.get()
    assert ended.until == appeal.reviewed_at is not None
    assert "Olga" in ended.why


def test_a_hand_over_is_open_to_being_undone_for_a_day():
    scene = scenes.make_scene()
    taken = AT - 10 * DAY
    fields = {"group": scene.group, "from_account": scene.owner, "to_account": scene.member}
    TransferFactory(state="ACCEPTED", ended_at=taken, **fields)
    TransferFactory(state="DECLINED", ended_at=taken, **fields)

    assert [(one.since, one.until) for one in contested(scene)] == [(taken, taken + DAY)]
    assert contested(scene, at=taken + HOUR)[0].until is None
