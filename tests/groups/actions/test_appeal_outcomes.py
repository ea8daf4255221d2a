from datetime import timedelta

import pytest

from credit import queries as credit_queries
from credit.models import LedgerEntry, Sanction
from groups.actions import appeals, decisions
from groups.impartiality import SecondPersonNeeded
from groups.measures import MeasureInput
from groups.models import CaseEntry, Decision, Notice
from groups.queries import reversals
from groups.replacements import NotAReversal, WorseOff
from identity.access import StaffOnly
from portal.core.actors import Actor
from portal.core.models import OutboxEvent
from tests.factories.identity import UserFactory
from tests.groups.refusal import refused
from tests.groups.scene import (
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


def test_upheld_changes_nothing_but_the_appeal(scene, at):
    decision = decide_in_effect(scene, WARN)
    appeal = appeal_against(decision, scene.owner, at=at)
    reviewer = scene.senior()
    appeal = review(appeal, reviewer, at=at + DAY, outcome="UPHELD")

    assert (appeal.state, appeal.reviewer, appeal.reviewed_at) == ("UPHELD", reviewer, at + DAY)
    assert appeal.resulting_decision is None
    assert credit_queries.get_standing(account=scene.owner, at=at + DAY).score == 10
    told = Notice.objects.get(kind="APPEAL_DECIDED")
    assert (told.recipient, told.appeal) == (scene.owner, appeal)
    assert CaseEntry.objects.get(kind="APPEAL_DECIDED").cause_id == appeal.pk


def test_reversed_overrides_with_a_dismissal_and_tells_everybody_once(scene, at):
    decision = decide_in_effect(scene, WARN)
    reviewer = scene.senior()
    appeal = review(appeal_against(decision, scene.owner, at=at), reviewer, at=at + DAY)

    override = appeal.resulting_decision
    assert (override.overrides, override.outcome) == (decision, "DISMISSED")
    assert (override.decided_by, override.effective_at) == (reviewer, at + DAY)
    assert override.appealable_until == at + 31 * DAY
    assert (override.facts, override.reasons) == (
        decision.facts,
        "The messages came from somebody else.",
    )
    told = Notice.objects.filter(created_at=at + DAY).order_by("kind")
    assert list(told.values_list("kind", "recipient")) == [
        ("APPEAL_DECIDED", scene.owner.pk),
        ("REPORT_DECIDED", scene.reporter.pk),
    ]
    events = OutboxEvent.objects.filter(created_at=at + DAY).values_list("type", flat=True)
    assert {"accord.decision.effective.v1", "accord.appeal.decided.v1"} <= set(events)
    scene.case.refresh_from_db()
    assert (scene.case.state, scene.case.decided_at) == ("DECIDED", at)
    assert list(Decision.objects.in_force()) == [override]


def test_the_other_open_appeal_loses_its_object_and_says_which_decision_replaced_it(scene, at):
    decision = decide_in_effect(scene, WARN)
    other = appeal_against(decision, scene.reporter, at=at)
    review(appeal_against(decision, scene.owner, at=at), scene.senior(), at=at + DAY)

    other.refresh_from_db()
    override = Decision.objects.get(overrides=decision)
    assert (other.state, other.resulting_decision) == ("OMITTED", None)
    assert override.reference in other.outcome_reasons


def test_partially_reversed_keeps_the_points_and_when_they_expire(at):
    scene = make_scene(severity="HIGH")
    decision = decide_in_effect(scene, SUSPEND_OWNING)
    expiry = LedgerEntry.objects.get().expires_at
    appeal = review(
        appeal_against(decision, scene.owner, at=at),
        scene.senior(),
        WARN,
        at=at + 10 * DAY,
        outcome="PARTIALLY_REVERSED",
    )
    override = appeal.resulting_decision
    assert (appeal.state, override.outcome, override.points) == (
        "PARTIALLY_REVERSED",
        "MEASURES",
        -4,
    )
    assert [entry.points for entry in LedgerEntry.objects.order_by("sequence")] == [-4, 4, -4]
    assert LedgerEntry.objects.get(sequence=3).expires_at == expiry
    assert Sanction.objects.get().lift == "REVERSED"
    assert scene.owner.tenures.current().get().role == "OWNER"


def test_measures_that_stay_on_appeal_are_told_in_a_notice_of_their_own(at):
    scene = make_scene(severity="HIGH")
    decision = decide_in_effect(scene, SUSPEND_OWNING)
    appeal = review(
        appeal_against(decision, scene.owner, at=at),
        scene.senior(),
        WARN,
        at=at + 10 * DAY,
        outcome="PARTIALLY_REVERSED",
    )
    told = scene.owner.notices.get(kind="DECISION", decision=appeal.resulting_decision)
    for said in (
        scene.rule.text,
        decision.facts,
        "- A warning.",
        "It takes 4 points of your standing",
        "You can appeal until 12 December 2026",
    ):
        assert said in told.body
    assert scene.owner.notices.filter(kind="APPEAL_DECIDED").count() == 1


def test_partially_reversed_may_drop_the_points(at):
    scene = make_scene(severity="HIGH")
    decision = decide_in_effect(scene, WARN)
    review(
        appeal_against(decision, scene.owner, at=at),
        scene.senior(),
        WARN,
        at=at + DAY,
        outcome="PARTIALLY_REVERSED",
        keeps_points=False,
    )
    assert credit_queries.get_standing(account=scene.owner, at=at + DAY).score == 12


def test_a_shorter_suspension_waits_for_two_people_and_counts_the_days_served(scene, at):
    decision = decide_in_effect(scene, SUSPEND_OWNING)
    ended = scene.owner.tenures.get()
    shorter = MeasureInput("SUSPEND", privilege="OWN_GROUP", days=14)
    reviewer = scene.senior()
    appeal = review(
        appeal_against(decision, scene.owner, at=at),
        reviewer,
        shorter,
        at=at + 10 * DAY,
        outcome="PARTIALLY_REVERSED",
    )
    assert (appeal.state, appeal.proposed_outcome) == ("IN_REVIEW", "PARTIALLY_REVERSED")
    override = appeal.resulting_decision
    assert override.is_held
    assert Sanction.objects.get().lifted_at is None

    for user in (reviewer, decision.decided_by, decision.approved_by):
        refused(
            (SecondPersonNeeded, StaffOnly),
            lambda user=user: decisions.approve(
                decision=override, by=Actor.user(user), at=at + 11 * DAY
            ),
        )
    decisions.approve(decision=override, by=Actor.user(scene.senior()), at=at + 11 * DAY)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.proposed_outcome) == ("PARTIALLY_REVERSED", None)
    old, new = Sanction.objects.order_by("starts_at")
    assert (old.lift, old.lifted_at) == ("REVERSED", at + 11 * DAY)
    assert (new.starts_at, new.ends_at) == (at + 11 * DAY, at + 14 * DAY)
    # The role stayed ended all along.
    assert scene.owner.tenures.get() == ended


