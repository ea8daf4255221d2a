"""A sanction lifted early by somebody else, and points given back: the person is told of both."""

from datetime import timedelta

import pytest

from credit import previews, queries
from credit.actions import adjustments as credit_adjustments
from credit.actions import sanctions
from credit.models import Adjustment, LedgerEntry, Privilege, Sanction
from groups.actions import adjustments, lifts
from groups.impartiality import ConflictOfInterest, OnlyAPerson
from groups.models import CaseEntry, Notice, NoticeTemplate, Tenure
from identity.access import StaffOnly
from identity.models import Account
from identity.roles import Role
from portal.core.actors import Actor
from portal.core.models import AuditEntry, OutboxEvent
from tests.factories.base import AT, fixture_rows
from tests.groups import scene as scenes
from tests.groups.refusal import refused
from tests.groups.scene import SUSPEND_CREATING, SUSPEND_MANAGING, SUSPEND_OWNING

pytestmark = pytest.mark.django_db
REASON = "You restored what was lost."
LATER = AT + timedelta(days=3)


@pytest.fixture
def decision(scene):
    found = scenes.decide_in_effect(scene, SUSPEND_OWNING)
    Notice.objects.all().delete()
    return found


@pytest.fixture
def sanction(decision):
    return Sanction.objects.get(decision_id=decision.pk)


def lift(sanction, user, *, reason=REASON, at=LATER):
    return lifts.lift(sanction=sanction, reason=reason, by=Actor.user(user), at=at)


def test_another_senior_lifts_it_and_the_person_is_told_why(scene, decision, sanction):
    lifted = lift(sanction, senior := scene.senior(), reason=f" {REASON} ")

    assert (lifted.lift, lifted.lifted_by, lifted.lifted_at) == ("EARLY", senior, LATER)
    assert lifted.lift_reason == REASON
    assert queries.get_privileges(account=scene.owner, at=LATER).own.allowed
    notice = Notice.objects.get()
    assert (notice.kind, notice.recipient) == ("SANCTION_LIFTED", scene.owner)
    assert notice.mail_due_at == LATER
    assert "Owning groups was suspended." in notice.body
    assert f"Reason: {REASON}" in notice.body
    assert f"What decision {decision.reference} did besides stays" in notice.body
    assert f"/accounts/{scene.owner.pk}" in notice.body or str(scene.owner.pk) in notice.body
    line = CaseEntry.objects.filter(kind="LIFTED").get()
    assert (line.case, line.is_public, line.by_user) == (scene.case, False, senior)
    assert line.body == f"Suspension: Own groups. {REASON}"
    assert AuditEntry.objects.filter(action="sanctions.lift").count() == 1
    kinds = set(OutboxEvent.objects.filter(created_at=LATER).values_list("type", flat=True))
    assert kinds == {"accord.privileges.changed.v1", "accord.notice.created.v1"}


def test_points_and_ended_roles_stay_as_the_decision_left_them(scene, sanction):
    entries = LedgerEntry.objects.count()

    lift(sanction, scene.senior())

    assert LedgerEntry.objects.count() == entries == 1
    assert not Tenure.objects.current().filter(account=scene.owner).exists()


def test_whoever_imposed_it_does_not_lift_it(scene):
    imposer = scene.staff(Role.SENIOR)
    decision = scenes.decide(scene.case, imposer, SUSPEND_OWNING)
    scenes.decisions.approve(decision=decision, by=Actor.user(scene.senior()), at=AT)
    sanction = Sanction.objects.get()

    refused(sanctions.LiftedByAPerson, lambda: lift(sanction, imposer))


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SENIOR}))
def test_roles_that_do_not_approve_measures_lift_none(scene, sanction, role):
    refused(StaffOnly, lambda: lift(sanction, scene.staff(role)))


def test_neither_a_program_nor_somebody_with_a_stake_lifts_it(scene, sanction):
    by = Actor.system("tests")
    refused(OnlyAPerson, lambda: lifts.lift(sanction=sanction, reason="x", by=by, at=LATER))
    for account in (scene.owner, scene.reporter):
        senior = scene.senior()
        with fixture_rows():
            Account.objects.filter(pk=account.pk).update(user=senior)
        refused(ConflictOfInterest, lambda user=senior: lift(sanction, user))


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_reason_is_asked_for(scene, sanction, reason):
    refused(lifts.LiftWithoutReason, lambda: lift(sanction, scene.senior(), reason=reason))


