"""What decisions do and how reversals undo it: exactly, by new rows."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit import queries as credit_queries
from credit.actions import sanctions
from credit.models import LedgerEntry, Sanction
from groups.actions import tenures, transfers
from groups.measures import MeasureInput
from groups.models import Measure, RoleEvent, Tenure
from groups.queries.role_losses import RoleLoss
from portal.core.actors import Actor
from tests.factories.events import event
from tests.factories.groups import GroupFactory, RoleEventFactory
from tests.groups import scene as scenes
from tests.groups.ingesting import ingest, verdicts
from tests.groups.scene import (
    BY_TESTS,
    CLOSE,
    FREEZE,
    SUSPEND_CREATING,
    SUSPEND_MANAGING,
    SUSPEND_OWNING,
    WARN,
    decide_in_effect,
    make_scene,
)
from tests.sizes import size

pytestmark = pytest.mark.django_db


def reverse(scene, decision, *, at, appellant=None):
    appellant = appellant or scene.owner
    appeal = scenes.appeal_against(decision, appellant, at=at)
    return scenes.review(appeal, scene.senior(), at=at)


def standing(account, at):
    found = credit_queries.get_standing(account=account, at=at)
    return found.score, found.tier


def allowed(account, at, group=None):
    found = credit_queries.get_privileges(
        account=account, at=at, group_id=group.pk if group else None
    )
    return found.create.allowed, found.own.allowed, found.manage.allowed


def roles(account):
    held = account.tenures.current().order_by("group_id")
    return [(tenure.group_id, tenure.role) for tenure in held]


def test_a_privilege_taken_in_one_group_leaves_the_others(at):
    scene = make_scene()
    other = GroupFactory(platform=scene.platform)
    scenes.add_role(scene, account=scene.owner, role="OWNER", group=other)
    decide_in_effect(
        scene, MeasureInput("SUSPEND", privilege="OWN_GROUP", in_group=scene.group, days=30)
    )
    assert roles(scene.owner) == [(other.pk, "OWNER")]
    assert allowed(scene.owner, at, scene.group) == (False, False, True)
    assert allowed(scene.owner, at, other) == (True, True, True)


def test_suspending_creation_ends_no_role(at):
    scene = make_scene()
    decide_in_effect(scene, SUSPEND_CREATING)

    assert roles(scene.owner) == [(scene.group.pk, "OWNER")]
    assert allowed(scene.owner, at) == (False, True, True)


def test_a_manager_loses_managing_and_the_owner_stays(at):
    scene = make_scene(about="member")
    scenes.add_role(scene, account=scene.member, role="MANAGER")
    decide_in_effect(scene, SUSPEND_MANAGING)

    assert roles(scene.member) == []
    assert roles(scene.owner) == [(scene.group.pk, "OWNER")]


@pytest.mark.parametrize("about", ["owner", "member"])
def test_a_role_changed_by_a_transfer_an_instant_later_goes_and_comes_back(at, about):
    scene = make_scene(about=about)
    given_at = at + timedelta(seconds=1)
    offered = transfers.offer(
        group=scene.group,
        from_account=scene.owner,
        to_account=scene.member,
        by=Actor.user(scene.owner.user),
        at=at,
    )
    transfers.accept(transfer=offered, by=Actor.user(scene.member.user), at=given_at)

    decision = decide_in_effect(scene, SUSPEND_OWNING, at=at)

    subject, other = scene.owner, scene.member
    if about == "member":
        subject, other = other, subject
    assert roles(subject) == []
    assert roles(other) == [(scene.group.pk, "OWNER")]
    assert decision.foreseen["roles_lost"] == [
        RoleLoss(
            group=scene.group,
            role="CO_OWNER" if about == "owner" else "OWNER",
            successor=None if about == "owner" else other,
            leaves_orphaned=False,
        ).as_stored()
    ]

    reverse(scene, decision, at=at, appellant=subject)
    assert roles(scene.member) == [(scene.group.pk, "OWNER")]
    assert roles(scene.owner) == [(scene.group.pk, "CO_OWNER")]


@pytest.mark.parametrize("kind", ["role.revoked", "member.removed"])
@pytest.mark.parametrize("minutes", [-3, 3])
def test_a_role_comes_back_that_the_platform_took_to_carry_out_the_decision(at, kind, minutes):
    scene = make_scene()
    decision = decide_in_effect(scene, SUSPEND_OWNING, at=at)
    carry_out(scene, decision.reference, kind, at=at + timedelta(minutes=minutes))

    reverse(scene, decision, at=at + timedelta(days=1))

    assert roles(scene.owner) == [(scene.group.pk, "OWNER")]


@pytest.mark.parametrize("reason", [None, "D-1", "D-99999999999999999999", "cmd-7"])
def test_a_role_that_the_platform_took_for_another_reason_does_not_come_back(at, reason):
    scene = make_scene()
    decision = decide_in_effect(scene, SUSPEND_OWNING, at=at)
    carry_out(scene, reason, "role.revoked", at=at + timedelta(minutes=3))

    reverse(scene, decision, at=at + timedelta(days=1))

    assert roles(scene.owner) == []


def carry_out(scene, reason, kind, *, at):
    """Let the platform take the owner's role, and name its reason."""
    found = event(
        kind,
        scene.owner.external_id,
        group=scene.group.external_id,
        time=at,
        role="owner" if kind == "role.revoked" else None,
        caused_by=reason,
    )
    assert verdicts(ingest(scene.platform, found, at=at)) == [("ACCEPTED", None)]


