"""The purge of tenures and of the role events behind them, a whole group at a time.

Deleting some facts of a group and not others would change what the rest says. So a group moves
its baseline to the cut-off: the tenures that stood then stay as they are, the tenures that ended
before it and every role event before it go. A hold on any of them keeps them all.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet

from groups import locks
from groups.models import Case, Group, RoleEvent, Tenure
from groups.queries import tenures
from portal.core import hold_lock
from portal.core.data_classes import Plan
from portal.core.models import Hold
from portal.core.purging import Gone, Work

BATCH = 100


@dataclass(frozen=True, slots=True)
class GroupPasts:
    def plan(self, *, cutoff: datetime) -> Plan:
        return _plan(cutoff, due=_count(_unheld(cutoff), cutoff))

    def purge(self, *, work: Work) -> None:
        while self._purge_batch(work):
            pass

    def rows_about(self, accounts: Collection[UUID]) -> Sequence[QuerySet[Any]]:
        ended = Func(F("period"), function="upper", output_field=DateTimeField())
        named = Q(account__in=accounts) | Q(actor__in=accounts)
        return (
            Tenure.objects.filter(account__in=accounts).annotate(window_from=ended),
            RoleEvent.objects.filter(named).annotate(window_from=F("occurred_at")),
        )

    @transaction.atomic
    def _purge_batch(self, work: Work) -> bool:
        """Delete what is due in some groups; say whether there was anything."""
        hold_lock.share()
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('accord.purging', 'on', true)")
        unheld = _unheld(work.cutoff).order_by("pk")
        groups = locks.lock_groups(list(unheld.values_list("pk", flat=True)[:BATCH]))
        _move_baseline(groups, work.cutoff)
        gone = {}
        for rows in _due_rows(groups, work.cutoff):
            gone[rows.model._meta.label] = Gone.of(rows.order_by("pk").values_list("pk", flat=True))
            rows._raw_delete(rows.db)
        deleted = sum(batch.rows for batch in gone.values())
        if not deleted:
            work.keep(_plan(work.cutoff, due=0))
            return False
        work.note(deleted=deleted, gone=gone, groups=len(groups))
        return True


def _plan(cutoff: datetime, *, due: int) -> Plan:
    kept = _count(_held(Hold.objects.standing(), cutoff), cutoff)
    kept_by = {}
    for hold in Hold.objects.standing().order_by("number") if kept else ():
        if count := _count(_held(Hold.objects.filter(pk=hold.pk), cutoff), cutoff):
            kept_by[hold.reference] = count
    return Plan(due=due, kept=kept, kept_by=kept_by)


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
