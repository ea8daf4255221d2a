from datetime import timedelta

import pytest

from credit import queries as credit_queries
from credit.models import LedgerEntry, Sanction
from groups.actions import decisions
from groups.impartiality import ConflictOfInterest, SecondPersonNeeded
from groups.models import Case, CaseEntry, Decision, Measure, Notice
from groups.queries import decisions as decision_queries
from identity.access import StaffOnly
from portal.core.actors import Actor
from portal.core.models import OutboxEvent
from tests.factories.base import fixture_rows
from tests.factories.groups import FlagFactory
from tests.factories.identity import AccountFactory
from tests.groups import scene as scenes
from tests.groups.refusal import refused, snapshot
from tests.groups.scene import CLOSE, FREEZE, SUSPEND_OWNING, WARN, decide, make_scene

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "measure", [SUSPEND_OWNING, scenes.REVOKE_OWNING, scenes.SUSPEND_CREATING, FREEZE, CLOSE]
)
def test_what_suspends_revokes_freezes_or_closes_waits_for_a_second_person(scene, at, measure):
    decision = decide(scene.case, user := scene.staff(), measure)

    assert (decision.needs_approval, decision.effective_at, decision.is_held) == (True, None, True)
    scene.case.refresh_from_db()
    assert (scene.case.state, scene.case.due_at) == ("WITH_SENIOR", at + timedelta(hours=48))
    assert not LedgerEntry.objects.exists()
    assert not Sanction.objects.exists()
    assert not Notice.objects.exists()
    assert not OutboxEvent.objects.exists()
    line = CaseEntry.objects.get(case=scene.case)
    assert (line.kind, line.is_public, line.by_user) == ("PROPOSED", False, user)
    refused(decisions.AlreadyDecided, lambda: decide(scene.case, scene.senior(), WARN))


def test_points_that_would_cost_a_privilege_wait_for_a_second_person(at):
    scene = make_scene(severity="CRITICAL")
    decision = decide(scene.case, scene.staff(), WARN)

    assert (decision.points, decision.is_held) == (-10, True)
    assert decision.foreseen["tier"] == ["Good standing", "Suspended"]
    assert [lost for lost, _ in decision.foreseen["privileges_lost"]] == [
        "CREATE_GROUP",
        "MANAGE_GROUP",
        "OWN_GROUP",
    ]


def test_approval_puts_it_all_into_effect_from_then_on(scene, at):
    later = at + timedelta(hours=5)
    decision = decide(scene.case, scene.staff(), SUSPEND_OWNING, FREEZE)
    decisions.approve(decision=decision, by=Actor.user(senior := scene.senior()), at=later)

    decision.refresh_from_db()
    assert (decision.effective_at, decision.approved_by, decision.approved_at) == (
        later,
        senior,
        later,
    )
    sanction = Sanction.objects.get(account=scene.owner)
    assert (sanction.kind, sanction.privilege) == ("SUSPENSION", "OWN_GROUP")
    assert (sanction.starts_at, sanction.ends_at) == (later, later + timedelta(days=30))
    assert (sanction.imposed_by, sanction.approved_by) == (decision.decided_by, senior)
    scene.group.refresh_from_db()
    assert (scene.group.state, scene.group.frozen_at) == ("FROZEN", later)
    assert not scene.owner.tenures.current().exists()
    suspended, frozen = decision.measures.order_by("kind").reverse()
    assert suspended.effect == {"roles": [{"group": str(scene.group.pk), "role": "OWNER"}]}
    assert frozen.effect == {"group_state": ["ACTIVE", "FROZEN"]}
    scene.case.refresh_from_db()
    assert (scene.case.state, scene.case.decided_at) == ("DECIDED", later)


def test_the_decider_does_not_approve_nor_return_their_own_decision(scene, at):
    decision = decide(scene.case, user := scene.staff("REVIEWER", "SENIOR"), SUSPEND_OWNING)
    by = Actor.user(user)

    refused(
        SecondPersonNeeded,
        lambda: decisions.approve(decision=decision, by=by, at=at),
    )
    refused(
        SecondPersonNeeded,
        lambda: decisions.return_to_decider(decision=decision, reason="No.", by=by, at=at),
    )


def test_a_reviewer_without_the_permission_or_with_a_stake_does_not_approve(scene, at):
    decision = decide(scene.case, scene.staff(), SUSPEND_OWNING)
    reviewer, owner = scene.staff(), scene.senior()
    scenes.add_role(scene, account=AccountFactory(platform=scene.platform, user=owner))

    for user, error in ((reviewer, StaffOnly), (owner, ConflictOfInterest)):
        refused(
            error,
            lambda user=user: decisions.approve(decision=decision, by=Actor.user(user), at=at),
        )


