from typing import ClassVar

from django.db import models
from django.db.models import Q

from portal.core.ids import uuid7
from portal.core.models.platforms import Platform


class OutboxEvent(models.Model):
    """A side effect that waits to leave, written in the transaction that caused it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+")
    type = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    # When its deliveries were written, one for each endpoint that wants it.
    fanned_out_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            # The dispatcher's claim: what has not been fanned out yet, oldest first.
            models.Index(
                fields=["created_at"],
                name="outbox_waiting",
                condition=Q(fanned_out_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"
