from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from credit.models.ledger import LedgerEntry
from identity.models import Account
from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import deleted_by_the_purge_only, frozen, never_truncated


class AdjustmentQuerySet(models.QuerySet["Adjustment"]):
    def open(self) -> "AdjustmentQuerySet":
        """Keep the proposals that wait for a second person."""
        return self.filter(state=Adjustment.State.PROPOSED)


class Adjustment(models.Model):
    """Points that one person proposes to give back, and another one does or does not."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", "Waits for a second person"
        APPROVED = "APPROVED"
        DECLINED = "DECLINED"
        WITHDRAWN = "WITHDRAWN"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="adjustments")
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    points = models.SmallIntegerField()
    # The person reads it once the points are theirs.
    reason = models.CharField(max_length=200)
    # Null: the points do not expire.
    expires_at = models.DateTimeField(null=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.PROPOSED)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    entry = models.OneToOneField(
        LedgerEntry, on_delete=models.PROTECT, null=True, related_name="adjustment"
    )

    objects = AdjustmentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_proposed_adjustment_gives_points_back", condition=Q(points__gt=0)
            ),
            models.CheckConstraint(name="an_adjustment_states_its_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="an_adjustment_expires_after_it_is_proposed",
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("proposed_at")),
            ),
            models.CheckConstraint(
                name="an_adjustment_ends_by_whom_and_when",
                condition=Q(state="PROPOSED", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state="PROPOSED") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="an_adjustment_is_decided_by_another_person",
                condition=~Q(state__in=["APPROVED", "DECLINED"]) | ~Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="an_adjustment_is_withdrawn_by_its_proposer",
                condition=~Q(state="WITHDRAWN") | Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="an_adjustment_has_its_entry_once_approved",
                condition=Q(state="APPROVED", entry__isnull=False)
                | (~Q(state="APPROVED") & Q(entry__isnull=True)),
            ),
            models.UniqueConstraint(
                name="one_open_adjustment_per_account",
                fields=["account"],
                condition=Q(state="PROPOSED"),
            ),
        ]
        indexes: ClassVar = [
            # The page of an account lists its proposals.
            models.Index(fields=["account", "-proposed_at"], name="adjustment_by_account"),
        ]
        triggers: ClassVar = [
            frozen(
                "an_adjustment_keeps_what_was_proposed",
                [
                    "account_id",
                    "platform_id",
                    "points",
                    "reason",
                    "expires_at",
                    "proposed_by_id",
                    "proposed_at",
                ],
            ),
            frozen(
                "a_settled_adjustment_stays_settled",
                ["state", "decided_by_id", "decided_at", "entry_id"],
                when="OLD.state <> 'PROPOSED'",
            ),
            pgtrigger.Trigger(
                name="an_adjustment_posts_what_was_proposed",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__entry__isnull=False),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM credit_ledgerentry e
                        WHERE e.id = NEW.entry_id AND e.account_id = NEW.account_id
                          AND e.kind = 'ADJUSTMENT' AND e.points = NEW.points
                          AND e.expires_at IS NOT DISTINCT FROM NEW.expires_at
                          AND e.posted_by_id = NEW.proposed_by_id
                          AND e.approved_by_id = NEW.decided_by_id)
                    THEN
                        RAISE EXCEPTION 'an_adjustment_posts_what_was_proposed'
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'an_adjustment_posts_what_was_proposed';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="nobody_adjusts_their_own_standing",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NEW.state IN ('PROPOSED', 'APPROVED') AND EXISTS (
                        SELECT FROM identity_account a
                        WHERE a.id = NEW.account_id
                          AND a.user_id IN (NEW.proposed_by_id, NEW.decided_by_id))
                    THEN
                        RAISE EXCEPTION 'nobody_adjusts_their_own_standing'
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'nobody_adjusts_their_own_standing';
                    END IF;
                    RETURN NEW;
                """,
            ),
            deleted_by_the_purge_only("an_adjustment_is_deleted_by_the_purge_only"),
            never_truncated("adjustments_are_never_truncated"),
        ]

    def __str__(self) -> str:
        return f"{self.points:+d} for {self.account_id}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.PROPOSED
