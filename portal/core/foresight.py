"""What the next purge would do otherwise: because of another window, or without a hold.

Shown to people before they decide, so it is bounded: it counts up to MOST rows and for SECONDS,
and then says "at least" or that it does not know.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.apps import apps
from django.db.models import Count, Model, QuerySet
from django.db.models.functions import TruncDate

from portal.core.data_classes import DataClass, registry
from portal.core.models import Hold
from portal.core.purge_rows import Rows
from portal.core.time_limits import OutOfTime, within

MOST = 10_000
SECONDS = 3.0
# No row of a class begins earlier than this before its cut-off.
LONGEST_AGO = timedelta(days=20 * 365)
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Number:
    """A count, or the least that it is."""

    value: int
    is_exact: bool = True

    def __str__(self) -> str:
        return f"{self.value:,}" if self.is_exact else f"at least {self.value:,}"


def get_lost(data_class: DataClass, *, days: int, at: datetime) -> int | None:
    """Count what a purge at `at` would delete by a window of `days` and not by the one in force.

    None: it could not be counted in time.
    """
    try:
        with within(SECONDS):
            shorter = data_class.engine.plan(cutoff=at - timedelta(days=days))
            present = data_class.engine.plan(cutoff=data_class.cutoff(at))
    except OutOfTime:
        return None
    return max(0, shorter.due - present.due)


@dataclass(frozen=True, slots=True)
class Kept:
    """What of one class a hold keeps alive."""

    data_class: DataClass
    days: int
    rows: Number | None
    """Past their window and covered by it. None: it could not be counted in time."""
    alone: Number | None
    """Those of them that no other hold keeps."""
    since: datetime | None = None
    """When the oldest of them would have left, to a day."""


@dataclass(frozen=True, slots=True)
class Copied:
    """Rows that were copied for the hold before the original left, by day."""

    model: type[Model]
    days: list[tuple[date, int]]

    @property
    def rows(self) -> int:
        return sum(count for _, count in self.days)


def list_kept(hold: Hold, *, at: datetime) -> list[Kept]:
    """List the classes of which the hold keeps something that is past its window."""
    found: list[Kept] = []
    try:
        with within(SECONDS):
            for kept in _kept(hold, at):
                found.append(kept)
    except OutOfTime:
        told = {kept.data_class.name for kept in found}
        left = [row for row in registry.classes.values() if row.name not in told]
        return found + [Kept(row, row.days(), None, None) for row in left]
    return [kept for kept in found if kept.rows is None or kept.rows.value]


def list_copied(hold: Hold) -> list[Copied]:
    """List what was copied for the hold alone; it leaves when the hold is released."""
    copies = []
    for label, (path, moment) in registry.copies.items():
        rows = apps.get_model(label)._default_manager.filter(**{path: hold})
        days = rows.annotate(on_day=TruncDate(moment)).values_list("on_day")
        copies.append(
            Copied(apps.get_model(label), list(days.annotate(rows=Count("pk")).order_by("on_day")))
        )
    return [copied for copied in copies if copied.days]


def _kept(hold: Hold, at: datetime) -> Iterator[Kept]:
    others = Hold.objects.standing().exclude(pk=hold.pk)
    for data_class in registry.classes.values():
        days = data_class.days()
        cutoff = at - timedelta(days=days)
        engine = data_class.engine
        if isinstance(engine, Rows):
            rows = _covered_rows(engine, hold, cutoff=cutoff)
            alone = rows.exclude(engine.reach.covered(rows.model, others))
            counted, by_itself = _count(rows), _count(alone)
            has_any = partial(_any_rows, engine, hold)
        else:
            plan = engine.plan(cutoff=cutoff)
            counted = Number(plan.kept_by.get(hold.reference, 0))
            shared = sum(count for name, count in plan.kept_by.items() if name != hold.reference)
            by_itself = Number(max(0, plan.kept - shared), is_exact=not shared)
            has_any = partial(_any_planned, data_class, hold)
        since = _oldest(has_any, cutoff) + timedelta(days=days) if counted.value else None
        yield Kept(data_class, days, counted, by_itself, since)


def _covered_rows(engine: Rows, hold: Hold, *, cutoff: datetime) -> QuerySet[Any]:
    model = apps.get_model(engine.model)
    due: QuerySet[Any] = model._default_manager.filter(engine.due(cutoff))
    return due.filter(engine.reach.covered_by(model, hold))


def _count(rows: QuerySet[Any]) -> Number:
    found = rows.order_by().values("pk")[: MOST + 1].count()
    return Number(min(found, MOST), is_exact=found <= MOST)


def _any_rows(engine: Rows, hold: Hold, cutoff: datetime) -> bool:
    return _covered_rows(engine, hold, cutoff=cutoff).exists()


def _any_planned(data_class: DataClass, hold: Hold, cutoff: datetime) -> bool:
    return hold.reference in data_class.engine.plan(cutoff=cutoff).kept_by


def _oldest(has_any: Callable[[datetime], bool], cutoff: datetime) -> datetime:
    """Return the first cut-off, to a day, at which something was already due.

    By halving: what is due at a cut-off is due at every later one.
    """
    ago, least = LONGEST_AGO // A_DAY, 0
    while ago - least > 1:
        middle = (ago + least) // 2
        if has_any(cutoff - middle * A_DAY):
            least = middle
        else:
            ago = middle
    return cutoff - least * A_DAY
