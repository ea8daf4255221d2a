from typing import ClassVar

from django.db import models
from django.db.models import Func, Q, Value

from portal.core.ids import uuid7
from portal.core.triggers import append_only, legal_transitions


class PurgeRun(models.Model):
    """One run of the purge over every data class, dry or for real."""

    class State(models.TextChoices):
        RUNNING = "RUNNING"
        DONE = "DONE"
        FAILED = "FAILED"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    is_dry = models.BooleanField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    as_of = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    run_by = models.CharField(max_length=120)
    # One row a data class: class, cut-off, to delete, kept, and by which hold.
    plan = models.JSONField(default=list)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="purge_run_ends_when_it_finishes",
                condition=Q(state="RUNNING", finished_at__isnull=True)
                | (~Q(state="RUNNING") & Q(finished_at__isnull=False)),
            ),
        ]
        triggers: ClassVar = [
            legal_transitions(
                "purge_run_moves_forward_only",
                "state",
                [("RUNNING", "DONE"), ("RUNNING", "FAILED"), ("FAILED", "RUNNING")],
            )
        ]

    def __str__(self) -> str:
        return f"{'Dry run' if self.is_dry else 'Purge'} {self.started_at:%Y-%m-%d %H:%M}"


class PurgeCertificate(models.Model):
    """What one run deleted, class by class, and what a hold kept; signed with Ed25519."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=Func(Value("core_certificate_number"), function="nextval"),
    )
    run = models.OneToOneField(PurgeRun, on_delete=models.PROTECT, related_name="certificate")
    deleted = models.PositiveBigIntegerField()
    kept = models.PositiveBigIntegerField()
    # The signed document in canonical form, its digest and the signature over it.
    document = models.JSONField()
    sha256 = models.CharField(max_length=64)
    signature = models.CharField(max_length=88)
    key_id = models.CharField(max_length=32)
    issued_at = models.DateTimeField()

    class Meta:
        triggers: ClassVar = append_only("certificate")

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return f"P-{self.number}"
