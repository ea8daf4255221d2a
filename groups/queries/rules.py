"""The rules of a platform."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from groups.models import Rule


def list_in_force(*, platform_id: UUID) -> QuerySet[Rule]:
    """Return the rules that a report may name now, in the order of their codes."""
    return Rule.objects.filter(platform=platform_id, retired_at=None).order_by("code")


def list_in_force_on(*, platform_ids: Sequence[UUID]) -> QuerySet[Rule]:
    """Return the rules in force of several platforms, each with its platform."""
    found = Rule.objects.filter(platform__in=platform_ids, retired_at=None)
    return found.select_related("platform").order_by("platform__name", "code")
