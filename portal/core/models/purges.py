from typing import ClassVar

from django.db import models
from django.db.models import Func, Q, Value

from portal.core.ids import uuid7
from portal.core.triggers import append_only, legal_transitions


class PurgeRun(models.Model):
    """One run of the purge over every data class, dry or for real.

    A run that a person asked for waits until a worker takes it. FAILED is one that was
    interrupted: what it had deleted by then is in its plan, and certified.
    """

    class State(models.TextChoices):
        WAITING = "WAITING"
        RUNNING = "RUNNING"
        DONE = "DONE"
        FAILED = "FAILED", "Interrupted"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    is_dry = models.BooleanField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    # The cut-offs are counted from here; a run that follows a dry one takes over its moment.
    as_of = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    run_by = models.CharField(max_length=120)
    # The person who asked for it; null when a task or a command ran it.
    run_by_user = models.UUIDField(null=True)
    # The dry run that a person had read before they asked for this one.
    follows = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="followed_by"
    )
    # One line a data class that was begun (portal/core/purging.py). Each batch adds what it
    # deleted in its own transaction, so the plan of a killed run is exact.
    plan = models.JSONField(default=list)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="purge_run_ends_when_it_finishes",
                condition=Q(state__in=["WAITING", "RUNNING"], finished_at__isnull=True)
                | Q(state__in=["DONE", "FAILED"], finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_purge_that_waits_has_not_started",
                condition=Q(state="WAITING", started_at__isnull=True)
                | (~Q(state="WAITING") & Q(started_at__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state="WAITING"),
                name="one_purge_waits_at_a_time",
            ),
            models.CheckConstraint(
                name="only_a_real_purge_follows_a_dry_run",
                condition=Q(follows__isnull=True) | Q(is_dry=False),
            ),
        ]
        triggers: ClassVar = [
            legal_transitions(
                "purge_run_moves_forward_only",
                "state",
                [("WAITING", "RUNNING"), ("RUNNING", "DONE"), ("RUNNING", "FAILED")],
            )
        ]

    def __str__(self) -> str:
        return f"{'Dry run' if self.is_dry else 'Purge'} as of {self.as_of:%Y-%m-%d %H:%M}"

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)


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
    # The 32 bytes of the key it was signed with, as hex: a new SIGNING_KEY leaves this verifiable.
    # Empty where it was signed by an unknown key before keys were kept.
    public_key = models.CharField(max_length=64)
    issued_at = models.DateTimeField()

    class Meta:
        triggers: ClassVar = append_only("certificate")

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return f"P-{self.number}"
