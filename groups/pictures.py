"""Pictures drawn on the server: who held which role when, and how reports were answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from groups.models import Tenure
from groups.queries.accountability import Month
from groups.queries.disputes import Dispute
from groups.queries.tenures import Gap

NARROWEST = 0.6
MOST_ROWS = 30


@dataclass(frozen=True, slots=True)
class Place:
    """Where a period lies along the line of time, in per cent."""

    left: str
    width: str


@dataclass(frozen=True, slots=True)
class Row:
    """One tenure and its place; `name` is whose it was, or where."""

    name: str
    tenure: Tenure
    place: Place


@dataclass(frozen=True, slots=True)
class Picture:
    rows: Sequence[Row]
    # When nobody was the owner.
    gaps: Sequence[Place]
    # When it was contested who is.
    disputes: Sequence[Place]
    first: datetime
    last: datetime


def of_tenures(
    tenures: Sequence[Tenure],
    *,
    at: datetime,
    gaps: Sequence[Gap] = (),
    disputes: Sequence[Dispute] = (),
    name: Callable[[Tenure], object] = lambda tenure: tenure.account,
) -> Picture | None:
    """Place the latest tenures on one line of time that ends at `at`; none for no tenures.

    Of the gaps and disputes, those on that line.
    """
    shown = sorted(tenures[:MOST_ROWS], key=lambda tenure: (tenure.since, tenure.pk))
    if not shown:
        return None
    first = shown[0].since

    def place(since: datetime, until: datetime | None) -> Place:
        whole = max((at - first).total_seconds(), 1)
        left = (max(since, first) - first).total_seconds() / whole * 100
        width = ((until or at) - max(since, first)).total_seconds() / whole * 100
        width = max(width, NARROWEST)
        return Place(f"{min(left, 100 - width):.2f}%", f"{width:.2f}%")

    def places(periods: Sequence[Gap] | Sequence[Dispute]) -> list[Place]:
        return [place(one.since, one.until) for one in periods if (one.until or at) > first]

    return Picture(
        rows=[
            Row(str(name(tenure)), tenure, place(tenure.since, tenure.until)) for tenure in shown
        ],
        gaps=places(gaps),
        disputes=places(disputes),
        first=first,
        last=at,
    )


STEP, BAR, ROOM, FLOOR = 40, 26, 90, 110


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar, from the floor up."""

    kind: str
    top: int
    height: int


@dataclass(frozen=True, slots=True)
class Bar:
    month: Month
    left: int
    middle: int
    top: int
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Bars:
    bars: Sequence[Bar]
    width: int
    bar_width: int = BAR
    floor: int = FLOOR


def of_months(months: Sequence[Month]) -> Bars | None:
    """Stack, for every month, what was answered in time, missed and neither; none for none."""
    highest = max((month.received for month in months), default=0)
    if not highest:
        return None
    return Bars([_bar(index, month, highest) for index, month in enumerate(months)], STEP * 12)


def _bar(index: int, month: Month, highest: int) -> Bar:
    parts, top = [], FLOOR
    for kind, count in (
        ("in-time", month.in_time),
        ("missed", month.missed),
        ("open", month.received - month.in_time - month.missed),
    ):
        height = ROOM * count // highest
        top -= height
        if height:
            parts.append(Part(kind, top, height))
    left = index * STEP
    return Bar(month, left + (STEP - BAR) // 2, left + STEP // 2, top, parts)
