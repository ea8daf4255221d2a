"""What the next purge would do otherwise: because of another window, or without a hold.

Shown to people before they decide, so it is bounded: it counts up to MOST rows and for SECONDS,
and then says "at least" or that it does not know.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Count, Model, QuerySet
from django.db.models.functions import TruncDate

from portal.core.data_classes import DataClass, Reach, registry
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
    days: list[tuple[date, int]] | None
    """None: they could not be counted in time."""
    alone: int | None
    """Those of them that no other hold covers: they leave when this one is released."""

    @property
    def rows(self) -> int:
        return sum(count for _, count in self.days or [])


def list_kept(hold: Hold, *, at: datetime) -> list[Kept]:
    """List the classes of which the hold keeps something that is past its window.

    First how much of each, then since when: what time is short for is the least.
    """
    days = registry.days()
    # Those that can only be asked as a whole cost the most.
    looks = [_Look(row, days[row.name], hold, at) for row in registry.classes.values()]
    looks.sort(key=lambda look: not look.is_of_rows)
    found: dict[str, Kept] = {}
    try:
        with within(SECONDS):
            for look in looks:
                found[look.name] = look.count()
            for look in looks:
                kept = found[look.name]
                if kept.rows and kept.rows.value:
                    found[look.name] = replace(kept, since=look.since())
    except OutOfTime:
        pass
    unknown = {look.name: Kept(look.data_class, look.days, None, None) for look in looks}
    told = (found.get(name, unknown[name]) for name in registry.classes)
    return [kept for kept in told if kept.rows is None or kept.rows.value]


def list_copied(hold: Hold) -> list[Copied]:
    """List what was copied for the hold."""
    found = []
    others = Hold.objects.standing().exclude(pk=hold.pk)
    for label, (path, moment) in registry.copies.items():
        model = apps.get_model(label)
        rows = model._default_manager.filter(**{path: hold})
        by_day = rows.annotate(on_day=TruncDate(moment)).values_list("on_day")
        try:
            with within(SECONDS):
                days = list(by_day.annotate(rows=Count("pk")).order_by("on_day"))
                alone = rows.exclude(_reach(label).covered(model, others)).count()
            found.append(Copied(model, days, alone))
        except OutOfTime:
            found.append(Copied(model, None, None))
    return [copied for copied in found if copied.days != []]


def _reach(label: str) -> Reach:
    engines = (row.engine for row in registry.classes.values() if label in row.models)
    return next(engine.reach for engine in engines if isinstance(engine, Rows))


@dataclass(frozen=True, slots=True)
class _Look:
    """What a hold keeps of one class."""

    data_class: DataClass
    days: int
    hold: Hold
    at: datetime

    @property
    def name(self) -> str:
        return self.data_class.name

    @property
    def is_of_rows(self) -> bool:
        return isinstance(self.data_class.engine, Rows)

    @property
    def cutoff(self) -> datetime:
        return self.at - self.days * A_DAY

    def count(self) -> Kept:
        engine = self.data_class.engine
        if isinstance(engine, Rows):
            rows = self._rows(engine, self.cutoff)
            others = Hold.objects.standing().exclude(pk=self.hold.pk)
            alone = rows.exclude(engine.reach.covered(rows.model, others))
            return Kept(self.data_class, self.days, _count(rows), _count(alone))
        plan = engine.plan(cutoff=self.cutoff)
        mine = plan.kept_by.get(self.hold.reference, 0)
        shared = sum(plan.kept_by.values()) - mine
        alone_at_least = Number(max(0, plan.kept - shared), is_exact=not shared)
        return Kept(self.data_class, self.days, Number(mine), alone_at_least)

    def since(self) -> datetime:
        """Return when the oldest would have left, to a day.

        By halving: what is due at a cut-off is due at every later one.
        """
        ago, least = LONGEST_AGO // A_DAY, 0
        while ago - least > 1:
            middle = (ago + least) // 2
            if self._has_any(self.cutoff - middle * A_DAY):
                least = middle
            else:
                ago = middle
        return self.at - least * A_DAY

    def _has_any(self, cutoff: datetime) -> bool:
        engine = self.data_class.engine
        if isinstance(engine, Rows):
            return self._rows(engine, cutoff).exists()
        return self.hold.reference in engine.plan(cutoff=cutoff).kept_by

    def _rows(self, engine: Rows, cutoff: datetime) -> QuerySet[Any]:
        model = apps.get_model(engine.model)
        due: QuerySet[Any] = model._default_manager.filter(engine.due(cutoff))
        return due.filter(engine.reach.covered_by(model, self.hold))


def _count(rows: QuerySet[Any]) -> Number:
    found = rows.order_by().values("pk")[: MOST + 1].count()
    return Number(min(found, MOST), is_exact=found <= MOST)
