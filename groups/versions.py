"""Changing a case only as it was seen: compare and swap on its version."""

from typing import Any

from django.db.models import Q

from groups.models import Case
from portal.core.errors import Conflict


class StaleCase(Conflict):
    """The case has changed since it was opened, or somebody else was faster."""

    code = "stale-case"
    title = "The case has changed"
    advice = "Load the case again, read what is new, and send yours again if it still fits."


def change(case: Case, *, version: int, where: Q | None = None, **changes: Any) -> Case:
    """Change the case if it still has `version`, and meets `where`; raise its version.

    The instance is brought up to date with what is stored. Raises StaleCase.
    """
    unchanged = Case.objects.filter(where or Q(), pk=case.pk, version=version)
    if not unchanged.update(version=version + 1, **changes):
        raise StaleCase(
            "Somebody changed this case since you opened it. Load it again and read what is new.",
            case=case.reference,
        )
    case.version = version + 1
    for name, value in changes.items():
        setattr(case, name, value)
    return case