def test_points_alone_end_no_role(at):
    scene = make_scene(severity="CRITICAL")
    decide_in_effect(scene, WARN)

    assert standing(scene.owner, at) == (2, "Suspended")
    assert roles(scene.owner) == [(scene.group.pk, "OWNER")]


def test_a_reversal_adds_rows_and_changes_none(at):
    scene = make_scene()
    decision = decide_in_effect(scene, SUSPEND_OWNING)
    penalty = LedgerEntry.objects.values().get()
    later = at + timedelta(days=3)
    reverse(scene, decision, at=later)

    assert LedgerEntry.objects.values().get(sequence=1) == penalty
    reversal = LedgerEntry.objects.get(sequence=2)
    assert (reversal.kind, reversal.points, reversal.reverses_id) == ("REVERSAL", 2, penalty["id"])
    assert reversal.expires_at == penalty["expires_at"]
    sanction = Sanction.objects.get()
    assert (sanction.lift, sanction.lifted_at) == ("REVERSED", later)
    assert Measure.objects.get().undone_at == later
    ended, back = Tenure.objects.filter(account=scene.owner).order_by("period")
    assert (ended.ended, ended.period.upper) == ("DECISION", at)
    assert (back.began, back.period.lower) == ("REINSTATED", later)


def test_the_successor_steps_back_when_the_owner_returns(at):
    scene = make_scene()
    heir = scenes.add_role(scene)
    decision = decide_in_effect(scene, SUSPEND_OWNING)
    assert roles(heir) == [(scene.group.pk, "OWNER")]

    reverse(scene, decision, at=at + timedelta(days=3))
    assert roles(scene.owner) == [(scene.group.pk, "OWNER")]
    assert roles(heir) == [(scene.group.pk, "CO_OWNER")]


def test_beside_another_owner_by_now_they_come_back_as_co_owner(at):
    scene = make_scene()
    decision = decide_in_effect(scene, SUSPEND_OWNING)
    other = scenes.AccountFactory(platform=scene.platform)
    RoleEventFactory(group=scene.group, account=other, occurred_at=at + timedelta(days=1))
    tenures.rederive(group=scene.group, by=BY_TESTS, at=at + timedelta(days=1))

    reverse(scene, decision, at=at + timedelta(days=3))
    assert roles(other) == [(scene.group.pk, "OWNER")]
    assert roles(scene.owner) == [(scene.group.pk, "CO_OWNER")]


@pytest.mark.parametrize("kind", ["REVOKED", "LEFT", "REMOVED"])
def test_a_role_that_the_platform_took_meanwhile_does_not_come_back(at, kind):
    scene = make_scene()
    decision = decide_in_effect(scene, SUSPEND_OWNING)
    RoleEventFactory(
        group=scene.group,
        account=scene.owner,
        kind=kind,
        role="OWNER" if kind == "REVOKED" else None,
        occurred_at=at + timedelta(days=1),
    )
    reverse(scene, decision, at=at + timedelta(days=3))

    assert roles(scene.owner) == []
    assert allowed(scene.owner, at + timedelta(days=3)) == (True, True, True)


def test_a_role_comes_back_with_the_last_reversal_that_stood_in_its_way(at):
    scene = make_scene()
    first = decide_in_effect(scene, SUSPEND_OWNING)
    second = decide_in_effect(scene, SUSPEND_OWNING, case=scenes.another_case(scene))

    reverse(scene, first, at=at + timedelta(days=1))
    assert roles(scene.owner) == []
    reverse(scene, second, at=at + timedelta(days=2))
    assert roles(scene.owner) == [(scene.group.pk, "OWNER")]
    back = RoleEvent.objects.get(cause="REVERSAL")
    assert (back.caused_by, back.occurred_at) == (first.pk, at + timedelta(days=2))


def test_a_group_stays_closed_while_another_decision_says_so(at):
    scene = make_scene(about="group")
    frozen = decide_in_effect(scene, FREEZE)
    closed = decide_in_effect(scene, CLOSE, case=scenes.another_case(scene))

    reverse(scene, frozen, at=at + timedelta(days=1))
    scene.group.refresh_from_db()
    assert (scene.group.state, scene.group.frozen_at, scene.group.closed_at) == ("CLOSED", None, at)
    reverse(scene, closed, at=at + timedelta(days=2))
    scene.group.refresh_from_db()
    assert (scene.group.state, scene.group.closed_at) == ("ACTIVE", None)


def test_points_that_have_expired_are_given_back_without_counting(at, settings):
    settings.APPEAL_WINDOW_DAYS = 400
    scene = make_scene()
    decision = decide_in_effect(scene, WARN)
    later = at + timedelta(days=200)
    assert standing(scene.owner, later) == (12, "Good standing")

    reverse(scene, decision, at=later)
    assert standing(scene.owner, later) == (12, "Good standing")
    assert LedgerEntry.objects.count() == 2


def test_a_sanction_lifted_early_is_no_hindrance_to_the_reversal(at):
    scene = make_scene()
    decision = decide_in_effect(scene, SUSPEND_OWNING)
    by = Actor.user(scene.senior())
    sanction = Sanction.objects.get()
    sanctions.lift(
        sanction=sanction, how="EARLY", reason="Settled.", by=by, at=at + timedelta(days=1)
    )
    reverse(scene, decision, at=at + timedelta(days=2))

    sanction.refresh_from_db()
    assert sanction.lift == "EARLY"
    assert roles(scene.owner) == [(scene.group.pk, "OWNER")]


CHOICES = [
    WARN,
    FREEZE,
    CLOSE,
    SUSPEND_OWNING,
    SUSPEND_CREATING,
    SUSPEND_MANAGING,
    scenes.REVOKE_OWNING,
]
COMBINATIONS = [
    {WARN},
    {SUSPEND_OWNING, FREEZE},
    {SUSPEND_OWNING, SUSPEND_CREATING, SUSPEND_MANAGING, CLOSE},
    {scenes.REVOKE_OWNING, WARN},
    *({choice} for choice in CHOICES[1:]),
]


@settings(
    max_examples=size(every_run=12, release=300),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    chosen=st.sampled_from(COMBINATIONS),
    severity=st.sampled_from(["LOW", "MEDIUM", "HIGH", "CRITICAL"]),
    earlier=st.sampled_from([None, "LOW", "HIGH"]),
    co_owners=st.integers(0, 2),
    manages_another=st.booleans(),
    days=st.integers(1, 29),
)
def test_after_a_reversal_everything_is_as_it_was(
    at, chosen, severity, earlier, co_owners, manages_another, days
):
    scene = make_scene(severity=severity)
    for place in range(co_owners):
        scenes.add_role(scene, days_ago=50 + place)
    if manages_another:
        elsewhere = GroupFactory(platform=scene.platform)
        scenes.add_role(scene, account=scene.owner, role="MANAGER", group=elsewhere)
    if earlier:
        decide_in_effect(scene, WARN, case=scenes.another_case(scene, severity=earlier))

    def everything(moment):
        people = [tenure.account for tenure in scene.group.tenures.select_related("account")]
        scene.group.refresh_from_db()
        return (
            scene.group.state,
            standing(scene.owner, moment),
            allowed(scene.owner, moment),
            allowed(scene.owner, moment, scene.group),
            {person.pk: roles(person) for person in people},
        )

    later = at + timedelta(days=days)
    before = everything(later)
    decision = decide_in_effect(scene, *sorted(chosen, key=CHOICES.index))
    appeal = reverse(scene, decision, at=later)

    assert appeal.state == "REVERSED"
    assert everything(later) == before
    assert (
        credit_queries.get_record(account=scene.owner, at=later).standing(later).score
        == (before[1][0])
    )
