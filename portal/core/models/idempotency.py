from typing import ClassVar

from django.db import models

from portal.core.ids import uuid7


class IdempotencyRecord(models.Model):
    """The stored answer to a mutating request, replayed byte for byte when it comes again.

    It is written in the transaction of the effect. A request that still runs has no row: it
    holds an advisory lock, which no crash can leave behind (portal.core.idempotency).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client_id = models.UUIDField()
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    # Of method, path, query and body.
    request_sha256 = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["client_id", "key"],
                name="idempotency_key_is_used_once_by_a_client",
            ),
        ]

    def __str__(self) -> str:
        return self.key
