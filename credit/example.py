"""A worked example of standing, computed from a policy as it is: nobody's data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from credit.models import LedgerEntry, Policy
from credit.policy import Tier
from credit.record import Record

# What happens in the example: after so many days, a finding of this severity.
STORY = ((0, "LOW"), (30, "MEDIUM"), (75, "MEDIUM"), (100, "HIGH"))


@dataclass(frozen=True, slots=True)
class Line:
    """A moment of the example. Without a severity an old finding stops counting."""

    at: datetime
    severity: str | None
    points: int
    expires_at: datetime | None
    score: int
    tier: Tier

    @property
    def points_lost(self) -> int:
        return -self.points


def work_out(*, policy: Policy, at: datetime) -> Sequence[Line]:
    """Follow somebody who starts at `at` with a clean record until everything has expired."""
    record = Record(policy=policy)
    lines: list[Line] = []
    for days, severity in STORY:
        moment = at + timedelta(days=days)
        penalty = record.penalty(severity, moment)
        entry = LedgerEntry(
            kind=LedgerEntry.Kind.PENALTY,
            points=penalty.points,
            effective_at=moment,
            expires_at=penalty.expires_at,
        )
        lines += _expiries(record, lines[-1].at if lines else at, moment)
        record = record.with_entries(entry)
        now = record.standing(moment)
        lines.append(
            Line(moment, severity, penalty.points, penalty.expires_at, now.score, now.level)
        )
    return [*lines, *_expiries(record, lines[-1].at, None)]


def _expiries(record: Record, since: datetime, until: datetime | None) -> list[Line]:
    """List the changes that come by themselves after `since` and before `until`."""
    now = record.standing(since)
    lines, score = [], now.score
    for step in now.forecast:
        if until is None or step.at < until:
            lines.append(Line(step.at, None, step.score - score, None, step.score, step.tier))
            score = step.score
    return lines
