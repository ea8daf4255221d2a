from datetime import timedelta

import pytest

from groups.actions import appeals, decisions
from groups.impartiality import ConflictOfInterest, SecondPersonNeeded
from groups.models import Appeal, Case, CaseEntry, Decision, Notice
from groups.queries import appeals as appeal_queries
from identity.access import StaffOnly
from identity.actions import staff
from portal.core.actors import Actor
from portal.core.models import AuditEntry, OutboxEvent
from tests.factories.groups import FlagFactory
from tests.factories.identity import AccountFactory, UserFactory
from tests.groups import scene as scenes
from tests.groups.refusal import refused
from tests.groups.scene import (
    BY_TESTS,
    SUSPEND_CREATING,
    SUSPEND_OWNING,
    WARN,
    appeal_against,
    decide_in_effect,
    make_scene,
    review,
    take_appeal,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


# Who may appeal, against what, and when


def test_the_person_it_is_about_appeals_also_while_suspended(scene, at):
    decision = decide_in_effect(scene, SUSPEND_OWNING, SUSPEND_CREATING)
    appeal = appeal_against(decision, scene.owner, at=at + DAY)

    assert (appeal.state, appeal.submitted_at) == ("SUBMITTED", at + DAY)
    assert (appeal.due_at, appeal.flag) == (at + 15 * DAY, None)
    line = CaseEntry.objects.get(kind="APPEALED")
    assert (line.is_public, line.by_account, line.cause_id) == (True, scene.owner, appeal.pk)
    assert Notice.objects.get(kind="APPEAL_RECEIVED").recipient == scene.owner
    assert AuditEntry.objects.get(action="appeals.submit").record_id == str(appeal.pk)
    event = OutboxEvent.objects.get(type="accord.appeal.submitted.v1")
    assert event.data["decision"] == decision.reference


def test_the_reporter_appeals_a_dismissal_and_the_group_does_not_learn_it(scene, at):
    decision = decide_in_effect(scene)
    appeal = appeal_against(decision, scene.reporter, at=at + DAY)

    assert appeal.flag == scene.flag
    assert not CaseEntry.objects.get(kind="APPEALED").is_public


def test_the_owner_appeals_what_was_decided_about_the_group(at):
    scene = make_scene(about="group")
    decision = decide_in_effect(scene, scenes.CLOSE)

    assert appeal_against(decision, scene.owner, at=at + DAY).state == "SUBMITTED"


def test_strangers_managers_and_the_owner_of_a_members_group_have_nothing_to_appeal(at):
    scene = make_scene(about="member")
    manager = scenes.add_role(scene, role="MANAGER")
    decision = decide_in_effect(scene, WARN)

    for stranger in (manager, scene.owner, AccountFactory(user=UserFactory())):
        refused(
            appeals.CannotAppeal,
            lambda stranger=stranger: appeal_against(decision, stranger, at=at + DAY),
        )


def test_the_window_ends_with_its_last_instant(scene, at):
    decision = decide_in_effect(scene, WARN)
    late = at + 30 * DAY + timedelta(microseconds=1)

    refused(appeals.CannotAppeal, lambda: appeal_against(decision, scene.owner, at=late))
    assert appeal_against(decision, scene.owner, at=at + 30 * DAY).state == "SUBMITTED"


def test_a_decision_that_waits_for_a_second_person_cannot_be_appealed_yet(scene, at):
    decision = scenes.decide(scene.case, scene.staff(), SUSPEND_OWNING)
    refused(appeals.CannotAppeal, lambda: appeal_against(decision, scene.owner, at=at))


def test_one_open_appeal_and_no_second_one_after_it_was_decided(scene, at):
    decision = decide_in_effect(scene, WARN)
    appeal = appeal_against(decision, scene.owner, at=at)
    refused(appeals.CannotAppeal, lambda: appeal_against(decision, scene.owner, at=at))

    review(appeal, scene.senior(), at=at + DAY, outcome="UPHELD")
    refused(appeals.CannotAppeal, lambda: appeal_against(decision, scene.owner, at=at + DAY))


def test_subject_and_reporter_may_both_appeal(scene, at):
    decision = decide_in_effect(scene, WARN)
    appeal_against(decision, scene.owner, at=at)
    appeal_against(decision, scene.reporter, at=at)

    assert Appeal.objects.count() == 2


def test_only_the_last_override_is_appealed(scene, at):
    decision = decide_in_effect(scene, WARN)
    review(appeal_against(decision, scene.owner, at=at), scene.senior(), at=at + DAY)
    override = Decision.objects.get(overrides=decision)

    refused(appeals.CannotAppeal, lambda: appeal_against(decision, scene.reporter, at=at + DAY))
    assert appeal_against(override, scene.reporter, at=at + DAY).decision == override


def test_nobody_appeals_for_somebody_else(scene, at):
    decision = decide_in_effect(scene, WARN)
    somebody = UserFactory()
    refused(
        appeals.NotYours,
        lambda: appeals.submit(
            decision=decision,
            appellant=scene.owner,
            flag=None,
            grounds="G",
            new_facts="",
            by=Actor.user(somebody),
            at=at,
        ),
    )


def test_an_appeal_says_what_is_wrong(scene, at):
    decision = decide_in_effect(scene, WARN)
    refused(
        appeals.AppealWords,
        lambda: appeals.submit(
            decision=decision,
            appellant=scene.owner,
            flag=None,
            grounds="  ",
            new_facts="",
            by=Actor.user(scene.owner.user),
            at=at,
        ),
    )


# Who reviews


@pytest.fixture
def held_then_approved(scene, at):
    decider, approver = scene.senior(), scene.senior()
    decision = scenes.decide(scene.case, decider, SUSPEND_OWNING)
    decisions.approve(decision=decision, by=Actor.user(approver), at=at)
    return decision, decider, approver


def test_neither_decider_nor_approver_reviews(scene, at, held_then_approved):
    decision, decider, approver = held_then_approved
    appeal = appeal_against(decision, scene.owner, at=at)

    for user in (decider, approver):
        refused(SecondPersonNeeded, lambda user=user: take_appeal(appeal, user, at))
    assert take_appeal(appeal, scene.senior(), at).state == "IN_REVIEW"


def test_nobody_reviews_an_appeal_that_judges_their_own_earlier_decision(scene, at):
    decision = decide_in_effect(scene, WARN)
    first = decision.decided_by
    review(appeal_against(decision, scene.owner, at=at), scene.senior(), at=at + DAY)
    override = Decision.objects.get(overrides=decision)
    again = appeal_against(override, scene.reporter, at=at + DAY)

    staff.assign(user=first, platform=scene.platform, role="SENIOR", by=BY_TESTS, at=at)
    refused(SecondPersonNeeded, lambda: take_appeal(again, first, at + DAY))


def test_reviewers_without_the_permission_or_with_a_stake_are_refused(scene, at):
    decision = decide_in_effect(scene, WARN)
    appeal = appeal_against(decision, scene.owner, at=at)
    conflicted = scene.senior()
    scenes.add_role(
        scene, role="MANAGER", account=AccountFactory(platform=scene.platform, user=conflicted)
    )
    refused(ConflictOfInterest, lambda: take_appeal(appeal, conflicted, at))
    reviewer = scene.staff()
    refused(StaffOnly, lambda: take_appeal(appeal, reviewer, at))


def test_an_appeal_is_taken_once_and_only_its_reviewer_decides(scene, at):
    decision = decide_in_effect(scene, WARN)
    appeal = appeal_against(decision, scene.owner, at=at)
    first, second = scene.senior(), scene.senior()
    taken = take_appeal(appeal, first, at)

    refused(appeals.StaleAppeal, lambda: take_appeal(taken, second, at))
    refused(appeals.StaleAppeal, lambda: review(taken, second, at=at))


def test_a_released_appeal_is_free_again(scene, at):
    appeal = appeal_against(decide_in_effect(scene, WARN), scene.owner, at=at)
    first = scene.senior()
    taken = take_appeal(appeal, first, at)
    free = appeals.release(appeal=taken, version=taken.version, by=Actor.user(first), at=at)

    assert (free.state, free.reviewer) == ("SUBMITTED", None)
    assert take_appeal(free, scene.senior(), at).state == "IN_REVIEW"


def test_a_stale_appeal_form_is_refused(scene, at):
    appeal = appeal_against(decide_in_effect(scene, WARN), scene.owner, at=at)
    taken = take_appeal(appeal, reviewer := scene.senior(), at)
    taken.version -= 1
    refused(appeals.StaleAppeal, lambda: review(taken, reviewer, at=at))


# Overdue


def test_an_overdue_appeal_is_recorded_once_and_nothing_else_follows(scene, at):
    decision = decide_in_effect(scene, WARN)
    appeal = appeal_against(decision, scene.owner, at=at)
    sweeper = Actor.system("escalate_overdue")

    assert not appeals.escalate(appeal=appeal, by=sweeper, at=at + 13 * DAY)
    assert list(appeal_queries.list_overdue(at=at + 14 * DAY)) == [appeal]
    assert appeals.escalate(appeal=appeal, by=sweeper, at=at + 14 * DAY)
    assert not appeals.escalate(appeal=appeal, by=sweeper, at=at + 15 * DAY)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.breached_at) == ("SUBMITTED", at + 14 * DAY)
    line = CaseEntry.objects.get(kind="NOTE")
    assert (line.is_public, line.cause_id) == (False, appeal.pk)
    assert OutboxEvent.objects.filter(type="accord.appeal.overdue.v1").count() == 1
    assert AuditEntry.objects.filter(action="appeals.escalate").count() == 1
    assert not list(appeal_queries.list_overdue(at=at + 20 * DAY))


def test_a_reporter_with_two_reports_appeals_once(scene, at):
    FlagFactory(case=scene.case, reporter=scene.reporter)
    decision = decide_in_effect(scene)
    appeal_against(decision, scene.reporter, at=at)
    refused(appeals.CannotAppeal, lambda: appeal_against(decision, scene.reporter, at=at))
    assert Case.objects.count() == 1
