from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Func, Q, Value

from groups.models.cases import Flag
from groups.models.decisions import DECIDERS_BEFORE, Decision
from identity.models import Account, User
from portal.core.fields import EncryptedTextField
from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import NOT_ROTATING, frozen, legal_transitions, update_of


class Appeal(models.Model):
    """A decision contested, by the person it is about or by the reporter."""

    class State(models.TextChoices):
        SUBMITTED = "SUBMITTED"
        IN_REVIEW = "IN_REVIEW"
        UPHELD = "UPHELD", "Decision upheld"
        PARTIALLY_REVERSED = "PARTIALLY_REVERSED", "Decision partially reversed"
        REVERSED = "REVERSED", "Decision reversed"
        OMITTED = "OMITTED", "Not decided"

    OPEN_STATES: ClassVar = [State.SUBMITTED, State.IN_REVIEW]

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=Func(Value("groups_appeal_number"), function="nextval"),
    )
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="appeals")
    # The sanctioned person (or the owner of the group decided about), or the reporter.
    appellant = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="appeals")
    # Set when the reporter appeals.
    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, null=True, related_name="+")
    grounds = EncryptedTextField()
    new_facts = EncryptedTextField(blank=True)
    state = models.CharField(max_length=18, choices=State.choices, default=State.SUBMITTED)
    submitted_at = models.DateTimeField()
    due_at = models.DateTimeField()
    breached_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    outcome_reasons = models.TextField(max_length=2000, blank=True)
    resulting_decision = models.OneToOneField(
        Decision, on_delete=models.PROTECT, null=True, related_name="from_appeal"
    )
    # While the resulting decision waits for a second person: what the appeal will become.
    proposed_outcome = models.CharField(
        max_length=18,
        choices=[
            (State.PARTIALLY_REVERSED.value, State.PARTIALLY_REVERSED.label),
            (State.REVERSED.value, State.REVERSED.label),
        ],
        null=True,
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["decision", "appellant"],
                condition=Q(state__in=["SUBMITTED", "IN_REVIEW"]),
                name="one_open_appeal_per_appellant_and_decision",
            ),
            models.CheckConstraint(
                name="an_appeal_outcome_names_its_reviewer_and_reasons",
                condition=Q(state__in=["SUBMITTED", "IN_REVIEW", "OMITTED"])
                | (Q(reviewer__isnull=False, reviewed_at__isnull=False) & ~Q(outcome_reasons="")),
            ),
            models.CheckConstraint(
                name="a_reversal_on_appeal_leads_to_a_new_decision",
                condition=Q(
                    state__in=["REVERSED", "PARTIALLY_REVERSED"],
                    resulting_decision__isnull=False,
                )
                | Q(state="IN_REVIEW")
                | Q(
                    state__in=["SUBMITTED", "UPHELD", "OMITTED"],
                    resulting_decision__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="a_reversal_that_waits_says_what_it_will_be",
                condition=Q(
                    state="IN_REVIEW",
                    proposed_outcome__isnull=False,
                    resulting_decision__isnull=False,
                )
                | Q(
                    state="IN_REVIEW",
                    proposed_outcome__isnull=True,
                    resulting_decision__isnull=True,
                )
                | ~Q(state="IN_REVIEW") & Q(proposed_outcome__isnull=True),
            ),
            models.CheckConstraint(
                name="an_appeal_in_review_has_a_reviewer",
                condition=~Q(state="IN_REVIEW") | Q(reviewer__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                name="appeal_due",
                condition=Q(state__in=["SUBMITTED", "IN_REVIEW"]),
            ),
        ]
        triggers: ClassVar = [
            legal_transitions(
                "appeal_moves_forward_only",
                "state",
                [
                    ("SUBMITTED", "IN_REVIEW"),
                    ("SUBMITTED", "OMITTED"),
                    ("IN_REVIEW", "SUBMITTED"),
                    ("IN_REVIEW", "UPHELD"),
                    ("IN_REVIEW", "PARTIALLY_REVERSED"),
                    ("IN_REVIEW", "REVERSED"),
                    ("IN_REVIEW", "OMITTED"),
                ],
            ),
            frozen(
                "an_appeal_keeps_what_was_submitted",
                [
                    "number",
                    "platform_id",
                    "decision_id",
                    "appellant_id",
                    "flag_id",
                    "submitted_at",
                ],
            ),
            frozen("an_appeal_keeps_its_words", ["grounds", "new_facts"], when=NOT_ROTATING),
            frozen(
                "a_late_appeal_is_recorded_once",
                ["breached_at"],
                when="OLD.breached_at IS NOT NULL",
            ),
            pgtrigger.Trigger(
                name="an_appeal_is_reviewed_by_somebody_else",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | update_of("reviewer_id"),
                condition=pgtrigger.Q(new__reviewer__isnull=False),
                func=f"""
                    IF EXISTS (
                        {DECIDERS_BEFORE.format(decision="NEW.decision_id")}
                        SELECT FROM earlier e
                        WHERE NEW.reviewer_id IN (e.decided_by_id, e.approved_by_id))
                    OR EXISTS (
                        SELECT FROM identity_account a
                        WHERE a.id = NEW.appellant_id AND a.user_id = NEW.reviewer_id)
                    THEN
                        RAISE EXCEPTION 'an_appeal_is_reviewed_by_somebody_else'
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'an_appeal_is_reviewed_by_somebody_else';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="only_the_last_decision_can_be_appealed",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF EXISTS (
                        SELECT FROM groups_decision d
                        WHERE d.overrides_id = NEW.decision_id AND d.effective_at IS NOT NULL)
                    OR NOT EXISTS (
                        SELECT FROM groups_decision d
                        WHERE d.id = NEW.decision_id AND d.effective_at IS NOT NULL)
                    THEN
                        RAISE EXCEPTION 'only_the_last_decision_can_be_appealed'
                            USING ERRCODE = 'integrity_constraint_violation',
                              CONSTRAINT = 'only_the_last_decision_can_be_appealed';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return f"A-{self.number}"
