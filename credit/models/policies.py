from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import all_or_none, frozen, legal_transitions


class Policy(models.Model):
    """What counts how much and for how long, and what each tier may do: one version of it.

    The shape of `document` is credit.policy.Document.
    """

    class State(models.TextChoices):
        DRAFT = "DRAFT"
        SIMULATED = "SIMULATED"
        APPROVED = "APPROVED"
        ACTIVE = "ACTIVE"
        RETIRED = "RETIRED"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="policies")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    document = models.JSONField()
    # Null: shipped with Accord.
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    drafted_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    active_from = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "policies"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["platform"],
                condition=Q(state="ACTIVE"),
                name="one_active_policy_per_platform",
            ),
            models.UniqueConstraint(
                fields=["platform", "version"], name="a_policy_version_is_used_once"
            ),
            models.CheckConstraint(
                name="policy_is_approved_by_another_person",
                condition=Q(approved_by__isnull=True)
                | Q(drafted_by__isnull=True)
                | ~Q(approved_by=F("drafted_by")),
            ),
            models.CheckConstraint(
                name="policy_is_approved_by_whom_and_when",
                condition=all_or_none("approved_by", "approved_at"),
            ),
            models.CheckConstraint(
                name="a_drafted_policy_acts_only_once_approved",
                condition=Q(state__in=["DRAFT", "SIMULATED"])
                | Q(drafted_by__isnull=True)
                | Q(approved_by__isnull=False),
            ),
        ]
        triggers: ClassVar = [
            legal_transitions(
                "policy_moves_forward_only",
                "state",
                [
                    ("DRAFT", "SIMULATED"),
                    ("SIMULATED", "DRAFT"),
                    ("SIMULATED", "APPROVED"),
                    ("APPROVED", "ACTIVE"),
                    ("APPROVED", "RETIRED"),
                    ("ACTIVE", "RETIRED"),
                ],
            ),
            frozen(
                "a_policy_keeps_its_terms_after_simulation",
                ["document", "version", "platform_id", "drafted_by_id"],
                when="OLD.state <> 'DRAFT'",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.platform} policy {self.version}"
