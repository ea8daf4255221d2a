from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from identity.models import Account
from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import all_or_none, frozen


class Privilege(models.TextChoices):
    CREATE_GROUP = "CREATE_GROUP", "Create groups"
    OWN_GROUP = "OWN_GROUP", "Own groups"
    MANAGE_GROUP = "MANAGE_GROUP", "Manage groups"


@dataclass(frozen=True, slots=True)
class End:
    """How a sanction ended. That its time was over is no pardon, so each way has its words."""

    words: str
    at: datetime
    # What the person reads where staff lifted it early.
    reason: str = ""


class SanctionQuerySet(models.QuerySet["Sanction"]):
    def in_force_at(self, at: datetime) -> "SanctionQuerySet":
        return (
            self.filter(starts_at__lte=at)
            .filter(Q(ends_at=None) | Q(ends_at__gt=at))
            .filter(Q(lifted_at=None) | Q(lifted_at__gt=at))
        )

    def over_at(self, at: datetime) -> "SanctionQuerySet":
        """Keep those that have begun and are no longer in force at `at`."""
        return self.filter(starts_at__lte=at).filter(Q(ends_at__lte=at) | Q(lifted_at__lte=at))


class Sanction(models.Model):
    """A privilege taken away for a period or until lifted, by a decision two people stand for."""

    class Kind(models.TextChoices):
        SUSPENSION = "SUSPENSION"
        REVOCATION = "REVOCATION"

    class Lift(models.TextChoices):
        EARLY = "EARLY", "Lifted early"
        REVERSED = "REVERSED", "Undone on appeal"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="sanctions")
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    privilege = models.CharField(max_length=12, choices=Privilege.choices)
    # Null: on the whole platform. Groups live in a layer above.
    scope_group_id = models.UUIDField(null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    decision_id = models.UUIDField(db_index=True)
    imposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    lift = models.CharField(max_length=8, choices=Lift.choices, null=True)
    lift_reason = models.CharField(max_length=500, null=True)

    objects = SanctionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_sanction_is_approved_by_another_person",
                condition=~Q(approved_by=F("imposed_by")),
            ),
            models.CheckConstraint(
                name="a_suspension_ends_and_a_revocation_does_not",
                # A comparison with null would pass.
                condition=Q(kind="SUSPENSION", ends_at__isnull=False, ends_at__gt=F("starts_at"))
                | Q(kind="REVOCATION", ends_at__isnull=True),
            ),
            models.CheckConstraint(
                name="a_sanction_is_lifted_by_whom_how_and_why",
                condition=all_or_none("lifted_at", "lifted_by", "lift", "lift_reason"),
            ),
            models.CheckConstraint(
                name="a_sanction_is_lifted_early_by_another_person",
                condition=Q(lift__isnull=True) | ~Q(lift="EARLY") | ~Q(lifted_by=F("imposed_by")),
            ),
            models.UniqueConstraint(
                fields=["decision_id", "privilege", "scope_group_id"],
                nulls_distinct=False,
                name="a_decision_takes_a_privilege_once",
            ),
        ]
        indexes: ClassVar = [
            # Every evaluation asks for the sanctions of an account.
            models.Index(fields=["account", "starts_at"], name="sanction_by_account"),
        ]
        triggers: ClassVar = [
            frozen(
                "a_sanction_keeps_its_terms",
                [
                    "account_id",
                    "kind",
                    "privilege",
                    "scope_group_id",
                    "starts_at",
                    "ends_at",
                    "decision_id",
                    "imposed_by_id",
                    "approved_by_id",
                ],
            ),
            frozen(
                "a_lifted_sanction_stays_lifted",
                ["lifted_at", "lifted_by_id", "lift", "lift_reason"],
                when="OLD.lifted_at IS NOT NULL",
            ),
        ]

    def is_in_force_at(self, at: datetime) -> bool:
        """Say of one sanction what `in_force_at` asks of many."""
        return (
            self.starts_at <= at
            and (self.ends_at is None or self.ends_at > at)
            and (self.lifted_at is None or self.lifted_at > at)
        )

    def end_by(self, at: datetime) -> End | None:
        """Say how it had ended by `at`; null while it is in force.

        An appeal may undo what had ended before.
        """
        if self.lift and self.lifted_at is not None and self.lifted_at <= at:
            is_early = self.lift == self.Lift.EARLY
            reason = (self.lift_reason or "") if is_early else ""
            return End(self.Lift(self.lift).label, self.lifted_at, reason)
        if self.ends_at is not None and self.ends_at <= at:
            return End("Ended", self.ends_at)
        return None

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_privilege_display()}"
