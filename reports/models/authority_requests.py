from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import all_or_none


class AuthorityRequest(models.Model):
    """A request by an authority and its outcome, counted so that it can be published.

    It carries no personal data: no names, no accounts, no free text about people.
    """

    class Kind(models.TextChoices):
        ACT_AGAINST_CONTENT = "ACT_AGAINST_CONTENT", "Order to act against content"
        PROVIDE_INFORMATION = "PROVIDE_INFORMATION", "Order to provide information"
        PRESERVE = "PRESERVE", "Request to preserve"
        OTHER = "OTHER"

    class Outcome(models.TextChoices):
        COMPLIED = "COMPLIED"
        PARTLY_COMPLIED = "PARTLY_COMPLIED", "Complied in part"
        REFUSED = "REFUSED"
        CONTESTED = "CONTESTED"
        WITHDRAWN = "WITHDRAWN"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    country = models.CharField(max_length=2)
    # Category of the transparency database; empty when none applies.
    dsa_category = models.CharField(max_length=80, blank=True)
    items = models.PositiveIntegerField(default=1)
    received_date = models.DateField()
    informed_date = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, null=True, blank=True)
    outcome_date = models.DateField(null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="an_outcome_comes_with_its_date",
                condition=all_or_none("outcome", "outcome_date"),
            ),
            models.CheckConstraint(
                name="a_country_is_two_capital_letters",
                condition=Q(country__regex=r"^[A-Z]{2}$"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.country})"
