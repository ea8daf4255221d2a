from typing import ClassVar

from django.db import models
from django.db.models import Q

from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import frozen


class Severity(models.TextChoices):
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class Rule(models.Model):
    """One published version of a rule about conduct. Decisions cite it; it is never rewritten."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="rules")
    code = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    text = models.TextField()
    severity = models.CharField(max_length=8, choices=Severity.choices)
    response_hours = models.PositiveIntegerField()
    staff_hours = models.PositiveIntegerField()
    # Child safety and threats to life do not wait for the owner.
    skips_owner = models.BooleanField(default=False)
    # Category of a statement of reasons (Digital Services Act transparency database).
    dsa_category = models.CharField(max_length=80)
    dsa_keyword = models.CharField(max_length=80, blank=True)
    published_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["platform", "code", "version"],
                name="a_rule_version_is_published_once",
            ),
            models.UniqueConstraint(
                fields=["platform", "code"],
                condition=Q(retired_at=None),
                name="one_version_of_a_rule_is_in_force",
            ),
        ]
        triggers: ClassVar = [
            frozen(
                "a_published_rule_keeps_its_terms",
                [
                    "code",
                    "version",
                    "title",
                    "text",
                    "severity",
                    "response_hours",
                    "staff_hours",
                    "skips_owner",
                    "dsa_category",
                    "dsa_keyword",
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"