def test_a_suspension_that_is_served_by_now_is_not_imposed_again(scene, at):
    decision = decide_in_effect(scene, SUSPEND_OWNING)
    appeal = review(
        appeal_against(decision, scene.owner, at=at),
        scene.senior(),
        MeasureInput("SUSPEND", privilege="OWN_GROUP", days=7),
        at=at + 10 * DAY,
        outcome="PARTIALLY_REVERSED",
    )
    override = appeal.resulting_decision
    decisions.approve(decision=override, by=Actor.user(scene.senior()), at=at + 10 * DAY)

    assert Sanction.objects.count() == 1
    assert override.measures.get().effect == {"served": True}
    assert scene.owner.tenures.current().get().role == "OWNER"


def replace(decision, scene, *measures, at, appellant=None, **changes):
    """Appeal, and let two people put these measures in the place of the decision's."""
    appeal = review(
        appeal_against(decision, appellant or scene.owner, at=at),
        scene.senior(),
        *measures,
        at=at,
        outcome="PARTIALLY_REVERSED",
        **changes,
    )
    override = appeal.resulting_decision
    if override.is_held:
        decisions.approve(decision=override, by=Actor.user(scene.senior()), at=at)
    return override


def test_a_second_appeal_does_not_begin_the_days_anew(scene, at):
    twenty = MeasureInput("SUSPEND", privilege="OWN_GROUP", days=20)
    first = replace(decide_in_effect(scene, SUSPEND_OWNING), scene, twenty, at=at + 5 * DAY)
    second = appeal_against(first, scene.owner, at=at + 8 * DAY)
    foreseen = reversals.preview(
        appeal=second, outcome="MEASURES", measures=[twenty], charge="NONE", at=at + 8 * DAY
    )
    second = review(
        second,
        scene.senior(),
        twenty,
        at=at + 8 * DAY,
        outcome="PARTIALLY_REVERSED",
        keeps_points=False,
    ).resulting_decision
    decisions.approve(decision=second, by=Actor.user(scene.senior()), at=at + 8 * DAY)

    assert [kept.until for kept in foreseen.kept] == [at + 20 * DAY]
    assert Sanction.objects.get(decision_id=second.pk).ends_at == at + 20 * DAY


