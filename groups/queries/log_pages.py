"""Pages of the governance log, at the same cost at any depth.

A page is a walk over one index (or a merge of several), and stops once it is full. It takes the
days in stretches that grow, because to plan a query costs as much as the partitions it may touch.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import and_, itemgetter
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from groups.events import AHEAD
from groups.models import Group, LogEntry
from groups.queries.log import get_start
from identity.models import Account
from portal.core.pagination import Keyset, Page, Walk

KEYSET = Keyset("-occurred_at", "-event_key")
# How many partitions one query may touch, over all of its branches.
MOST_PARTITIONS = 32
# Of what an index finds, this many rows a stretch are looked at for what that index does not hold.
MOST_LOOKED_AT = 2000
CHUNK = 1000
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events. The ids are of records that the reader was found to see."""

    platform_ids: frozenset[UUID]
    # None: any. Ids of several platforms where the reader sees several.
    group_ids: tuple[UUID, ...] | None = None
    # By them or about them.
    account_ids: tuple[UUID, ...] | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def ways(self) -> list["Way"]:
        """Return the ways to find them: by account, by group, by kind, or all of a platform.

        Ids of groups and accounts stand without their platform, of which they are: with it the
        planner could take them for a filter on another index.
        """
        asked: list[tuple[list[Q], Q]] = []
        if self.account_ids is not None:
            columns = ("subject_id", "actor_id")
            found = [Q((column, pk)) for pk in self.account_ids for column in columns]
            rest = Q(subject_id__in=self.account_ids) | Q(actor_id__in=self.account_ids)
            asked.append((found, rest))
        if self.group_ids is not None:
            found = [Q(group_id=pk) for pk in self.group_ids]
            asked.append((found, Q(group_id__in=self.group_ids)))
        platforms = sorted(self.platform_ids)
        if self.kind:
            found = [Q(platform_id=pk, kind=self.kind) for pk in platforms]
            asked.append((found, Q(kind=self.kind)))
        if not asked:
            asked.append(([Q(platform_id=pk) for pk in platforms], Q()))
        return [
            Way(branches, functools.reduce(and_, (q for _, q in asked[:n] + asked[n + 1 :]), Q()))
            for n, (branches, _) in enumerate(asked)
        ]


@dataclass(frozen=True, slots=True)
class Way:
    """Conditions, each the beginning of one index, and what their rows are filtered by."""

    branches: list[Q]
    rest: Q


@dataclass(frozen=True, slots=True)
class Names:
    """How the platform itself calls the groups and accounts in rows of the log, by Accord's id."""

    groups: dict[UUID, str]
    accounts: dict[UUID, str]

    @classmethod
    def of(cls, entries: Sequence[LogEntry]) -> "Names":
        groups, accounts = ids_in(entries)
        found = Group.objects.filter(pk__in=groups).values_list("pk", "external_id")
        people = Account.objects.filter(pk__in=accounts).values_list("pk", "external_id")
        return cls(dict(found), dict(people))

    def group(self, pk: UUID | None) -> str | None:
        """Return its name; None also for one that was erased since."""
        return self.groups.get(pk) if pk else None

    def account(self, pk: UUID | None) -> str | None:
        """Return its name; None also for one that was erased since."""
        return self.accounts.get(pk) if pk else None


def ids_in(entries: Sequence[LogEntry]) -> tuple[set[UUID], set[UUID]]:
    """Return the groups and the accounts that rows of the log name."""
    groups = {entry.group_id for entry in entries if entry.group_id}
    actors = {entry.actor_id for entry in entries if entry.actor_id}
    return groups, actors | {entry.subject_id for entry in entries if entry.subject_id}


def get_page(*, wanted: Wanted, cursor: str | None, size: int, at: datetime) -> Page[LogEntry]:
    """Return a page, the newest first. Raises BadCursor.

    It may hold fewer rows than there are, or none, and say where to go on: where few rows of many
    fit, one page looks at no more than so many.
    """

    def walk(position: Sequence[Any] | None, descending: bool, limit: int) -> Walk[LogEntry]:
        return _walk(wanted, position=position, descending=descending, limit=limit, at=at)

    return KEYSET.page_of(walk, model=LogEntry, cursor=cursor, size=size)


def list_chunks(
    *, wanted: Wanted, at: datetime, size: int = CHUNK
) -> Iterator[tuple[list[LogEntry], Names]]:
    """Return all of it, the oldest first, some rows at a time; nothing stays open in between."""
    position: Sequence[Any] | None = None
    while True:
        found = _walk(wanted, position=position, descending=False, limit=size, at=at)
        if found.rows:
            yield found.rows, Names.of(found.rows)
        last = found.rows[-1] if len(found.rows) == size else found.stopped_at
        if last is None:
            return
        position = last.pk


