"""What comes by itself, and what one more finding would do: computed, not stored."""

from dataclasses import dataclass
from datetime import datetime

from credit.fold import Step
from credit.models import Privilege
from credit.policy import SEVERITIES
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
class Outlook:
    score: int
    tier: str
    best: int
    # How the score changes if nothing else is decided, in order of time.
    steps: tuple[Step, ...]
    next_findings: tuple[OneMore, ...]


def of_record(record: Record, *, at: datetime) -> Outlook:
    """Look ahead from `at`; sanctions stand beside it and have their own end."""
    standing = record.standing(at)
    return Outlook(
        score=standing.score,
        tier=standing.tier,
        best=record.document.ceiling,
        steps=standing.forecast,
        next_findings=tuple(_one_more(record, severity, at) for severity in SEVERITIES),
    )


def _one_more(record: Record, severity: str, at: datetime) -> OneMore:
    penalty = record.penalty(severity, at)
    then = record.with_finding(record.finding(severity, penalty.points, penalty.expires_at, at=at))
    lost = then.privileges(at).lost_since(record.privileges(at))
    standing = then.standing(at)
    return OneMore(severity, penalty, standing.score, standing.tier, tuple(lost))
