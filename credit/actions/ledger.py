"""The ledger: penalties that decisions cost, their reversal, and what is given back.

Rows are only ever added.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from credit import changes, locks, queries, restoration
from credit import policy as policies
from credit.actions import standings
from credit.changes import StandingChange
from credit.models import LedgerEntry, Policy
from credit.record import Record
from credit.restoration import Cause
from identity.models import Account, User
from portal.core import audit, rows
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid


class NotByThePolicy(Invalid):
    """Points are zero or negative, and at most those that the policy sets for the severity."""

    code = "points-not-by-the-policy"
    title = "The policy does not allow these points"


class AlreadyPosted(Conflict):
    """The decision has cost its points before."""

    code = "penalty-already-posted"
    title = "The points of this decision are posted already"


class AlreadyReversed(Conflict):
    """The points of the decision have been given back before."""

    code = "penalty-already-reversed"
    title = "The points of this decision are given back already"


@transaction.atomic(savepoint=False)
def post_penalty(
    *,
    account: Account,
    severity: str,
    points: int,
    decision_id: UUID,
    policy: Policy,
    posted_by: User,
    reason: str,
    by: Actor,
    at: datetime,
    not_after: datetime | None = None,
    found_at: datetime | None = None,
) -> StandingChange:
    """Post what a decision costs: `points` is zero (a warning) or negative.

    The expiry follows from `policy`, the one the decision was taken under, and stays as it is;
    with `not_after` and `found_at`, when the decision replaces one whose points would have
    expired then, of a finding made then. What comes back of it by time is posted with it, and
    what was to come back of earlier findings after it is put off.
    The database refuses a penalty without a decision in effect. Raises NotByThePolicy for more
    points than the severity costs, AlreadyPosted for a decision that cost its points before.
    """
    most = policies.of(policy).terms_of(severity).points
    if not -most <= points <= 0:
        raise NotByThePolicy(f"A {severity} finding costs {most} points or fewer.")
    locks.account(account.pk)
    before = queries.get_record(account=account, at=at)
    if before.finding_of(decision_id) is not None:
        raise AlreadyPosted("The points of this decision are posted already. Nothing was changed.")
    entry = before.finding(
        severity, points, at=at, under=policy, not_after=not_after, found_at=found_at
    )
    entry.decision_id, entry.posted_by, entry.reason = decision_id, posted_by, reason
    cause = Cause(decision_id, posted_by.pk)
    after = before.with_entries(entry).settled(cause, at)
    return _append(account, before, after, entry, "ledger.post_penalty", by=by, at=at)


@transaction.atomic(savepoint=False)
def reverse(
    *,
    decision_id: UUID,
    posted_by: User,
    reason: str,
    by: Actor,
    at: datetime,
    goes_on_since: datetime | None = None,
) -> list[StandingChange]:
    """Give back what a decision cost; an empty list when it cost nothing.

    A reversal counts from now on and expires with what it reverses, so that the two always
    cancel. What had come back of the points is reversed with them, and what they put off of
    earlier findings comes back after all, but for a finding that goes on, made then, with what is
    posted next. Raises AlreadyReversed when it was given back before.
    """
    # A decision costs its points once, so there is one account at most.
    costs = LedgerEntry.objects.filter(decision_id=decision_id, kind=LedgerEntry.Kind.PENALTY)
    penalty = costs.select_related("account").first()
    if penalty is None:
        return []
    account = penalty.account
    locks.account(account.pk)
    before = queries.get_record(account=account, at=at)
    if penalty.pk in before.reversed_ids:
        raise AlreadyReversed("The points of this decision were given back before.")
    reversal = _opposite(penalty, before, posted_by=posted_by, reason=reason, at=at)
    cause = Cause(decision_id, posted_by.pk)
    after = before.with_entries(reversal).settled(cause, at, goes_on_since=goes_on_since)
    return [_append(account, before, after, reversal, "ledger.reverse", by=by, at=at)]


@transaction.atomic(savepoint=False)
def restore_for_duty(
    *, account: Account, decision_id: UUID, decided_by: User, by: Actor, at: datetime
) -> StandingChange | None:
    """Give a point back for a report that the account answered in time and staff found handled.

    Return None where the policy gives none, gave one not long enough ago, or none is missing.
    """
    locks.account(account.pk)
    before = queries.get_record(account=account, at=at)
    point = restoration.for_duty(
        before.entries, document=before.document, decision_id=decision_id, at=at
    )
    if point is None:
        return None
    cause = Cause(decision_id, decided_by.pk, "It came back earlier, for a report handled")
    settled = before.with_entries(point).settled(cause, at)
    more_than_missing = settled.missing_until(0, since=at)
    if more_than_missing and point.expires_at and more_than_missing < point.expires_at:
        return None
    # What would come too often is put off first: a finding never gives back more than it took.
    put_off = settled.entries[len(before.entries) + 1 :]
    after = before.with_entries(*put_off, point)
    return _append(account, before, after, point, "ledger.restore_for_duty", by=by, at=at)


@transaction.atomic(savepoint=False)
def post_adjustment(
    *,
    account: Account,
    points: int,
    expires_at: datetime | None,
    posted_by: User,
    approved_by: User,
    reason: str,
    by: Actor,
    at: datetime,
) -> StandingChange:
    """Post points that two people give back, never any that are taken.

    The database refuses it from one person alone, and with negative points.
    """
    locks.account(account.pk)
    before = queries.get_record(account=account, at=at)
    entry = LedgerEntry(
        account=account,
        kind=LedgerEntry.Kind.ADJUSTMENT,
        points=points,
        effective_at=at,
        expires_at=expires_at,
        policy=before.policy,
        posted_by=posted_by,
        approved_by=approved_by,
        reason=reason,
    )
    after = before.with_entries(entry)
    return _append(account, before, after, entry, "ledger.post_adjustment", by=by, at=at)


def _opposite(
    entry: LedgerEntry, record: Record, *, posted_by: User, reason: str, at: datetime
) -> LedgerEntry:
    return LedgerEntry(
        account_id=entry.account_id,
        kind=LedgerEntry.Kind.REVERSAL,
        points=-entry.points,
        # What has expired is given back as of then: it counts for nothing, but it is said.
        effective_at=min(at, entry.expires_at or at),
        expires_at=entry.expires_at,
        policy=record.policy,
        decision_id=entry.decision_id,
        reverses=entry,
        posted_by=posted_by,
        reason=reason,
    )


def _append(
    account: Account,
    before: Record,
    after: Record,
    entry: LedgerEntry,
    action: str,
    *,
    by: Actor,
    at: datetime,
) -> StandingChange:
    """Write what is new, the standing that follows, the audit row of `entry` and the event.

    The caller holds the lock of the account, so the next numbers are its own.
    """
    new = after.entries[len(before.entries) :]
    told = locks.standing(account.pk)
    for number, one in enumerate(new, start=told.last_sequence + 1 if told else 1):
        one.account, one.platform_id = account, account.platform_id
        one.sequence, one.posted_at = number, at
    rows.insert_each(new)
    standings.settle(account=account, told=told, before=before, after=after, at=at)
    change = changes.between(
        account=account, before=before.standing(at), after=after.standing(at), entry=entry
    )
    audit.record(
        action=action,
        record=entry,
        by=by,
        at=at,
        old={"score": change.before.score, "tier": change.before.tier},
        new={
            "account": str(account.pk),
            "sequence": entry.sequence,
            "points": entry.points,
            "entries": len(new),
            "score": change.after.score,
            "tier": change.after.tier,
            "decision": str(entry.decision_id) if entry.decision_id else None,
        },
    )
    return change
