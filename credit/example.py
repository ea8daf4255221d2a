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
    """A moment of the example. Without a severity something changes by itself."""

    at: datetime
    severity: str | None
    points: int
    expires_at: datetime | None
    score: int
    tier: Tier
    # A point came back for time without a finding; otherwise an old one stopped counting.
    is_restoration: bool = False

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
        finding = record.finding(severity, penalty.points, at=moment)
        lines += _expiries(record, lines[-1].at if lines else at, moment)
        record = record.with_finding(finding)
        now = record.standing(moment)
        lines.append(
            Line(moment, severity, penalty.points, penalty.expires_at, now.score, now.level)
        )
    return [*lines, *_expiries(record, lines[-1].at, None)]


def _expiries(record: Record, since: datetime, until: datetime | None) -> list[Line]:
    """List the changes that come by themselves after `since` and before `until`."""
    now = record.standing(since)
    lines, score = [], now.score
    back = {e.effective_at for e in record.entries if e.kind == LedgerEntry.Kind.RESTORATION}
    for step in now.forecast:
        if until is None or step.at < until:
            points = step.score - score
            lines.append(Line(step.at, None, points, None, step.score, step.tier, step.at in back))
            score = step.score
    return lines
