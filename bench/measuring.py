"""Rounds that alternate between what is measured and what it is measured against."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

ROUNDS = 5


def interleave(rounds: int, *measures: Callable[[], float]) -> list[list[float]]:
    """Run the measures in turn, A B A B, after one turn that warms everything up.

    Every second round runs backwards, so that whatever drifts favours nobody.
    """
    values: list[list[float]] = [[] for _ in measures]
    for number in range(rounds + 1):
        order = list(range(len(measures)))
        for index in order if number % 2 else reversed(order):
            value = measures[index]()
            if number:
                values[index].append(value)
    return values


def ratios(measured: Sequence[float], against: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(measured, against, strict=True)]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, round by round, and the one to reach. Without values, `note` says why."""

    what: str
    against: str
    values: Sequence[float]
    unit: str = "x"
    at_least: float | None = None
    at_most: float | None = None
    # The same in the units that were measured.
    details: dict[str, Sequence[float]] = field(default_factory=dict)
    note: str = ""
    # Judged by its worst round, not by the median.
    is_worst: bool = False

    @property
    def median(self) -> float | None:
        return statistics.median(self.values) if self.values else None

    @property
    def judged(self) -> float | None:
        return max(self.values) if self.values and self.is_worst else self.median

    @property
    def is_reached(self) -> bool | None:
        if self.judged is None:
            return None
        if self.at_least is not None:
            return self.judged >= self.at_least
        return self.judged <= self.at_most if self.at_most is not None else None

    @property
    def goal(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return "" if self.at_most is None else f"≤ {self.at_most:g}"

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "against": self.against,
            "unit": self.unit,
            "goal": self.goal,
            "reached": self.is_reached,
            "judged_by": "worst round" if self.is_worst else "median",
            "median": short(self.median),
            "values": [short(value) for value in self.values],
            "details": {
                name: {
                    "median": short(statistics.median(values)),
                    "min": short(min(values)),
                    "max": short(max(values)),
                }
                for name, values in self.details.items()
                if values
            },
            "note": self.note,
        }


def short(value: float | None) -> float | None:
    """Keep three significant digits, or whole numbers from 100 up."""
    if value is None:
        return None
    return round(value) if abs(value) >= 100 else float(f"{value:.3g}")
