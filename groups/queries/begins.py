"""When what a decision takes away was first taken, across the appeals in between."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from credit.models import Sanction
from groups.models import Decision, Measure

Scope = tuple[str, UUID | None]


def list_begins(*, decision: Decision) -> Mapping[Scope, datetime]:
    """Return, by privilege and group, since when a decision in effect goes on.

    Each appeal that kept a suspension imposed what was left of it, or nothing once it was
    served: it began with the first decision of the chain. One that took it off the person in
    between ends the chain.
    """
    begins: dict[Scope, datetime] = {}
    open_scopes: set[Scope] | None = None
    current: Decision | None = decision
    while current is not None and open_scopes != set():
        scopes = _scopes(current)
        open_scopes = scopes if open_scopes is None else open_scopes & scopes
        for sanction in Sanction.objects.filter(decision_id=current.pk):
            scope = (sanction.privilege, sanction.scope_group_id)
            if scope in open_scopes:
                begins[scope] = sanction.starts_at
        current = current.overrides
    return begins


def _scopes(decision: Decision) -> set[Scope]:
    taking = Measure.objects.filter(decision=decision, privilege__isnull=False)
    return {
        (privilege or "", group) for privilege, group in taking.values_list("privilege", "in_group")
    }
