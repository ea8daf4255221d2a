"""A score is the starting score and what counts, nothing else: pure functions of the entries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from credit.models import LedgerEntry
from credit.policy import Document, Tier


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` on the score is this, if nothing else happens."""

    at: datetime
    score: int
    tier: Tier


def counts_at(entry: LedgerEntry, at: datetime) -> bool:
    """Say whether an entry counts at `at`: in effect and not expired."""
    return entry.effective_at <= at and (entry.expires_at is None or entry.expires_at > at)


def score_at(entries: Iterable[LedgerEntry], *, document: Document, at: datetime) -> int:
    return document.clamp(document.starting_score + total(entries, at))


def steps_after(entries: Iterable[LedgerEntry], *, document: Document, at: datetime) -> list[Step]:
    """List when and how the score changes by itself after `at`, in order of time."""
    entries = list(entries)
    deltas: dict[datetime, int] = defaultdict(int)
    for entry in entries:
        if entry.effective_at > at:
            deltas[entry.effective_at] += entry.points
        if entry.expires_at is not None and entry.expires_at > at:
            deltas[entry.expires_at] -= entry.points
    counted = total(entries, at)
    score = document.clamp(document.starting_score + counted)
    steps = []
    for moment in sorted(deltas):
        counted += deltas[moment]
        # At the floor and the ceiling an entry may come or go without effect.
        if (then := document.clamp(document.starting_score + counted)) != score:
            score = then
            steps.append(Step(at=moment, score=score, tier=document.tier_at(score)))
    return steps


def total(entries: Iterable[LedgerEntry], at: datetime) -> int:
    """Add up what counts at `at`."""
    return sum(entry.points for entry in entries if counts_at(entry, at))
