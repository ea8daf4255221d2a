"""The purge of tenures and of the role events behind them, a whole group at a time.

Deleting some facts of a group and not others would change what the rest says. So a group moves
its baseline to the cut-off: the tenures that stood then stay as they are, the tenures that ended
before it and every role event before it go. A hold on any of them keeps them all.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from groups import locks
from groups.models import Case, Group, RoleEvent, Tenure
from groups.queries import tenures
from portal.core import audit, hold_lock
from portal.core.actors import Actor
from portal.core.data_classes import Plan, Purged
from portal.core.models import Hold

BATCH = 100


@dataclass(frozen=True, slots=True)
class GroupPasts:
    def plan(self, *, cutoff: datetime) -> Plan:
        kept_by = {}
        for hold in Hold.objects.standing().order_by("number"):
            if count := _count(_held(Hold.objects.filter(pk=hold.pk), cutoff), cutoff):
                kept_by[hold.reference] = count
        kept = _count(_held(Hold.objects.standing(), cutoff), cutoff) if kept_by else 0
        return Plan(due=_count(_unheld(cutoff), cutoff), kept=kept, kept_by=kept_by)

    def purge(self, *, cutoff: datetime, by: Actor, at: datetime) -> Purged:
        deleted, digest = 0, hashlib.sha256()
        while keys := list(self._purge_batch(cutoff=cutoff, by=by, at=at)):
            deleted += len(keys)
            for key in keys:
                digest.update(f"{key}\n".encode())
        return Purged(deleted=deleted, sha256=digest.hexdigest())

    @transaction.atomic
    def _purge_batch(self, *, cutoff: datetime, by: Actor, at: datetime) -> Iterator[Any]:
        """Delete what is due in some groups; yield the keys of the rows that went."""
        hold_lock.share()
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('accord.purging', 'on', true)")
        chosen = list(_unheld(cutoff).order_by("pk").values_list("pk", flat=True)[:BATCH])
        groups = locks.lock_groups(chosen)
        _move_baseline(groups, cutoff)
        keys: list[Any] = []
        for rows in _due_rows(groups, cutoff):
            keys += rows.order_by("pk").values_list("pk", flat=True)
            rows._raw_delete(rows.db)
        if groups:
            audit.record(
                action="purge.delete",
                record=Tenure,
                by=by,
                at=at,
                old={"groups": len(groups), "rows": len(keys), "cutoff": cutoff.isoformat()},
            )
        return iter(keys)


def _move_baseline(groups: list[Group], cutoff: datetime) -> None:
    """Note how the groups stood at the cut-off, before what led to it goes.

    The tenures of then stay, and say themselves who succeeds and for whom somebody stands in.
    """
    pasts = tenures.get_pasts(groups=groups)
    for group in groups:
        group.known_archived_at = pasts[group.pk].until(cutoff).fold().archived_at
        group.known_from = cutoff
    Group.objects.bulk_update(groups, ["known_from", "known_archived_at"])


def _due_rows(
    groups: "QuerySet[Group] | list[Group]", cutoff: datetime
) -> tuple[QuerySet[Tenure], QuerySet[RoleEvent]]:
    return (
        Tenure.objects.filter(group__in=groups, ended__isnull=False, period__endswith__lt=cutoff),
        RoleEvent.objects.filter(group__in=groups, occurred_at__lt=cutoff),
    )


def _count(groups: QuerySet[Group], cutoff: datetime) -> int:
    return sum(rows.count() for rows in _due_rows(groups, cutoff))


def _due_groups(cutoff: datetime) -> QuerySet[Group]:
    tenures = Tenure.objects.filter(
        group=OuterRef("pk"), ended__isnull=False, period__endswith__lt=cutoff
    )
    events = RoleEvent.objects.filter(group=OuterRef("pk"), occurred_at__lt=cutoff)
    return Group.objects.filter(Q(Exists(tenures)) | Q(Exists(events)))


def _held(holds: QuerySet[Hold], cutoff: datetime) -> QuerySet[Group]:
    return _due_groups(cutoff).filter(_covered(holds, cutoff))


def _unheld(cutoff: datetime) -> QuerySet[Group]:
    return _due_groups(cutoff).exclude(_covered(Hold.objects.standing(), cutoff))


def _covered(holds: QuerySet[Hold], cutoff: datetime) -> Q:
    """Build the condition that a hold covers the group, or somebody in what would go."""

    def ids(scope: str) -> QuerySet[Hold, Any]:
        return holds.filter(scope=scope).values("scope_id")

    people = ids(Hold.Scope.ACCOUNT)
    tenures = Tenure.objects.filter(account__in=people, period__endswith__lt=cutoff)
    events = RoleEvent.objects.filter(
        Q(account__in=people) | Q(actor__in=people), occurred_at__lt=cutoff
    )
    return (
        Q(platform__in=ids(Hold.Scope.PLATFORM))
        | Q(pk__in=ids(Hold.Scope.GROUP))
        | Q(pk__in=Case.objects.filter(pk__in=ids(Hold.Scope.CASE)).values("group"))
        | Q(pk__in=tenures.values("group"))
        | Q(pk__in=events.values("group"))
    )
