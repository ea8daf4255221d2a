"""The rules of a platform."""

from collections.abc import Collection, Sequence
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


def get_titles(*, platform_ids: Collection[UUID]) -> dict[str, str]:
    """Return the titles of all rules there ever were by their codes, as the latest version has it.

    In the order of the codes. Of one code on several platforms, any of its titles.
    """
    found = Rule.objects.filter(platform__in=platform_ids).order_by("code", "version")
    return dict(found.values_list("code", "title"))
