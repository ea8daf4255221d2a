from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Func, Q, Value

from portal.core.ids import uuid7
from portal.core.models.platforms import Platform
from portal.core.triggers import all_or_none, frozen

LONGEST_REVIEW = timedelta(days=90)


class HoldQuerySet(models.QuerySet["Hold"]):
    def standing(self) -> "HoldQuerySet":
        """Keep the holds that stop deletion: placed and not released, approved or not yet."""
        return self.filter(released_at=None)

    def overdue(self, at: datetime) -> "HoldQuerySet":
        return self.standing().filter(review_at__lte=at)


class Hold(models.Model):
    """Stops deletion of what it covers, from the moment it is placed until it is released."""

    class Scope(models.TextChoices):
        ACCOUNT = "ACCOUNT"
        GROUP = "GROUP"
        CASE = "CASE"
        PLATFORM = "PLATFORM"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=Func(Value("core_hold_number"), function="nextval"),
    )
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="holds")
    scope = models.CharField(max_length=8, choices=Scope.choices)
    scope_id = models.UUIDField()
    matter = models.CharField(max_length=120)
    reason = models.TextField(max_length=2000)
    # Actors are plain ids: the people live in a layer above.
    placed_by = models.UUIDField()
    placed_at = models.DateTimeField()
    approved_by = models.UUIDField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    reviewed_at = models.DateTimeField()
    review_at = models.DateTimeField()
    released_by = models.UUIDField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    release_reason = models.TextField(max_length=2000, null=True, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="hold_is_approved_by_another_person",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("placed_by")),
            ),
            models.CheckConstraint(
                name="hold_is_approved_by_whom_and_when",
                condition=all_or_none("approved_by", "approved_at"),
            ),
            models.CheckConstraint(
                name="hold_ends_only_with_who_and_why",
                condition=all_or_none("released_by", "released_at", "release_reason")
                & ~Q(release_reason=""),
            ),
            models.CheckConstraint(
                name="hold_is_reviewed_within_ninety_days",
                condition=Q(review_at__gt=F("reviewed_at"))
                & Q(review_at__lte=F("reviewed_at") + LONGEST_REVIEW),
            ),
            models.CheckConstraint(
                name="hold_states_its_matter_and_reason",
                condition=~Q(matter="") & ~Q(reason=""),
            ),
        ]
        indexes: ClassVar = [
            # The purge asks which holds stand, by what they cover.
            models.Index(
                fields=["scope", "scope_id"],
                name="hold_standing",
                condition=Q(released_at=None),
            ),
        ]
        triggers: ClassVar = [
            frozen(
                "hold_keeps_its_scope",
                [
                    "platform_id",
                    "scope",
                    "scope_id",
                    "matter",
                    "reason",
                    "placed_by",
                    "placed_at",
                ],
            ),
            frozen(
                "released_hold_stays_released",
                ["released_by", "released_at", "release_reason"],
                when="OLD.released_at IS NOT NULL",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return f"H-{self.number}"