def _walk(
    wanted: Wanted,
    *,
    position: Sequence[Any] | None,
    descending: bool,
    limit: int,
    at: datetime,
) -> Walk[LogEntry]:
    rows: list[LogEntry] = []
    for first, last in _stretches(wanted, position=position, descending=descending, at=at):
        in_stretch = LogEntry.objects.filter(occurred_at__gte=first, occurred_at__lt=last)
        if position is not None:
            in_stretch = in_stretch.filter(_beyond(position, descending))
        found = _walk_stretch(wanted, in_stretch, descending=descending, limit=limit - len(rows))
        rows += found.rows
        if len(rows) == limit:
            break
        if found.stopped_at:
            return Walk(rows, found.stopped_at)
    return Walk(rows)


def _stretches(
    wanted: Wanted, *, position: Sequence[Any] | None, descending: bool, at: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Cut the time that is asked for at midnights (UTC): 1 day, then 2, 4, 8 …"""
    # The log leaves in whole days.
    first = max(filter(None, [_midnight(get_start(at=at)), wanted.since]))
    last = min(filter(None, [at + AHEAD + INSTANT, wanted.until]))
    if position is not None and descending:
        last = min(last, position[0] + INSTANT)
    elif position is not None:
        first = max(first, position[0])
    days, most = 1, max(1, MOST_PARTITIONS // max(1, *(len(way.branches) for way in wanted.ways())))
    while first < last:
        if descending:
            begin = max(first, _midnight(last - INSTANT) - timedelta(days - 1))
            yield begin, last
            last = begin
        else:
            end = min(last, _midnight(first) + timedelta(days))
            yield first, end
            first = end
        days = min(days * 2, most)


def _walk_stretch(
    wanted: Wanted, in_stretch: QuerySet[LogEntry], *, descending: bool, limit: int
) -> Walk[LogEntry]:
    ways = wanted.ways()
    way, stop = ways[0], None
    if len(ways) > 1:
        way, stop = _choose(ways, in_stretch, descending=descending)
    if stop is not None:
        in_stretch = in_stretch.filter(Q(pk__gte=stop) if descending else Q(pk__lte=stop))
    branches = [in_stretch.filter(branch).filter(way.rest) for branch in way.branches]
    rows = _merge(branches, descending, limit)
    return Walk(rows, LogEntry(occurred_at=stop[0], event_key=stop[1]) if stop else None)


def _choose(
    ways: list[Way], in_stretch: QuerySet[LogEntry], *, descending: bool
) -> tuple[Way, Any]:
    """Return the way that gets furthest with MOST_LOOKED_AT rows, and where it has to stop."""
    stops = []
    for way in ways:
        branches = [in_stretch.filter(branch) for branch in way.branches]
        stop = _stop(branches, descending=descending)
        if stop is None:
            return way, None
        stops.append((stop, way))
    choose = min if descending else max
    stop, way = choose(stops, key=itemgetter(0))
    return way, stop


def _stop(branches: list[QuerySet[LogEntry]], *, descending: bool) -> Any:
    """Return the row after which to look no further: the first that a branch has too many before.

    It reads index entries only.
    """
    last = slice(MOST_LOOKED_AT - 1, MOST_LOOKED_AT)
    keys = [
        branch.order_by(*_order(descending)).values_list("occurred_at", "event_key")[last]
        for branch in branches
    ]
    found = list(keys[0].union(*keys[1:]) if len(keys) > 1 else keys[0]) if keys else []
    if not found:
        return None
    return max(found) if descending else min(found)


def _merge(branches: list[QuerySet[LogEntry]], descending: bool, limit: int) -> list[LogEntry]:
    """Return the first rows of all branches; one that is in two of them comes once."""
    ordered = [branch.order_by(*_order(descending))[:limit] for branch in branches]
    if len(ordered) < 2:
        return list(ordered[0]) if ordered else []
    return list(ordered[0].union(*ordered[1:]).order_by(*_order(descending))[:limit])


def _beyond(position: Sequence[Any], descending: bool) -> Q:
    """Compare rows as SQL does, which one scan of an index serves however many share an instant."""
    return Q(pk__lt=tuple(position)) if descending else Q(pk__gt=tuple(position))


def _order(descending: bool) -> tuple[str, ...]:
    return ("-occurred_at", "-event_key") if descending else ("occurred_at", "event_key")


def _midnight(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
