"""The ledger: penalties that decisions cost, their reversal, and what two people give back.

Rows are only ever added.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from credit import changes, locks, queries
from credit import policy as policies
from credit.actions import standings
from credit.changes import StandingChange
from credit.models import LedgerEntry, Policy
from credit.record import Record
from identity.models import Account, User
from portal.core import audit
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
) -> StandingChange:
    """Post what a decision costs: `points` is zero (a warning) or negative.

    The expiry follows from `policy`, the one the decision was taken under, and stays as it is;
    with `not_after`, when the decision replaces one whose points would have expired then.
    The database refuses a penalty without a decision in effect. Raises NotByThePolicy for more
    points than the severity costs, AlreadyPosted for a decision that cost its points before.
    """
    document = policies.of(policy)
    if not -document.terms_of(severity).points <= points <= 0:
        raise NotByThePolicy(
            f"A {severity} finding costs {document.terms_of(severity).points} points or fewer."
        )
    locks.accounts([account.pk])
    before = queries.get_record(account=account, at=at)
    if any(
        entry.kind == "PENALTY" and entry.decision_id == decision_id for entry in before.entries
    ):
        raise AlreadyPosted("The points of this decision are posted already. Nothing was changed.")
    expires_at = at + document.lifetime_of(severity, points)
    if not_after is not None:
        expires_at = max(at, min(expires_at, not_after))
    entry = LedgerEntry(
        account=account,
        kind=LedgerEntry.Kind.PENALTY,
        points=points,
        effective_at=at,
        expires_at=expires_at,
        policy=policy,
        severity=severity,
        decision_id=decision_id,
        posted_by=posted_by,
        reason=reason,
    )
    return _append(account, before, entry, "ledger.post_penalty", by=by, at=at)


@transaction.atomic(savepoint=False)
def reverse(
    *, decision_id: UUID, posted_by: User, reason: str, by: Actor, at: datetime
) -> list[StandingChange]:
    """Give back what a decision cost; an empty list when it cost nothing.

    A reversal counts from now on and expires with what it reverses, so that the two always
    cancel. Raises AlreadyReversed when it was given back before.
    """
    penalties = LedgerEntry.objects.filter(
        decision_id=decision_id, kind=LedgerEntry.Kind.PENALTY
    ).select_related("account")
    accounts = {entry.account_id: entry.account for entry in penalties}
    locks.accounts(accounts)
    found = []
    for account in sorted(accounts.values(), key=lambda account: account.pk):
        before = queries.get_record(account=account, at=at)
        for entry in before.entries:
            if entry.kind != LedgerEntry.Kind.PENALTY or entry.decision_id != decision_id:
                continue
            if entry.pk in before.reversed_ids:
                raise AlreadyReversed("The points of this decision were given back before.")
            reversal = _opposite(entry, before, posted_by=posted_by, reason=reason, at=at)
            found.append(_append(account, before, reversal, "ledger.reverse", by=by, at=at))
    return found


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
    locks.accounts([account.pk])
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
    return _append(account, before, entry, "ledger.post_adjustment", by=by, at=at)


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
    entry: LedgerEntry,
    action: str,
    *,
    by: Actor,
    at: datetime,
) -> StandingChange:
    """Write an entry, the standing that follows, the audit row and the event.

    The caller holds the lock of the account, so the next number is its own.
    """
    entry.platform_id = account.platform_id
    numbers = queries.get_last_numbers(account_ids=[account.pk])
    entry.sequence = numbers.get(account.pk, 0) + 1
    entry.posted_at = at
    entry.save(force_insert=True)
    after = before.with_entries(entry)
    standings.write(projected=[(account, after)], at=at)
    change = changes.between(
        account=account, before=before, was_at=at, after=after, at=at, entry=entry
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
            "score": change.after.score,
            "tier": change.after.tier,
            "decision": str(entry.decision_id) if entry.decision_id else None,
        },
    )
    changes.announce([(account, change)], at=at)
    return change
