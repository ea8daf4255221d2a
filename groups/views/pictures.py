"""Pictures drawn on the server: who held which role, from when to when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from groups.models import Tenure

NARROWEST = 0.6
MOST_ROWS = 30


@dataclass(frozen=True, slots=True)
class Bar:
    """One tenure, and its place along the line of time in per cent."""

    tenure: Tenure
    left: str
    width: str


@dataclass(frozen=True, slots=True)
class Picture:
    bars: Sequence[Bar]
    first: datetime
    last: datetime


def of_tenures(tenures: Sequence[Tenure], *, at: datetime) -> Picture | None:
    """Place the latest tenures on one line of time that ends at `at`; none for no tenures."""
    shown = sorted(tenures[:MOST_ROWS], key=lambda tenure: (tenure.since, tenure.pk))
    if not shown:
        return None
    first = shown[0].since
    whole = max((at - first).total_seconds(), 1)
    bars = []
    for tenure in shown:
        left = (tenure.since - first).total_seconds() / whole * 100
        held = ((tenure.until or at) - tenure.since).total_seconds() / whole * 100
        width = max(held, NARROWEST)
        bars.append(Bar(tenure, f"{min(left, 100 - width):.2f}%", f"{width:.2f}%"))
    return Picture(bars, first, at)
