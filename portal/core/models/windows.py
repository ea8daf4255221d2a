from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from portal.core.ids import uuid7
from portal.core.triggers import (
    all_or_none,
    deleted_by_the_purge_only,
    frozen,
    never_truncated,
)


class WindowChangeQuerySet(models.QuerySet["WindowChange"]):
    def open(self) -> "WindowChangeQuerySet":
        """Keep the proposals that wait for a second person."""
        return self.filter(approved_at=None, withdrawn_at=None)

    def in_force(self) -> "WindowChangeQuerySet":
        """Keep the latest approved change of each class."""
        return (
            self.filter(approved_at__isnull=False)
            .order_by("data_class", "-approved_at", "-pk")
            .distinct("data_class")
        )


class WindowChange(models.Model):
    """Two people change for how many days a class of data is kept, on all platforms.

    The rows are the history: the latest approved one of a class is in force.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The name in the registry; the classes are declared in code.
    data_class = models.CharField(max_length=60)
    days = models.PositiveIntegerField()
    days_before = models.PositiveIntegerField()
    # As the code declared them when it was proposed.
    floor = models.PositiveIntegerField()
    ceiling = models.PositiveIntegerField()
    reason = models.TextField(max_length=2000)
    # Actors are plain ids: the people live in a layer above.
    proposed_by = models.UUIDField()
    proposed_at = models.DateTimeField()
    approved_by = models.UUIDField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.UUIDField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = WindowChangeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="window_change_is_approved_by_another_person",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="window_change_is_approved_by_whom_and_when",
                condition=all_or_none("approved_by", "approved_at"),
            ),
            models.CheckConstraint(
                name="window_change_is_withdrawn_by_whom_and_when",
                condition=all_or_none("withdrawn_by", "withdrawn_at"),
            ),
            models.CheckConstraint(
                name="window_change_ends_one_way",
                condition=Q(approved_at__isnull=True) | Q(withdrawn_at__isnull=True),
            ),
            models.CheckConstraint(
                name="window_stays_between_floor_and_ceiling",
                condition=Q(days__gte=F("floor")) & Q(days__lte=F("ceiling")),
            ),
            models.CheckConstraint(
                name="window_change_changes_the_days",
                condition=~Q(days=F("days_before")),
            ),
            models.CheckConstraint(
                name="window_change_states_its_reason",
                condition=~Q(reason=""),
            ),
            models.UniqueConstraint(
                name="one_open_window_change_per_class",
                fields=["data_class"],
                condition=Q(approved_at=None, withdrawn_at=None),
            ),
        ]
        indexes: ClassVar = [
            # Every batch of events and every purge asks which window is in force.
            models.Index(
                fields=["data_class", "-approved_at"],
                name="window_in_force",
                condition=Q(approved_at__isnull=False),
            ),
        ]
        triggers: ClassVar = [
            frozen(
                "window_change_keeps_what_was_proposed",
                [
                    "data_class",
                    "days",
                    "days_before",
                    "floor",
                    "ceiling",
                    "reason",
                    "proposed_by",
                    "proposed_at",
                ],
            ),
            frozen(
                "settled_window_change_stays_settled",
                ["approved_by", "approved_at", "withdrawn_by", "withdrawn_at"],
                when="OLD.approved_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL",
            ),
            deleted_by_the_purge_only("window_change_is_never_deleted"),
            never_truncated("window_change_is_never_truncated"),
        ]

    def __str__(self) -> str:
        return f"{self.data_class.capitalize()}: {self.days_before} to {self.days} days"

    @property
    def is_open(self) -> bool:
        return self.approved_at is None and self.withdrawn_at is None

    @property
    def is_shorter(self) -> bool:
        return self.days < self.days_before
