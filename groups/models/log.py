from typing import Any, ClassVar

from django.db import models

from portal.core.ids import uuid7
from portal.core.models import Hold


class LogEntry(models.Model):
    """One governance event as the platform sent it, partitioned by the day it occurred (UTC).

    The table and its partitions are plain SQL (migration `create_log`): no default partition,
    partitions created ahead, whole days dropped by the purge. It has no foreign keys, so a
    partition can be detached without locking anything else.
    """

    pk = models.CompositePrimaryKey("occurred_at", "event_key")
    occurred_at = models.DateTimeField()
    # First 16 bytes of SHA-256 over platform, source and id.
    event_key = models.UUIDField()
    platform_id = models.UUIDField()
    source = models.CharField(max_length=200)
    event_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    # Null where the event is about an account on the whole platform.
    group_id = models.UUIDField(null=True)
    actor_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    role = models.CharField(max_length=40, null=True)
    old_role = models.CharField(max_length=40, null=True)
    reason = models.CharField(max_length=500, null=True)
    until = models.DateTimeField(null=True)
    caused_by = models.CharField(max_length=200, null=True)
    attributes = models.JSONField(null=True)
    sequence = models.BigIntegerField(default=0)
    received_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "groups_logentry"
        verbose_name_plural = "log entries"

    def __str__(self) -> str:
        return f"{self.occurred_at:%Y-%m-%d %H:%M} {self.kind}"


class HeldLogEntry(models.Model):
    """A log row copied out of its partition because a hold covers it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="+")
    # What another hold may cover it by.
    platform_id = models.UUIDField()
    # Null where the event is about an account on the whole platform.
    group_id = models.UUIDField(null=True)
    actor_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()
    event_key = models.UUIDField()
    row: models.JSONField[Any, Any] = models.JSONField()
    copied_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "held log entries"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["hold", "event_key", "occurred_at"],
                name="a_held_event_is_copied_once_per_hold",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_key}"
