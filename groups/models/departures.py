from typing import ClassVar

from django.db import models

from portal.core.fields import EncryptedTextField
from portal.core.ids import uuid7
from portal.core.models import Platform


class EarlyDeparture(models.Model):
    """A departure that arrived before any grant of a role to that account in that group.

    It may have ended a role of which the grant is still on its way. Nobody can list or read
    these: a row is found only by a grant to the same account in the same group, and the event in
    it is encrypted. After a few days it goes unread.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    # HMAC of group and account.
    pair = models.UUIDField()
    event_key = models.UUIDField()
    event: EncryptedTextField[str, str] = EncryptedTextField()
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["platform", "event_key"], name="an_early_departure_waits_once"
            ),
        ]
        indexes: ClassVar = [
            # A grant asks whether somebody already left.
            models.Index(fields=["platform", "pair"], name="early_departure_of_a_pair"),
            # The purge takes the oldest.
            models.Index(fields=["received_at"], name="early_departure_by_arrival"),
        ]

    def __str__(self) -> str:
        return f"{self.event_key}"