def test_what_is_over_is_not_lifted(scene, sanction):
    refused(sanctions.NotInForce, lambda: lift(sanction, scene.senior(), at=sanction.ends_at))
    lift(sanction, scene.senior())
    refused(sanctions.NotInForce, lambda: lift(sanction, scene.senior()))


def test_two_sanctions_of_one_decision_are_told_of_one_by_one(scene):
    scenes.decide_in_effect(scene, SUSPEND_CREATING, SUSPEND_MANAGING)
    Notice.objects.all().delete()

    for sanction in Sanction.objects.order_by("pk"):
        lift(sanction, scene.senior())

    told = sorted(notice.body[:26] for notice in Notice.objects.all())
    assert told == ["Creating groups was suspen", "Managing groups was suspen"]


def test_a_sanction_in_one_group_is_told_with_its_group_in_the_readers_language(scene):
    in_group = scenes.MeasureInput("SUSPEND", privilege="OWN_GROUP", days=30, in_group=scene.group)
    scenes.decide_in_effect(scene, in_group)
    Notice.objects.all().delete()
    with fixture_rows():
        scene.owner.user.language = "de"
        scene.owner.user.save(update_fields=["language"])

    lift(Sanction.objects.get(), scene.senior())

    notice = Notice.objects.get()
    assert (notice.group, notice.language) == (scene.group, "de")
    assert "Gruppen zu besitzen, (nur in der Gruppe Night owls) war ausgesetzt." in notice.body
    assert f"Grund: {REASON}" in notice.body


def test_a_platform_without_words_for_it_lifts_all_the_same(scene, sanction):
    NoticeTemplate.objects.filter(kind="SANCTION_LIFTED").update(retired_at=AT)

    assert lift(sanction, scene.senior()).lift == "EARLY"
    assert not Notice.objects.exists()


def test_the_preview_says_what_opens(scene, sanction):
    change = previews.preview_lift(sanction=sanction, at=LATER)
    assert change.opened == (Privilege.CREATE_GROUP, Privilege.OWN_GROUP)

    scenes.decide_in_effect(scene, scenes.REVOKE_OWNING, case=scenes.another_case(scene))
    assert previews.preview_lift(sanction=sanction, at=LATER).opened == ()


def test_an_appeal_after_a_lift_leaves_it_lifted_early(scene, decision, sanction):
    lift(sanction, scene.senior())
    appeal = scenes.appeal_against(decision, scene.owner, at=LATER)
    scenes.review(appeal, scene.senior(), at=LATER)

    sanction.refresh_from_db()
    assert sanction.lift == "EARLY"


# --- adjustments ----------------------------------------------------------------------------


def propose(scene, **fields):
    scenes.decide_in_effect(scene, scenes.WARN)
    Notice.objects.all().delete()
    given = {"points": 2, "reason": "A wrong clock.", "expires_at": None} | fields
    return credit_adjustments.propose(
        account=scene.owner, by=Actor.user(scene.staff()), at=AT, **given
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "gave you 2 points of your standing back, until 1 May 2027, 12:00 UTC."),
        ({"points": 1}, "gave you 1 point of your standing back, until 1 May 2027, 12:00 UTC."),
        ({"expires_at": LATER}, "of your standing back, until 5 November 2026, 12:00 UTC."),
    ],
)
def test_whoever_gets_points_back_is_told_why_once_they_count(scene, fields, said):
    proposed = propose(scene, **fields)
    assert not Notice.objects.exists()

    adjustments.approve(adjustment=proposed, by=Actor.user(scene.senior()), at=AT)

    notice = Notice.objects.get()
    assert (notice.kind, notice.recipient) == ("ADJUSTMENT", scene.owner)
    assert said in notice.body
    assert "Reason: A wrong clock." in notice.body


def test_what_is_refused_tells_nobody(scene):
    proposed = propose(scene)
    by = Actor.user(proposed.proposed_by)

    refused(
        (credit_adjustments.AdjustmentByOthers, StaffOnly),
        lambda: adjustments.approve(adjustment=proposed, by=by, at=AT),
    )
    assert Adjustment.objects.get().state == "PROPOSED"
