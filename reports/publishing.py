"""How figures leave: small counts are hidden, and so is what they could be worked out from.

Whatever a reader sees, page, file or chart, is made from `hide_small(figures)`.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

SMALLEST_SHOWN = 5
# A count from 1 to 4, and a larger one that is left out to protect such a count.
HIDDEN, WITHHELD = "<5", "not shown"
NOT_COUNTS = {"median_minutes_to_decide"}

Name = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """One count, by the object that holds it."""

    holder: Any
    key: Any

    @property
    def value(self) -> int:
        return int(self.holder[self.key])

    @property
    def name(self) -> Name:
        return id(self.holder), self.key


@dataclass(frozen=True, slots=True)
class Sum:
    """Counts that add up to others. With a rest, there are also parts that nobody lists."""

    wholes: Sequence[Cell]
    parts: Sequence[Cell]
    has_rest: bool = False

    @property
    def rest(self) -> int:
        return sum(cell.value for cell in self.wholes) - sum(cell.value for cell in self.parts)

    def tells(self, hidden: set[Name]) -> bool:
        """Say whether something hidden, or a small rest, follows from what is shown."""
        unknown = [cell for cell in (*self.parts, *self.wholes) if cell.name in hidden]
        values = [cell.value for cell in unknown]
        is_whole_known = all(cell.name not in hidden for cell in self.wholes)
        if self.has_rest:
            # Beside a part from 1 to 4 the rest may be anything.
            is_bounded = is_whole_known and not any(map(_is_small, values))
            return is_bounded and _is_small(self.rest) and _are_told([*values, self.rest])
        return len(unknown) == 1 or (is_whole_known and _are_told(values))

    def next_to_hide(self, hidden: set[Name]) -> Cell | None:
        """Choose the smallest count that is shown, a part before a whole; zeros hide nothing."""
        for cells in (self.parts, self.wholes):
            shown = [cell for cell in cells if cell.value and cell.name not in hidden]
            if shown:
                return min(shown, key=lambda cell: cell.value)
        return None


def hide_small(figures: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a report's figures from which no count from 1 to 4 can be had.

    1. Counts from 1 to 4 become "<5".
    2. Where subtraction would tell one of them, or what is between a whole and the one part
       that is listed, the smallest count beside it becomes "not shown". That may make another
       sum tell, so until none does.
    3. A median of fewer than five is left out.
    """
    public: dict[str, Any] = copy.deepcopy(figures)
    cells = list(_cells(public))
    hidden = {cell.name for cell in cells if _is_small(cell.value)}
    sums, is_settled = list(_sums(public)), False
    while not is_settled:
        is_settled = True
        for each in sums:
            while each.tells(hidden) and (cell := each.next_to_hide(hidden)):
                hidden.add(cell.name)
                is_settled = False
    _drop_medians_of_few(public)
    for cell in cells:
        if cell.name in hidden:
            cell.holder[cell.key] = HIDDEN if _is_small(cell.value) else WITHHELD
    return public


def _is_small(count: int) -> bool:
    return 0 < count < SMALLEST_SHOWN


def _are_told(counts: list[int]) -> bool:
    """Say whether hidden counts of a known sum leave no choice: one alone, or all at a limit."""
    least = sum(1 if _is_small(count) else SMALLEST_SHOWN for count in counts)
    most = len(counts) * (SMALLEST_SHOWN - 1)
    at_most = all(map(_is_small, counts)) and sum(counts) == most
    return len(counts) == 1 or (bool(counts) and (at_most or sum(counts) == least))


def _cells(holder: Any) -> Iterator[Cell]:
    """Find every count, however deep."""
    for key, inner in holder.items() if isinstance(holder, dict) else enumerate(holder):
        if isinstance(inner, dict | list):
            yield from _cells(inner)
        elif type(inner) is int and key not in NOT_COUNTS:
            yield Cell(holder, key)


def _sums(figures: dict[str, Any]) -> Iterator[Sum]:
    """List what adds up in a report. Groups are left out: one without an owner is nobody."""
    reports, decisions, upheld = (
        Cell(figures["summary"], key) for key in ("reports", "decisions", "upheld")
    )
    submitted, *outcomes = (
        Cell(figures["appeals"], key)
        for key in ("submitted", "reversed", "partially_reversed", "upheld", "omitted")
    )
    for wholes, table, column in (
        ([reports], "by_month", "received"),
        ([reports], "by_rule", "received"),
        ([reports], "by_source", "count"),
        ([decisions], "by_month", "decided"),
        ([decisions], "by_rule", "decided"),
        ([upheld], "by_rule", "upheld"),
        ([submitted], "by_rule", "appeals"),
        (outcomes[:2], "by_rule", "reversed"),
    ):
        yield Sum(wholes, [Cell(row, column) for row in figures[table]])
    yield Sum([decisions], [Cell(figures["automation"], "decisions_by_people")])
    still_open = Sum([submitted], outcomes).rest > 0
    yield Sum([submitted], outcomes, has_rest=still_open)
    for holder, whole, part in (
        (figures["summary"], "decisions", "upheld"),
        (figures["answers"], "asked", "answered"),
        (figures["answers"], "asked", "deadline_missed"),
        (figures["responsibility"], "owners", "verified_owners"),
        (figures["automation"], "decisions_by_people", "automated_detection"),
        *((row, "decided", "upheld") for row in figures["by_rule"]),
        *((row, "appeals", "reversed") for row in figures["by_rule"]),
        *((row, "received", "complied") for row in figures["authorities"]),
    ):
        yield Sum([Cell(holder, whole)], [Cell(holder, part)], has_rest=True)


def _drop_medians_of_few(figures: dict[str, Any]) -> None:
    summary, appeals = figures["summary"], figures["appeals"]
    decided = appeals["upheld"] + appeals["partially_reversed"] + appeals["reversed"]
    for holder, count in ((summary, summary["decisions"]), (appeals, decided)):
        if count < SMALLEST_SHOWN:
            holder["median_minutes_to_decide"] = None