def test_a_suspension_served_by_the_first_appeal_stays_served_at_the_second(scene, at):
    twenty = MeasureInput("SUSPEND", privilege="OWN_GROUP", days=20)
    first = replace(decide_in_effect(scene, SUSPEND_OWNING), scene, twenty, at=at + 25 * DAY)
    second = replace(first, scene, twenty, at=at + 27 * DAY, keeps_points=False)

    assert second.measures.get().effect == {"served": True}
    assert Sanction.objects.count() == 1


def test_days_without_a_suspension_between_two_appeals_are_not_served(scene, at):
    twenty = MeasureInput("SUSPEND", privilege="OWN_GROUP", days=20)
    first = replace(decide_in_effect(scene, SUSPEND_OWNING), scene, WARN, at=at + 5 * DAY)
    second = replace(first, scene, twenty, at=at + 25 * DAY, appellant=scene.reporter)

    assert Sanction.objects.get(decision_id=second.pk).ends_at == at + 45 * DAY


def test_a_returned_override_leaves_the_decision_and_reopens_the_review(scene, at):
    decision = decide_in_effect(scene, SUSPEND_OWNING)
    reviewer = scene.senior()
    shorter = MeasureInput("SUSPEND", privilege="OWN_GROUP", days=14)
    appeal = review(
        appeal_against(decision, scene.owner, at=at),
        reviewer,
        shorter,
        at=at + DAY,
        outcome="PARTIALLY_REVERSED",
    )
    override = appeal.resulting_decision
    decisions.return_to_decider(
        decision=override, reason="Too short.", by=Actor.user(scene.senior()), at=at + 2 * DAY
    )
    appeal.refresh_from_db()
    override.refresh_from_db()
    assert (appeal.state, appeal.resulting_decision, override.overrides) == (
        "IN_REVIEW",
        None,
        None,
    )
    assert list(Decision.objects.in_force()) == [decision]
    scene.case.refresh_from_db()
    assert scene.case.state == "DECIDED"

    assert review(appeal, reviewer, at=at + 3 * DAY).state == "REVERSED"
    assert scene.owner.tenures.current().get().role == "OWNER"


def test_while_an_outcome_waits_the_appeal_is_not_withdrawn_released_or_decided_again(scene, at):
    decision = decide_in_effect(scene, SUSPEND_OWNING)
    reviewer = scene.senior()
    shorter = MeasureInput("SUSPEND", privilege="OWN_GROUP", days=14)
    appeal = review(
        appeal_against(decision, scene.owner, at=at),
        reviewer,
        shorter,
        at=at + DAY,
        outcome="PARTIALLY_REVERSED",
    )
    for action, user in ((appeals.withdraw, scene.owner.user), (appeals.release, reviewer)):
        refused(
            appeals.StaleAppeal,
            lambda action=action, user=user: action(
                appeal=appeal, version=appeal.version, by=Actor.user(user), at=at + DAY
            ),
        )
    refused(appeals.StaleAppeal, lambda: review(appeal, reviewer, at=at + DAY))


