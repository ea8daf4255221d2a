"""Points that come back: which entries give them, and which a further finding puts off.

What comes back by time is posted with the finding, ahead, so that every answer and every forecast
already knows it and none depends on a task having run. The terms are the finding's own; one entry
gives one point, and leaves with the finding.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from uuid import UUID

from credit.models import LedgerEntry, Policy
from credit.policy import Document

Kind = LedgerEntry.Kind
HANDLED = "A report answered in time and found handled"
# What is not posted yet comes after what was.
_LAST = 2**31


@dataclass(frozen=True, slots=True)
class Cause:
    """What changes the coming points: a decision, who took it, and why some do not come."""

    decision_id: UUID | None = None
    posted_by_id: UUID | None = None
    why: str = "A further finding was made before"


def settle(
    entries: Sequence[LedgerEntry],
    *,
    policy: Policy,
    cause: Cause,
    at: datetime,
    goes_on_since: datetime | None = None,
) -> list[LedgerEntry]:
    """Return the entries, yet to be posted, that bring the coming points in line with the rest.

    A finding gives a point back after each `restored_every_days`, until another is made, until all
    its points are back, or until it expires. What came back stays, unless its finding is reversed.
    With `goes_on_since` a finding of then is reversed only to be replaced by another of then.
    """
    undone = {entry.reverses_id for entry in entries if entry.reverses_id}
    standing = [e for e in entries if e.kind == Kind.PENALTY and e.pk not in undone]
    standing.sort(key=lambda finding: (finding.since, finding.sequence or _LAST))
    gone: list[LedgerEntry] = []
    come: list[LedgerEntry] = []
    for finding, following in zip_longest(standing, standing[1:]):
        if finding.expires_at is not None and finding.expires_at <= at:
            continue
        made = [following.since] if following else []
        if goes_on_since is not None and goes_on_since >= finding.since:
            made.append(goes_on_since)
        until = min(made, default=None)
        given = _given(entries, undone, {finding.pk})
        by_time = [e for e in given if e.decision_id == finding.decision_id]
        due = list_due(finding, until=until, most=-finding.points - len(given) + len(by_time))
        gone += [e for e in by_time[len(due) :] if e.effective_at > at]
        come += [_point(finding, at=max(at, day)) for day in due[len(by_time) :]]
    lost = {e.pk for e in entries if e.kind == Kind.PENALTY and e.pk in undone}
    gone += _given(entries, undone, lost)
    return [_taken(entry, policy, cause, at) for entry in gone] + come


def list_due(finding: LedgerEntry, *, until: datetime | None, most: int) -> list[datetime]:
    """List the days on which points of a finding come back by time, at most `most` of them."""
    if not finding.restored_every_days:
        return []
    found: list[datetime] = []
    day = finding.since + timedelta(days=finding.restored_every_days)
    while len(found) < most and (until is None or day <= until):
        if finding.expires_at is None or day >= finding.expires_at:
            break
        found.append(day)
        day += timedelta(days=finding.restored_every_days)
    return found


def for_duty(
    entries: Sequence[LedgerEntry], *, document: Document, decision_id: UUID, at: datetime
) -> LedgerEntry | None:
    """Return the entry, yet to be posted, that a handled report brings; None when it brings none.

    The point is one of the finding that counts longest and still takes some. At most one comes in
    the time that the policy sets, and none that would be more than is missing while it counts.
    """
    if document.duties is None:
        return None
    waits = timedelta(days=document.duties.restored_every_days)
    if any(is_for_duty(e, entries) and e.effective_at + waits > at for e in entries):
        return None
    undone = {entry.reverses_id for entry in entries if entry.reverses_id}
    candidates = [
        e
        for e in entries
        if e.kind == Kind.PENALTY
        and e.pk not in undone
        and e.expires_at is not None
        and e.expires_at > at
        and -e.points > sum(g.effective_at <= at for g in _given(entries, undone, {e.pk}))
    ]
    longest = max(candidates, key=lambda e: (e.expires_at, e.sequence), default=None)
    if longest is None:
        return None
    point = _point(longest, at=at)
    point.decision_id, point.reason = decision_id, HANDLED
    return point


def is_for_duty(entry: LedgerEntry, entries: Collection[LedgerEntry]) -> bool:
    """Tell a point that a handled report brought from one that time did."""
    return entry.kind == Kind.RESTORATION and any(
        e.pk == entry.restores_id and e.decision_id != entry.decision_id for e in entries
    )


def _given(
    entries: Collection[LedgerEntry], undone: Collection[UUID | None], findings: Collection[UUID]
) -> list[LedgerEntry]:
    """List what gives points of these findings back and was not put off, in order of time."""
    found = [e for e in entries if e.restores_id in findings and e.pk not in undone]
    return sorted(found, key=lambda e: (e.effective_at, e.sequence or _LAST))


def _point(finding: LedgerEntry, *, at: datetime) -> LedgerEntry:
    return LedgerEntry(
        account_id=finding.account_id,
        kind=Kind.RESTORATION,
        points=1,
        effective_at=at,
        expires_at=finding.expires_at,
        policy_id=finding.policy_id,
        decision_id=finding.decision_id,
        restores=finding,
        reason=f"{finding.restored_every_days} days without a further finding",
    )


def _taken(entry: LedgerEntry, policy: Policy, cause: Cause, at: datetime) -> LedgerEntry:
    is_ahead = entry.effective_at > at
    since = entry.effective_at if is_ahead else min(at, entry.expires_at or at)
    return LedgerEntry(
        account_id=entry.account_id,
        kind=Kind.REVERSAL,
        points=-entry.points,
        effective_at=since,
        expires_at=entry.expires_at,
        policy=policy,
        decision_id=cause.decision_id,
        reverses=entry,
        posted_by_id=cause.posted_by_id,
        reason=cause.why if is_ahead else "The finding that it was of was reversed",
    )
