"""Pictures drawn on the server: who held which role, from when to when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from groups.models import Tenure
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
    """One tenure and its place."""

    tenure: Tenure
    place: Place


@dataclass(frozen=True, slots=True)
class Picture:
    rows: Sequence[Row]
    # When nobody was the owner.
    gaps: Sequence[Place]
    first: datetime
    last: datetime


def of_tenures(
    tenures: Sequence[Tenure], *, gaps: Sequence[Gap] = (), at: datetime
) -> Picture | None:
    """Place the latest tenures on one line of time that ends at `at`; none for no tenures.

    Of the gaps without an owner, those on that line.
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

    return Picture(
        rows=[Row(tenure, place(tenure.since, tenure.until)) for tenure in shown],
        gaps=[place(gap.since, gap.until) for gap in gaps if (gap.until or at) > first],
        first=first,
        last=at,
    )