@pytest.mark.parametrize(
    "worse",
    [
        MeasureInput("SUSPEND", privilege="OWN_GROUP", days=31),
        MeasureInput("REVOKE", privilege="OWN_GROUP"),
        MeasureInput("SUSPEND", privilege="CREATE_GROUP", days=1),
        MeasureInput("FREEZE_GROUP"),
    ],
)
def test_nobody_is_worse_off_for_having_appealed(scene, at, worse):
    decision = decide_in_effect(scene, SUSPEND_OWNING)
    appeal = take_appeal(
        appeal_against(decision, scene.owner, at=at), reviewer := scene.senior(), at
    )
    refused(
        WorseOff,
        lambda: review(appeal, reviewer, worse, at=at, outcome="PARTIALLY_REVERSED"),
    )


def test_an_outcome_that_is_no_reversal_is_refused(scene, at):
    decision = decide_in_effect(scene, SUSPEND_OWNING)
    appeal = take_appeal(
        appeal_against(decision, scene.owner, at=at), reviewer := scene.senior(), at
    )

    refused(
        NotAReversal,
        lambda: review(appeal, reviewer, SUSPEND_OWNING, at=at, outcome="PARTIALLY_REVERSED"),
    )
    refused(NotAReversal, lambda: review(appeal, reviewer, WARN, at=at, outcome="REVERSED"))
    refused(appeals.AppealWords, lambda: review(appeal, reviewer, at=at, outcome="IN_REVIEW"))
    refused(appeals.AppealWords, lambda: review(appeal, reviewer, WARN, at=at, outcome="UPHELD"))


def test_a_reporters_appeal_may_bring_measures_where_there_were_none(scene, at):
    decision = decide_in_effect(scene)
    appeal = appeal_against(decision, scene.reporter, at=at)
    appeal = review(appeal, scene.senior(), WARN, at=at + DAY, outcome="REVERSED")

    override = appeal.resulting_decision
    assert (appeal.state, override.outcome, override.points) == ("REVERSED", "MEASURES", -2)
    entry = LedgerEntry.objects.get()
    assert (entry.points, entry.expires_at) == (-2, at + 181 * DAY)
    assert Notice.objects.filter(decision=override, recipient=scene.owner).count() == 1


def test_a_reporters_appeal_may_find_that_the_owner_had_dealt_with_it(scene, at):
    decision = decide_in_effect(scene)
    appeal = take_appeal(
        appeal_against(decision, scene.reporter, at=at), reviewer := scene.senior(), at
    )
    refused(NotAReversal, lambda: review(appeal, reviewer, at=at, outcome="REVERSED"))

    partly = review(appeal, reviewer, at=at, outcome="PARTIALLY_REVERSED")
    assert (partly.resulting_decision.outcome, partly.resulting_decision.points) == (
        "OWNER_HANDLED",
        0,
    )


def test_what_a_reporters_appeal_brought_the_person_may_appeal_in_turn(scene, at):
    decision = decide_in_effect(scene)
    appeal = appeal_against(decision, scene.reporter, at=at)
    appeal = review(appeal, scene.senior(), WARN, at=at + DAY, outcome="REVERSED")
    in_turn = appeal_against(appeal.resulting_decision, scene.owner, at=at + 2 * DAY)

    assert review(in_turn, scene.senior(), at=at + 3 * DAY).state == "REVERSED"
    assert credit_queries.get_standing(account=scene.owner, at=at + 3 * DAY).score == 12


def test_an_inadmissible_appeal_is_omitted_with_reasons(scene, at):
    appeal = appeal_against(decide_in_effect(scene, WARN), scene.owner, at=at)
    appeal = review(appeal, scene.senior(), at=at + DAY, outcome="OMITTED")

    assert (appeal.state, appeal.outcome_reasons) == (
        "OMITTED",
        "The messages came from somebody else.",
    )
    assert Notice.objects.get(kind="APPEAL_DECIDED").recipient == scene.owner


def test_a_withdrawn_appeal_may_be_made_again(scene, at):
    decision = decide_in_effect(scene, WARN)
    appeal = appeal_against(decision, scene.owner, at=at)
    somebody = UserFactory()
    refused(
        appeals.NotYours,
        lambda: appeals.withdraw(appeal=appeal, version=1, by=Actor.user(somebody), at=at),
    )
    appeals.withdraw(appeal=appeal, version=1, by=Actor.user(scene.owner.user), at=at)

    appeal.refresh_from_db()
    assert appeal.state == "OMITTED"
    assert appeal_against(decision, scene.owner, at=at + DAY).state == "SUBMITTED"
