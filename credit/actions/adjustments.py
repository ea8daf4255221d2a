"""Points given back by two people: one proposes them, another one approves or declines."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from credit import locks, queries
from credit.actions import ledger
from credit.models import Adjustment
from credit.privileges import day
from identity import access
from identity.models import Account, User
from identity.roles import Permission
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Forbidden, Invalid

LONGEST_REASON = 200
State = Adjustment.State


class AdjustmentNotValid(Invalid):
    """Points are given back for a reason, to a later day, and never more than are missing."""

    code = "adjustment-not-valid"
    title = "These points cannot be given back"
    advice = "Correct what the detail names and propose it again."


class AdjustmentOpen(Conflict):
    """One proposal for an account waits at a time."""

    code = "adjustment-open"
    title = "A proposal waits already"
    advice = "Approve, decline or withdraw the one that waits, then propose anew."


class AdjustmentEnded(Conflict):
    """The proposal was approved, declined or withdrawn before."""

    code = "adjustment-ended"
    title = "This proposal has ended"


class AdjustmentByOthers(Forbidden):
    """Giving points back takes two people of the staff, and neither of them is who gets them."""

    code = "adjustment-by-others"
    title = "Another person has to do this"
    advice = "Ask a colleague."


@transaction.atomic(savepoint=False)
def propose(
    *,
    account: Account,
    points: int,
    reason: str,
    expires_at: datetime | None,
    by: Actor,
    at: datetime,
) -> Adjustment:
    """Propose to give points back; nothing counts before a second person approves it.

    They count until `expires_at`, and no longer than so many points are missing: what is left
    would stand against a finding that nobody has made yet.
    Raises AdjustmentNotValid, AdjustmentOpen, AdjustmentByOthers, StaffOnly.
    """
    user = _require(by, Permission.DECIDE_CASES, account)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise AdjustmentNotValid(f"Say why, in at most {LONGEST_REASON} characters.")
    locks.accounts([account.pk])
    fewer_from = _check(account, points, expires_at, at)
    adjustment = Adjustment(
        account=account,
        platform_id=account.platform_id,
        points=points,
        reason=reason,
        expires_at=min(expires_at or fewer_from, fewer_from),
        proposed_by=user,
        proposed_at=at,
    )
    try:
        with transaction.atomic():
            adjustment.save(force_insert=True)
    except IntegrityError as error:
        if "one_open_adjustment_per_account" not in str(error):
            raise
        raise AdjustmentOpen("A proposal for this account waits for a second person.") from error
    _audit("adjustments.propose", adjustment, by=by, at=at)
    return adjustment


@transaction.atomic(savepoint=False)
def approve(*, adjustment: Adjustment, by: Actor, at: datetime) -> Adjustment:
    """Give the points back as the second person: they count from `at` on.

    Raises AdjustmentEnded, AdjustmentByOthers, StaffOnly, and AdjustmentNotValid when fewer
    points are missing by now or their day has passed.
    """
    account = adjustment.account
    user = _require(by, Permission.APPROVE_DECISIONS, account)
    _require_other(by, adjustment)
    current = _lock(adjustment)
    fewer_from = _check(account, current.points, current.expires_at, at)
    if current.expires_at is None or current.expires_at > fewer_from:
        raise AdjustmentNotValid(
            f"From {day(fewer_from)} on fewer points are missing than would be given back. "
            "Decline it, and propose it anew."
        )
    change = ledger.post_adjustment(
        account=account,
        points=current.points,
        expires_at=current.expires_at,
        posted_by=current.proposed_by,
        approved_by=user,
        reason=current.reason,
        by=by,
        at=at,
    )
    assert change.entry is not None
    return _settle(adjustment, State.APPROVED, by=by, at=at, entry_id=change.entry.pk)


@transaction.atomic(savepoint=False)
def decline(*, adjustment: Adjustment, by: Actor, at: datetime) -> Adjustment:
    """End a proposal as the second person. Raises AdjustmentEnded, AdjustmentByOthers."""
    _require(by, Permission.APPROVE_DECISIONS, adjustment.account)
    _require_other(by, adjustment)
    _lock(adjustment)
    return _settle(adjustment, State.DECLINED, by=by, at=at)


@transaction.atomic(savepoint=False)
def withdraw(*, adjustment: Adjustment, by: Actor, at: datetime) -> Adjustment:
    """End one's own proposal. Raises AdjustmentEnded, AdjustmentByOthers."""
    if not by.is_person or by.id != adjustment.proposed_by_id:
        raise AdjustmentByOthers("Whoever proposed it withdraws it. You can decline it instead.")
    _lock(adjustment)
    return _settle(adjustment, State.WITHDRAWN, by=by, at=at)