def test_a_returned_decision_never_takes_effect_and_the_case_is_decided_anew(scene, at):
    decision = decide(scene.case, scene.staff(), SUSPEND_OWNING)
    senior = Actor.user(scene.senior())
    later = at + timedelta(hours=3)
    decisions.return_to_decider(
        decision=decision, reason="Thirty days are too many.", by=senior, at=later
    )

    scene.case.refresh_from_db()
    assert (scene.case.state, scene.case.due_at) == ("WITH_STAFF", later + timedelta(hours=48))
    line = CaseEntry.objects.get(case=scene.case, kind="RETURNED")
    assert (line.body, line.is_public) == ("Thirty days are too many.", False)
    refused(
        decisions.AlreadyDecided,
        lambda: decisions.approve(decision=decision, by=senior, at=later),
    )
    anew = decide(scene.case, scene.staff(), WARN, at=later)
    assert anew.effective_at == later
    assert Decision.objects.filter(case=scene.case).count() == 2


def test_a_return_says_why(scene, at):
    decision = decide(scene.case, scene.staff(), SUSPEND_OWNING)
    senior = Actor.user(scene.senior())
    refused(
        decisions.ReturnReason,
        lambda: decisions.return_to_decider(decision=decision, reason=" ", by=senior, at=at),
    )


def test_an_effect_that_is_not_what_was_proposed_is_not_approved(at):
    scene = make_scene(severity="HIGH")
    proposed = decide(scene.case, scene.staff(), SUSPEND_OWNING)
    # Meanwhile another finding brings the person down to where this one costs privileges.
    scenes.decide_in_effect(scene, WARN, case=scenes.another_case(scene, severity="HIGH"))

    refused(
        decisions.EffectChanged,
        lambda: decisions.approve(decision=proposed, by=Actor.user(scene.senior()), at=at),
    )


def test_a_new_group_of_the_person_is_an_effect_that_was_not_proposed(scene, at):
    proposed = decide(scene.case, scene.staff(), SUSPEND_OWNING)
    scenes.add_role(scene, account=scene.owner, role="OWNER", group=make_group(scene))

    refused(
        decisions.EffectChanged,
        lambda: decisions.approve(decision=proposed, by=Actor.user(scene.senior()), at=at),
    )


def make_group(scene):
    return scenes.GroupFactory(platform=scene.platform)


def test_a_decision_is_approved_once(scene, at):
    decision = scenes.decide_in_effect(scene, SUSPEND_OWNING)
    refused(
        decisions.AlreadyDecided,
        lambda: decisions.approve(decision=decision, by=Actor.user(scene.senior()), at=at),
    )
    assert Measure.objects.count() == 1
    assert Sanction.objects.count() == 1


# The preview


def test_the_preview_shows_what_the_decision_then_does(at):
    scene = make_scene(severity="HIGH")
    heir = scenes.add_role(scene, role="CO_OWNER")
    lonely = make_group(scene)
    scenes.add_role(scene, account=scene.owner, role="OWNER", group=lonely)
    FlagFactory(case=scene.case)
    found = decision_queries.preview(
        case=scene.case, outcome="MEASURES", measures=[SUSPEND_OWNING], at=at
    )

    assert (found.points, found.standing.tier_before, found.standing.tier_after) == (
        -4,
        "Good standing",
        "Under watch",
    )
    until = at + timedelta(days=30)
    assert [(loss.privilege, loss.until) for loss in found.standing.lost] == [
        ("CREATE_GROUP", until),
        ("OWN_GROUP", until),
    ]
    lost = {loss.group: (loss.role, loss.successor) for loss in found.roles_lost}
    assert lost == {scene.group: ("OWNER", heir), lonely: ("OWNER", None)}
    assert found.groups_orphaned == (lonely,)
    told = [(notice.kind, notice.audience, notice.count) for notice in found.notices]
    assert told == [("DECISION", "SUBJECT", 1), ("REPORT_DECIDED", "REPORTER", 2)]
    assert found.approval_reasons == ("“Suspend a privilege” needs a second person.",)

    scenes.decide_in_effect(scene, SUSPEND_OWNING)
    assert heir.tenures.current().get().role == "OWNER"
    lonely.refresh_from_db()
    assert lonely.state == "ORPHANED"
    after = credit_queries.get_standing(account=scene.owner, at=at)
    assert (after.score, after.tier) == (8, "Under watch")
    assert Notice.objects.filter(kind="DECISION").count() == 1
    assert Notice.objects.filter(kind="REPORT_DECIDED").count() == 2


def test_the_preview_writes_nothing(scene, at, django_assert_max_num_queries):
    before = snapshot()
    with django_assert_max_num_queries(25) as captured:
        decision_queries.preview(
            case=scene.case, outcome="MEASURES", measures=[SUSPEND_OWNING, FREEZE], at=at
        )
    assert not [query for query in captured if not query["sql"].startswith("SELECT")]
    assert snapshot() == before


def test_a_case_about_nobody_who_owned_the_group_cannot_hold_them_to_account(at):
    scene = make_scene(about="group")
    with fixture_rows():
        Case.objects.filter(pk=scene.case.pk).update(owner_at_opening=None)
    user = scene.staff()
    refused(
        decision_queries.NobodyToHold,
        lambda: decide(scene.case, user, WARN, about_owner=True),
    )
