"""Bar 25: where it takes two people, the database refuses one of them doing both."""

from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from credit.models import Adjustment, LedgerEntry, Sanction
from groups.models import Decision, Measure
from identity.models import StaffAssignment, VerificationRequest
from portal.core.models import Hold, WindowChange
from tests.credit import findings
from tests.factories.base import AT, fixture_rows
from tests.factories.core import HoldFactory, WindowChangeFactory
from tests.factories.credit import AdjustmentFactory, PolicyFactory
from tests.factories.groups import AppealFactory, DecisionFactory
from tests.factories.identity import (
    AccountFactory,
    UserFactory,
    VerificationRequestFactory,
    staff_user,
)

pytestmark = pytest.mark.django_db


def _approve_own_decision():
    found = DecisionFactory(needs_approval=True)
    Decision.objects.filter(pk=found.pk).update(
        approved_by=found.decided_by, approved_at=AT, effective_at=found.decided_at
    )


def _return_own_decision():
    found = DecisionFactory(needs_approval=True)
    Decision.objects.filter(pk=found.pk).update(
        returned_by=found.decided_by, returned_at=AT, return_reason="Once more."
    )


def _override_own_decision():
    found = DecisionFactory()
    DecisionFactory(case=found.case, overrides=found, decided_by=found.decided_by)


def _decide_on_own_account():
    user = UserFactory(is_staff=True)
    account = AccountFactory(user=user)
    findings.decision(account, decided_by=user)


def _review_appeal_against_own_decision():
    found = DecisionFactory()
    AppealFactory(decision=found, reviewer=found.decided_by, state="IN_REVIEW", reviewed_at=None)


def _suspend_alone():
    found = DecisionFactory(effective_at=None)
    with fixture_rows():
        Measure.objects.create(decision=found, kind="SUSPEND", privilege="OWN_GROUP", days=30)


def _approve_own_sanction():
    """The rule that a sanction rests on such a decision would refuse it first."""
    found = findings.approved(AccountFactory())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE credit_sanction DISABLE TRIGGER USER")
    findings.impose(
        found.subject_account,
        SimpleNamespace(pk=found.pk, decided_by=found.approved_by, approved_by=found.approved_by),
    )


def _lift_own_sanction():
    found = findings.sanction(AccountFactory())
    Sanction.objects.filter(pk=found.pk).update(
        lifted_by=found.imposed_by, lifted_at=AT, lift="EARLY", lift_reason="Enough."
    )


def _approve_own_policy():
    drafter = UserFactory()
    PolicyFactory(drafted_by=drafter, approved_by=drafter, approved_at=AT)


def _adjust_alone():
    account = AccountFactory()
    person = UserFactory(is_staff=True)
    LedgerEntry.objects.create(
        account=account,
        platform=account.platform,
        sequence=1,
        kind="ADJUSTMENT",
        points=2,
        effective_at=AT,
        policy=PolicyFactory(platform=account.platform),
        posted_by=person,
        approved_by=person,
        posted_at=AT,
        reason="A gift.",
    )


def _decline_own_adjustment():
    found = AdjustmentFactory()
    Adjustment.objects.filter(pk=found.pk).update(
        state="DECLINED", decided_by=found.proposed_by, decided_at=AT
    )


def _approve_own_hold():
    found = HoldFactory()
    Hold.objects.filter(pk=found.pk).update(approved_by=found.placed_by, approved_at=AT)


def _approve_own_window():
    found = WindowChangeFactory()
    WindowChange.objects.filter(pk=found.pk).update(approved_by=found.proposed_by, approved_at=AT)


def _assign_oneself():
    found = StaffAssignment.objects.get(user=staff_user(AccountFactory().platform))
    StaffAssignment.objects.filter(pk=found.pk).update(assigned_by=found.user)


def _review_own_refusal():
    officer = UserFactory()
    found = VerificationRequestFactory(
        state="DECLINED", decided_by=officer, decided_at=AT, reason="It was misread."
    )
    VerificationRequestFactory(
        account=found.account,
        provider=found.provider,
        appeals=found,
        state="IN_REVIEW",
        taken_by=officer,
    )


def _review_own_verification():
    user = UserFactory(is_staff=True)
    found = VerificationRequestFactory(account=AccountFactory(user=user))
    VerificationRequest.objects.filter(pk=found.pk).update(state="IN_REVIEW", taken_by=user)


FOUR_EYES = {
    "decider_and_approver_are_two_people": _approve_own_decision,
    "decider_and_returner_are_two_people": _return_own_decision,
    "an_override_is_decided_by_other_people": _override_own_decision,
    "nobody_decides_on_their_own_account_or_group": _decide_on_own_account,
    "an_appeal_is_reviewed_by_somebody_else": _review_appeal_against_own_decision,
    "a_severe_measure_waits_for_a_second_person": _suspend_alone,
    "a_sanction_is_approved_by_another_person": _approve_own_sanction,
    "a_sanction_is_lifted_early_by_another_person": _lift_own_sanction,
    "policy_is_approved_by_another_person": _approve_own_policy,
    "an_adjustment_is_made_by_two_people": _adjust_alone,
    "an_adjustment_is_decided_by_another_person": _decline_own_adjustment,
    "hold_is_approved_by_another_person": _approve_own_hold,
    "window_change_is_approved_by_another_person": _approve_own_window,
    "nobody_assigns_a_role_to_themselves": _assign_oneself,
    "a_refusal_is_reviewed_by_somebody_else": _review_own_refusal,
    "nobody_reviews_their_own_verification": _review_own_verification,
}
WORDS = ("another_person", "two_people", "other_people", "somebody_else", "second_person")
# About groups, not about people of the staff.
NOT_FOUR_EYES = {"a_group_is_offered_to_somebody_else"}


def test_every_constraint_about_two_people_is_tried_here():
    named = {
        rule.name
        for model in apps.get_models()
        for rule in [*model._meta.constraints, *getattr(model._meta, "triggers", [])]
        if rule.name.endswith(WORDS)
    }

    assert named - NOT_FOUR_EYES - set(FOUR_EYES) == set()


@pytest.mark.parametrize("constraint", FOUR_EYES)
def test_one_person_doing_both_is_refused_by_the_database(constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        FOUR_EYES[constraint]()
