from typing import Any, ClassVar

from django.db import models

from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import append_only


class EventReceipt(models.Model):
    """What became of one batch of events that a platform sent, to be looked at again.

    `runs` tells the verdicts in the order of the batch: events that follow each other and had the
    same verdict are one run. An accepted or repeated event is known by its own id, so only those
    that were refused, or accepted and not kept, are named.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+")
    received_at = models.DateTimeField()
    accepted = models.PositiveIntegerField()
    duplicate = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    runs: models.JSONField[Any, Any] = models.JSONField()

    class Meta:
        triggers: ClassVar = append_only("event_receipt")
        indexes: ClassVar = [
            # The purge takes the oldest.
            models.Index(fields=["received_at"], name="event_receipts_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.id}"
