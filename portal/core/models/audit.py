from typing import ClassVar

from django.db import models
from django.db.models import Func

from portal.core.actors import ActorKind
from portal.core.ids import uuid7
from portal.core.triggers import append_only


class AuditEntry(models.Model):
    """Who did what to which record. It has no foreign keys, so it never blocks a deletion."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    action = models.CharField(max_length=80)
    record_type = models.CharField(max_length=80)
    record_id = models.CharField(max_length=80)
    actor_kind = models.CharField(
        max_length=8, choices=[(kind.value, kind.value.title()) for kind in ActorKind]
    )
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=120)
    platform_id = models.UUIDField(null=True)
    old = models.JSONField(default=dict)
    new = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    # The writing transaction: proves that record and audit row were committed together.
    xact = models.BigIntegerField(
        editable=False,
        db_default=Func(
            Func(function="pg_current_xact_id"),
            template="(%(expressions)s::text::bigint)",
            output_field=models.BigIntegerField(),
        ),
    )

    class Meta:
        verbose_name_plural = "audit entries"
        indexes: ClassVar = [
            models.Index(fields=["record_type", "record_id", "at"], name="audit_by_record"),
            models.Index(fields=["platform_id", "-at"], name="audit_by_platform"),
        ]
        triggers: ClassVar = append_only("audit")

    def __str__(self) -> str:
        return f"{self.action} {self.record_type} {self.record_id}"
