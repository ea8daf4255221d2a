"""What comes by itself, and what one more finding would do: computed, not stored."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from credit.models import LedgerEntry, Privilege
from credit.policy import SEVERITIES, Tier
from credit.record import Penalty, Record


@dataclass(frozen=True, slots=True)
class OneMore:
    """What a finding of a severity would cost at this moment, and where it would lead."""

    severity: str
    penalty: Penalty
    score: int
    tier: str
    lost: tuple[Privilege, ...]

    @property
    def points_lost(self) -> int:
        return -self.penalty.points


@dataclass(frozen=True, slots=True)
class Cause:
    """A finding or an adjustment that stops counting, or a point of a finding that comes back."""

    of: LedgerEntry
    # What the point comes back for; empty where the entry stops counting.
    comes_back_for: str = ""


@dataclass(frozen=True, slots=True)
class Coming:
    """From `at` on the score is this, if nothing else happens, and why."""

    at: datetime
    score: int
    tier: Tier
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    score: int
    tier: str
    best: int
    # How the score changes if nothing else is decided, in order of time.
    steps: tuple[Coming, ...]
    next_findings: tuple[OneMore, ...]


def of_record(record: Record, *, at: datetime) -> Outlook:
    """Look ahead from `at`; sanctions stand beside it and have their own end."""
    standing = record.standing(at)
    return Outlook(
        score=standing.score,
        tier=standing.tier,
        best=record.document.ceiling,
        steps=tuple(
            Coming(step.at, step.score, step.tier, _causes(record, step.at))
            for step in standing.forecast
        ),
        next_findings=tuple(_one_more(record, severity, at) for severity in SEVERITIES),
    )


def _causes(record: Record, at: datetime) -> tuple[Cause, ...]:
    """List what changes the sum at `at`, in the order of the ledger.

    What was reversed or put off cancels with its reversal, and what came back of a finding leaves
    with it: one of which every point is back stops counting unnoticed.
    """
    undone = record.reversed_ids
    kept = {e.pk: e for e in record.entries if e.pk not in undone and e.reverses_id is None}
    left: Counter[UUID] = Counter()
    for entry in kept.values():
        if entry.expires_at == at:
            left[entry.restores_id or entry.pk] += entry.points
    ends = [Cause(kept[pk]) for pk, points in left.items() if points]
    back = [
        Cause(kept[e.restores_id], e.reason)
        for e in kept.values()
        if e.restores_id and e.effective_at == at
    ]
    return tuple(sorted([*ends, *back], key=lambda cause: cause.of.sequence))


def _one_more(record: Record, severity: str, at: datetime) -> OneMore:
    penalty = record.penalty(severity, at)
    then = record.with_finding(record.finding(severity, penalty.points, at=at))
    lost = then.privileges(at).lost_since(record.privileges(at))
    standing = then.standing(at)
    return OneMore(severity, penalty, standing.score, standing.tier, tuple(lost))
