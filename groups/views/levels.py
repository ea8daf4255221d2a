"""The ladder of standing in the words and colours of the pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from credit.ladder import Ladder, Rung


@dataclass(frozen=True, slots=True)
class Level:
    name: str
    kind: str
    state: str
    note: str


def kind_of(position: int, count: int) -> str:
    """Name the colour of a level by its place: the best is good, the worst is bad."""
    if position == 0:
        return "good"
    if position == count - 1:
        return "bad"
    return "watch" if position == 1 else "limited"


def badge_of(ladder: Ladder) -> str:
    """Name the badge of the present level; badges know no fourth colour."""
    place = next(i for i, rung in enumerate(ladder.rungs) if rung.is_current)
    kind = kind_of(place, len(ladder.rungs))
    return "watch" if kind == "limited" else kind


def levels_of(ladder: Ladder) -> list[Level]:
    """Describe the levels from the best to the worst, those that were passed as reached."""
    place = next(i for i, rung in enumerate(ladder.rungs) if rung.is_current)
    return [
        Level(
            name=rung.name,
            kind=kind_of(i, len(ladder.rungs)),
            state="current" if i == place else "reached" if i < place else "ahead",
            note=_range(ladder.rungs, i, ladder.starting_score),
        )
        for i, rung in enumerate(ladder.rungs)
    ]


def _range(rungs: Sequence[Rung], i: int, best: int) -> str:
    top = rungs[i - 1].at_least - 1 if i else max(best, rungs[i].at_least)
    low = rungs[i].at_least
    return f"{low} to {top} points" if low < top else f"{low} points"


def sentence(ladder: Ladder, *, taken: Sequence[str]) -> str:
    """Say what the level means or decisions took now, and how far the worse level is."""
    parts = [ladder.current.meaning]
    if taken:
        parts = [f"By decision you may not do this for now: {', '.join(taken).lower()}."]
    if ladder.worse and ladder.points_to_worse is not None:
        parts.append(f"{_points(ladder.points_to_worse)} less would bring you to “{ladder.worse}”.")
    return " ".join(parts)


def _points(count: int) -> str:
    return "1 point" if count == 1 else f"{count} points"
