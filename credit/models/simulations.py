from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from credit.models.policies import Policy
from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import frozen, legal_transitions


class Simulation(models.Model):
    """A draft, run against all that is recorded on its platform: who would stand where.

    One that could not be run waits for its next attempt; FAILED is one that ran out of them.
    """

    class State(models.TextChoices):
        WAITING = "WAITING"
        RUNNING = "RUNNING"
        DONE = "DONE"
        FAILED = "FAILED"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="simulations")
    # The terms that are tried, as they were when it was asked for.
    document = models.JSONField()
    # The policy in effect at `as_of`, whose standings it is compared with.
    against = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    as_of = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    # Counted as an attempt begins: one that kills its worker runs out of them, too.
    attempts = models.PositiveSmallIntegerField(default=0)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # What was found, as credit.simulation.Findings writes it.
    findings = models.JSONField(null=True)
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["policy"],
                condition=Q(state__in=["WAITING", "RUNNING"]),
                name="a_draft_is_simulated_once_at_a_time",
            ),
            models.CheckConstraint(
                name="a_finished_simulation_has_findings",
                condition=Q(state="DONE", findings__isnull=False, finished_at__isnull=False)
                | (~Q(state="DONE") & Q(findings__isnull=True, finished_at__isnull=True)),
            ),
        ]
        triggers: ClassVar = [
            legal_transitions(
                "a_simulation_moves_by_legal_steps",
                "state",
                [
                    ("WAITING", "RUNNING"),
                    ("RUNNING", "WAITING"),
                    ("RUNNING", "DONE"),
                    ("RUNNING", "FAILED"),
                ],
            ),
            frozen(
                "a_simulation_keeps_what_it_tried",
                ["platform_id", "policy_id", "document", "against_id", "as_of", "requested_by_id"],
            ),
            frozen(
                "a_finished_simulation_stays_as_it_is",
                ["findings", "finished_at"],
                when="OLD.state = 'DONE'",
            ),
        ]

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    def __str__(self) -> str:
        return f"Simulation of {self.policy}"
