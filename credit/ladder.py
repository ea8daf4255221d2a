"""The ladder of tiers, where somebody stands on it, and how far it is up and down."""

from dataclasses import dataclass
from datetime import datetime

from credit import policy
from credit.policy import Limits
from credit.record import StandingView


@dataclass(frozen=True, slots=True)
class Rung:
    name: str
    meaning: str
    # The lowest score that is still on it, and how many points lost that is.
    at_least: int
    points_lost: int
    privileges: tuple[str, ...]
    limits: Limits
    is_current: bool


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs from the best to the worst, and the distances from where the person stands."""

    rungs: tuple[Rung, ...]
    score: int
    starting_score: int
    policy_version: int
    # Points until the next worse tier begins; None on the last one.
    points_to_worse: int | None
    worse: str | None
    # Points until the next better tier begins, and when that comes by itself.
    points_to_better: int | None
    better: str | None
    better_at: datetime | None

    @property
    def current(self) -> Rung:
        return next(rung for rung in self.rungs if rung.is_current)


def build(standing: StandingView) -> Ladder:
    """Measure the distances from a standing to its neighbours."""
    document = policy.of(standing.policy)
    rungs = tuple(
        Rung(
            name=tier.name,
            meaning=tier.meaning,
            at_least=tier.at_least,
            points_lost=max(0, document.starting_score - tier.at_least),
            privileges=tier.privileges,
            limits=tier.limits,
            is_current=tier == standing.level,
        )
        for tier in document.tiers
    )
    place = next(i for i, rung in enumerate(rungs) if rung.is_current)
    worse = rungs[place + 1] if place + 1 < len(rungs) else None
    better = rungs[place - 1] if place else None
    return Ladder(
        rungs=rungs,
        score=standing.score,
        starting_score=document.starting_score,
        policy_version=standing.policy_version,
        points_to_worse=standing.score - rungs[place].at_least + 1 if worse else None,
        worse=worse.name if worse else None,
        points_to_better=better.at_least - standing.score if better else None,
        better=better.name if better else None,
        better_at=next(
            (s.at for s in standing.forecast if better and s.score >= better.at_least),
            None,
        ),
    )
