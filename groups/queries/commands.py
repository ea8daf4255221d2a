"""What a platform names as the reason of what it did: the decision that it carries out."""

from collections.abc import Iterable
from uuid import UUID

from groups.models import Decision
from portal.core.models import Platform

_LONGEST = 18


def find_decisions(*, platform: Platform, references: Iterable[str]) -> dict[str, UUID]:
    """Return which of the references, such as D-24029, are decisions of the platform."""
    numbers = {
        int(reference[2:]): reference
        for reference in references
        if reference.startswith("D-") and _is_number(reference[2:])
    }
    if not numbers:
        return {}
    found = Decision.objects.filter(platform=platform, number__in=numbers)
    return {numbers[number]: pk for number, pk in found.values_list("number", "pk")}


def _is_number(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST
