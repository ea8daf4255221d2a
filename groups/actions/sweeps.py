"""What deadlines do: cases and appeals escalate, settled cases close, claimed groups find owners.

They never punish.

A sweep may run twice, late or side by side: each row is locked, skipping what another sweep is
at, and looked at again before it changes, in a transaction of its own.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from groups import locks
from groups.actions import appeals, cases, claims, ownerless
from groups.models import Appeal, Claim, Group
from groups.queries import appeals as appeal_queries
from groups.queries import cases as case_queries
from groups.queries import ownerless as ownerless_queries
from portal.core import errors
from portal.core.actors import Actor

log = structlog.get_logger(__name__)


def escalate_cases(*, by: Actor, at: datetime, limit: int) -> int:
    """Escalate overdue cases, the longest overdue first. Return how many."""

    def escalate(id: UUID) -> bool:
        case = locks.lock_case_unless_busy(id)
        if case is None or not case_queries.list_overdue(at=at).filter(pk=id).exists():
            return False
        cases.escalate(case=case, by=by, at=at)
        return True

    overdue = case_queries.list_overdue(at=at).values_list("pk", flat=True)
    return _each(overdue[:limit], escalate)


def escalate_appeals(*, by: Actor, at: datetime, limit: int) -> int:
    """Note on overdue appeals that they are, the longest overdue first. Return how many."""

    def escalate(id: UUID) -> bool:
        return appeals.escalate(appeal=Appeal.objects.get(pk=id), by=by, at=at)

    overdue = appeal_queries.list_overdue(at=at).order_by("due_at", "pk")
    return _each(overdue.values_list("pk", flat=True)[:limit], escalate)


def close_cases(*, by: Actor, at: datetime, limit: int) -> int:
    """Close decided cases that nobody can appeal any more. Return how many."""

    def close(id: UUID) -> bool:
        case = locks.lock_case_unless_busy(id)
        if case is None or not case_queries.list_closable(at=at).filter(pk=id).exists():
            return False
        cases.close(case=case, by=by, at=at)
        return True

    closable = case_queries.list_closable(at=at).values_list("pk", flat=True)
    return _each(closable[:limit], close)


def award_claimed(*, by: Actor, at: datetime, limit: int) -> int:
    """Give groups whose time to be claimed is over to a claimant. Return how many found one."""

    def award(id: UUID) -> bool:
        return claims.award(group_id=id, by=by, at=at) is not None

    due = Claim.objects.filter(state=Claim.State.OFFERED, expires_at__lte=at)
    # An earlier claim may stand when the group had an owner since: its own deadline counts.
    waiting = Group.objects.waiting_for_owner().filter(
        claim_due_at__lte=at, pk__in=due.values("group")
    )
    return _each(waiting.order_by("claim_due_at", "pk").values_list("pk", flat=True)[:limit], award)


def step_ownerless(*, by: Actor, at: datetime, limit: int) -> int:
    """Freeze, and later close, the groups that nobody claimed in time. Return how many."""

    def step(id: UUID) -> bool:
        return ownerless.step(group_id=id, by=by, at=at)

    due = ownerless_queries.list_due(at=at).order_by("claim_due_at", "pk")
    return _each(due.values_list("pk", flat=True)[:limit], step)


def remind_ownerless(*, by: Actor, at: datetime, limit: int) -> int:
    """Invite and remind the managers of groups without an owner. Return how many groups."""
    done = 0
    for kind in ownerless_queries.REMINDERS:

        def remind(id: UUID, kind: str = kind) -> bool:
            return ownerless.remind(group_id=id, kind=kind, by=by, at=at)

        waiting = ownerless_queries.list_to_remind(kind=kind, at=at).order_by("claim_due_at", "pk")
        done += _each(waiting.values_list("pk", flat=True)[:limit], remind)
    return done


def _each(ids: Iterable[UUID], act: Callable[[UUID], bool]) -> int:
    """Act on each; one that cannot be done now is logged and holds up no other."""
    done = 0
    for id in ids:
        try:
            with transaction.atomic():
                done += act(id)
        except errors.AccordError as error:
            log.warning("sweep_left_one_out", record=str(id), code=error.code)
    return done
