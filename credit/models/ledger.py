from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from credit.models.policies import Policy
from identity.models import Account
from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import append_only


class LedgerEntryQuerySet(models.QuerySet["LedgerEntry"]):
    def counting_at(self, at: datetime) -> "LedgerEntryQuerySet":
        """Keep the entries that count at `at`: in effect and not expired."""
        return self.filter(effective_at__lte=at).filter(Q(expires_at=None) | Q(expires_at__gt=at))


class LedgerEntry(models.Model):
    """One thing that counts for or against an account, on one platform, until it expires.

    Points are signed: a penalty is negative, and a score is the policy's starting score plus
    the points that count. A reversal carries the opposite points and the expiry of what it
    reverses, so that the two always cancel.
    """

    class Kind(models.TextChoices):
        PENALTY = "PENALTY"
        REVERSAL = "REVERSAL"
        RESTORATION = "RESTORATION"
        ADJUSTMENT = "ADJUSTMENT"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="ledger", db_index=False
    )
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    points = models.SmallIntegerField()
    effective_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    # Of the finding that it costs, so that a simulation can price it anew.
    severity = models.CharField(max_length=8, null=True)
    # Of a finding: after each so many days without another one, a point of it comes back. Null:
    # none does by time.
    restored_every_days = models.PositiveSmallIntegerField(null=True)
    # When a finding was first made, where a decision on appeal replaced the one that made it.
    found_at = models.DateTimeField(null=True)
    # The decision it rests on. Decisions live in a layer above: a trigger there checks it.
    decision_id = models.UUIDField(null=True, db_index=True)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="reversed_by"
    )
    # Of a restoration: the finding whose points it gives back.
    restores = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="restorations", db_index=False
    )
    # The person who decided; null only for a restoration, which the policy grants by itself.
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # Adjustments need a second person.
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(max_length=200)
    posted_at = models.DateTimeField()

    objects = LedgerEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "sequence"],
                name="a_ledger_number_is_used_once_by_an_account",
            ),
            models.CheckConstraint(
                name="a_penalty_rests_on_a_persons_decision",
                condition=~Q(kind="PENALTY")
                | Q(points__lte=0, decision_id__isnull=False, posted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="only_a_penalty_has_a_severity",
                condition=Q(severity__isnull=True)
                | Q(kind="PENALTY", severity__in=["LOW", "MEDIUM", "HIGH", "CRITICAL"]),
            ),
            models.CheckConstraint(
                name="only_a_penalty_says_when_it_comes_back",
                condition=Q(kind="PENALTY")
                | Q(restored_every_days__isnull=True, found_at__isnull=True),
            ),
            # A reversal takes what a restoration gave, as a trigger below says.
            models.CheckConstraint(
                name="only_a_penalty_takes_points",
                condition=Q(points__gte=0) | Q(kind__in=["PENALTY", "REVERSAL"]),
            ),
            models.CheckConstraint(
                name="only_a_restoration_is_posted_by_nobody",
                condition=Q(kind="RESTORATION") | Q(posted_by__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["decision_id"],
                condition=Q(kind="PENALTY"),
                name="a_decision_costs_points_once",
            ),
            models.CheckConstraint(
                name="only_a_reversal_reverses_an_entry",
                condition=Q(kind="REVERSAL", reverses__isnull=False)
                | (~Q(kind="REVERSAL") & Q(reverses__isnull=True)),
            ),
            models.CheckConstraint(
                name="a_restoration_gives_points_back",
                condition=~Q(kind="RESTORATION") | Q(points__gt=0),
            ),
            models.CheckConstraint(
                name="only_a_restoration_restores_a_finding",
                condition=Q(kind="RESTORATION", restores__isnull=False, decision_id__isnull=False)
                | (~Q(kind="RESTORATION") & Q(restores__isnull=True)),
            ),
            models.CheckConstraint(
                name="an_adjustment_is_made_by_two_people",
                condition=~Q(kind="ADJUSTMENT")
                | Q(posted_by__isnull=False, approved_by__isnull=False)
                & ~Q(approved_by=F("posted_by")),
            ),
            models.CheckConstraint(
                name="an_entry_expires_after_it_takes_effect",
                condition=Q(expires_at__isnull=True) | Q(expires_at__gte=F("effective_at")),
            ),
        ]
        indexes: ClassVar = [
            # The refresher folds many ledgers without reading the table.
            models.Index(
                fields=["account"],
                include=["effective_at", "expires_at", "points"],
                name="ledger_folds_by_account",
            ),
            # Few entries are restorations; what a finding gave back is asked with each of them.
            models.Index(
                fields=["restores"],
                name="restorations_by_finding",
                condition=Q(restores__isnull=False),
            ),
        ]
        triggers: ClassVar = [
            *append_only("ledger"),
            pgtrigger.Trigger(
                name="ledger_numbers_have_no_gaps",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.sequence <> 1 + GREATEST(0, (
                        SELECT max(sequence) FROM credit_ledgerentry
                        WHERE account_id = NEW.account_id), (
                        SELECT last_sequence FROM credit_standing
                        WHERE account_id = NEW.account_id))
                    THEN
                        RAISE EXCEPTION 'ledger_numbers_have_no_gaps: % is not next', NEW.sequence
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'ledger_numbers_have_no_gaps';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # The purge may take the newest entries; their numbers are not used again.
            pgtrigger.Trigger(
                name="a_ledger_number_outlives_its_entry",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func="""
                    IF current_setting('accord.purging', true) = 'on' AND NOT EXISTS (
                        SELECT FROM credit_standing
                        WHERE account_id = OLD.account_id AND last_sequence >= OLD.sequence)
                    THEN
                        RAISE EXCEPTION 'a_ledger_number_outlives_its_entry: %', OLD.sequence
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'a_ledger_number_outlives_its_entry';
                    END IF;
                    RETURN OLD;
                """,
            ),
            pgtrigger.Trigger(
                name="a_reversal_cancels_what_it_reverses",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__reverses__isnull=False),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM credit_ledgerentry e
                        WHERE e.id = NEW.reverses_id AND e.account_id = NEW.account_id
                          AND e.kind <> 'REVERSAL' AND e.points = -NEW.points
                          AND e.expires_at IS NOT DISTINCT FROM NEW.expires_at)
                    THEN
                        RAISE EXCEPTION 'a_reversal_cancels_what_it_reverses'
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'a_reversal_cancels_what_it_reverses';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="a_finding_gives_back_no_more_than_it_took",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__kind="RESTORATION"),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM credit_ledgerentry f
                        WHERE f.id = NEW.restores_id AND f.account_id = NEW.account_id
                          AND f.kind = 'PENALTY'
                          AND f.expires_at IS NOT DISTINCT FROM NEW.expires_at
                          AND f.effective_at <= NEW.effective_at
                          AND NEW.expires_at > NEW.effective_at
                          AND NOT EXISTS (
                            SELECT FROM credit_ledgerentry u WHERE u.reverses_id = f.id)
                          AND NEW.points <= -f.points - (
                            SELECT COALESCE(sum(g.points), 0) FROM credit_ledgerentry g
                            WHERE g.restores_id = f.id AND NOT EXISTS (
                                SELECT FROM credit_ledgerentry u WHERE u.reverses_id = g.id)))
                    THEN
                        RAISE EXCEPTION 'a_finding_gives_back_no_more_than_it_took'
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT =
                                    'a_finding_gives_back_no_more_than_it_took';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # What has not come yet is put off by a decision in effect: a trigger above checks it.
            pgtrigger.Trigger(
                name="what_came_back_leaves_with_its_finding_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__kind="REVERSAL", new__points__lt=0),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM credit_ledgerentry r
                        WHERE r.id = NEW.reverses_id AND r.kind = 'RESTORATION' AND (
                            EXISTS (
                                SELECT FROM credit_ledgerentry u
                                WHERE u.reverses_id = r.restores_id)
                            OR r.effective_at = NEW.effective_at
                                AND r.effective_at > NEW.posted_at
                                AND NEW.decision_id IS NOT NULL))
                    THEN
                        RAISE EXCEPTION 'what_came_back_leaves_with_its_finding_only'
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT =
                                    'what_came_back_leaves_with_its_finding_only';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    @property
    def since(self) -> datetime:
        """Return when the finding was made, from which the time without another one runs."""
        return self.found_at or self.effective_at

    @property
    def puts_off(self) -> bool:
        """Tell whether it reverses what has not come yet."""
        return self.reverses_id is not None and self.effective_at > self.posted_at

    def __str__(self) -> str:
        return f"{self.account_id} #{self.sequence}: {self.points:+d}"