def _require(by: Actor, permission: Permission, account: Account) -> User:
    """Return the person who acts: with the permission, and not about themselves."""
    user = access.find_person(by)
    if user is None:
        raise AdjustmentByOthers("Only a signed-in person can do this.")
    access.require(user, permission, account.platform)
    if account.user_id == user.pk:
        raise AdjustmentByOthers("This is your own standing. A colleague has to look at it.")
    return user


def _require_other(by: Actor, adjustment: Adjustment) -> None:
    if by.id == adjustment.proposed_by_id:
        raise AdjustmentByOthers("You proposed this. A colleague has to approve or decline it.")


def _check(account: Account, points: int, expires_at: datetime | None, at: datetime) -> datetime:
    """Refuse points that nobody took. Return from when on fewer than these are missing."""
    if points < 1:
        raise AdjustmentNotValid("An adjustment gives points back. Say how many, at least 1.")
    if expires_at is not None and expires_at <= at:
        raise AdjustmentNotValid("The points would have expired. Choose a later day.")
    record = queries.get_record(account=account, at=at)
    fewer_from = record.missing_until(points, since=at)
    if fewer_from is None or fewer_from <= at:
        missing = record.standing(at).points_missing
        said = f"{missing} points are missing" if missing != 1 else "1 point is missing"
        raise AdjustmentNotValid(f"Only {said} now, so no more than that can be given back.")
    return fewer_from


def _lock(adjustment: Adjustment) -> Adjustment:
    """Let one person at a time settle it. Raises AdjustmentEnded."""
    locks.accounts([adjustment.account_id])
    found = Adjustment.objects.open().filter(pk=adjustment.pk).select_related("proposed_by")
    current = found.order_by("pk").first()
    if current is None:
        raise AdjustmentEnded("This proposal has ended already. Nothing was changed.")
    return current


def _settle(
    adjustment: Adjustment, state: State, *, by: Actor, at: datetime, entry_id: UUID | None = None
) -> Adjustment:
    settled = (
        Adjustment.objects.open()
        .filter(pk=adjustment.pk)
        .update(state=state, decided_by_id=by.id, decided_at=at, entry_id=entry_id)
    )
    if not settled:
        raise AdjustmentEnded("This proposal has ended already. Nothing was changed.")
    adjustment.refresh_from_db()
    _audit(_ACTIONS[state], adjustment, by=by, at=at)
    return adjustment


_ACTIONS = {
    State.APPROVED: "adjustments.approve",
    State.DECLINED: "adjustments.decline",
    State.WITHDRAWN: "adjustments.withdraw",
}


def _audit(action: str, adjustment: Adjustment, *, by: Actor, at: datetime) -> None:
    audit.record(
        action=action,
        record=adjustment,
        by=by,
        at=at,
        new={
            "account": str(adjustment.account_id),
            "state": adjustment.state,
            "points": adjustment.points,
            "expires_at": adjustment.expires_at.isoformat() if adjustment.expires_at else None,
            "entry": str(adjustment.entry_id) if adjustment.entry_id else None,
        },
    )
