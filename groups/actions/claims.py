"""Somebody asks for a group that has no owner; staff give it, or its deadline does.

Every step holds the lock of the group. Giving holds the claimants' accounts before that, so that
a decision about them comes before it or sees what they took on.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from credit import locks as credit_locks
from groups import impartiality, locks, ownership
from groups.actions import tenures, transfer_notices
from groups.models import Claim, Group, RoleEvent, Tenure
from identity import access
from identity.models import Account, User
from identity.roles import Permission
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Forbidden, Invalid

State = Claim.State


class NotToBeClaimed(Conflict):
    """A group is claimed while it has no owner, before its deadline."""

    code = "not-to-be-claimed"
    title = "This group cannot be claimed"
    advice = "A group that has an owner passes by transfer; after the deadline ask its platform."


class AlreadyClaimed(Conflict):
    """This account has an open claim to the group."""

    code = "already-claimed"
    title = "You have claimed this group already"


class ForeignAccount(Invalid):
    """A group is claimed by an account of its own platform."""

    code = "foreign-account"
    title = "This account is on another platform"


class ClaimEnded(Conflict):
    """The claim was answered, withdrawn or has lapsed."""

    code = "claim-ended"
    title = "This claim has ended"


class StaffDecide(Forbidden):
    """Claims are answered by people on the staff."""

    code = "claims-are-for-staff"
    title = "Staff answer claims"


@transaction.atomic(savepoint=False)
def claim(*, group: Group, account: Account, by: Actor, at: datetime) -> Claim:
    """Ask for a group without an owner. The earliest claim that may, gets it at the deadline.

    Raises NotYourAccount, ForeignAccount, NotToBeClaimed, AlreadyClaimed, MayNotOwn.
    """
    ownership.require_is(account, by=by)
    if account.platform_id != group.platform_id:
        raise ForeignAccount(f"{account} is not on the platform of {group}.")
    credit_locks.accounts([account.pk])
    (locked,) = locks.lock_groups([group.pk])
    _require_orphaned(locked)
    if locked.claim_due_at is None or locked.claim_due_at <= at:
        raise NotToBeClaimed(f"The time to claim {group} is over.")
    if Claim.objects.filter(group=locked, account=account, state=State.OFFERED).exists():
        raise AlreadyClaimed(f"Your claim to {group} waits for an answer.")
    ownership.require_may_own(account=account, group=locked, at=at)
    made = Claim.objects.create(
        group=locked, account=account, claimed_at=at, expires_at=locked.claim_due_at
    )
    new = {"state": State.OFFERED, "account": str(account.pk)}
    audit.record(
        action="claims.claim", record=made, platform_id=locked.platform_id, by=by, at=at, new=new
    )
    return made


@transaction.atomic(savepoint=False)
def withdraw(*, claim: Claim, by: Actor, at: datetime) -> Claim:
    """Take one's own claim back. Raises NotYourAccount, ClaimEnded."""
    ownership.require_is(claim.account, by=by)
    locks.lock_groups([claim.group_id])
    _end(claim, State.CANCELLED, at=at)
    _note_end("withdraw", [claim], by=by, at=at)
    return claim


@transaction.atomic(savepoint=False)
def accept(*, claim: Claim, by: Actor, at: datetime) -> Tenure:
    """Give the group to this claimant, as staff. Other claims to it are declined.

    Raises StaffOnly, ConflictOfInterest, NotToBeClaimed, ClaimEnded, MayNotOwn.
    """
    user = _require_staff(claim, by)
    (account,) = credit_locks.accounts([claim.account_id])
    (group,) = locks.lock_groups([claim.group_id])
    _require_orphaned(group)
    _end(claim, State.ACCEPTED, at=at, decided_by=user)
    ownership.require_may_own(account=account, group=group, at=at)
    return _give(claim, group, account, by=by, at=at, decided_by=user)


@transaction.atomic(savepoint=False)
def decline(*, claim: Claim, by: Actor, at: datetime) -> Claim:
    """Turn a claim down, as staff. Raises StaffOnly, ConflictOfInterest, ClaimEnded."""
    user = _require_staff(claim, by)
    locks.lock_groups([claim.group_id])
    _end(claim, State.DECLINED, at=at, decided_by=user)
    _note_end("decline", [claim], by=by, at=at)
    return claim


@transaction.atomic(savepoint=False)
def award(*, group_id: UUID, by: Actor, at: datetime) -> Tenure | None:
    """Give a group whose deadline has passed to the earliest claimant who may own it.

    Claims to a group that none of them may own lapse. Null when nobody got it, nothing is due,
    or somebody is changing the group right now.
    """
    due = Claim.objects.filter(group=group_id, state=State.OFFERED, expires_at__lte=at)
    accounts = credit_locks.accounts(due.values_list("account_id", flat=True))
    group = locks.lock_group_unless_busy(group_id)
    if group is None or group.claim_due_at is None or group.claim_due_at > at:
        return None
    people = {account.pk: account for account in accounts}
    claims = list(due.filter(account__in=people).order_by("claimed_at", "pk"))
    for claim in claims:
        account = people[claim.account_id]
        try:
            ownership.require_may_own(account=account, group=group, at=at)
        except ownership.MayNotOwn:
            continue
        _mark([claim], State.ACCEPTED, at=at)
        return _give(claim, group, account, by=by, at=at)
    _mark(claims, State.EXPIRED, at=at)
    _note_end("expire", claims, by=by, at=at)
    return None


@transaction.atomic(savepoint=False)
def expire(*, by: Actor, at: datetime, limit: int) -> int:
    """Let claims lapse whose group found an owner otherwise, the oldest first. Return how many.

    While the group has no owner, `award` ends them.
    """
    due = list(
        Claim.objects.filter(state=State.OFFERED, expires_at__lte=at)
        .exclude(group__in=Group.objects.waiting_for_owner())
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("group")
        .order_by("expires_at", "pk")[:limit]
    )
    _mark(due, State.EXPIRED, at=at)
    _note_end("expire", due, by=by, at=at)
    return len(due)


def _require_orphaned(group: Group) -> None:
    if not group.waits_for_owner:
        raise NotToBeClaimed(f"{group} has an owner, or is frozen or closed by a decision.")


def _require_staff(claim: Claim, by: Actor) -> User:
    """Return who answers the claim; nobody answers their own."""
    user = access.find_person(by)
    if user is None:
        raise StaffDecide("Claims are answered by people on the staff.")
    access.require(user, Permission.DECIDE_CASES, claim.group.platform)
    if claim.account.user_id == user.pk:
        raise impartiality.ConflictOfInterest("This claim is your own. A colleague answers it.")
    return user


def _end(claim: Claim, state: Claim.State, *, at: datetime, decided_by: User | None = None) -> None:
    """End an open claim; late is late, whether or not the sweeper has come by yet."""
    open_ones = Claim.objects.filter(pk=claim.pk, state=State.OFFERED, expires_at__gt=at)
    if not open_ones.update(state=state, ended_at=at, decided_by=decided_by):
        raise ClaimEnded("This claim was answered, withdrawn or has lapsed.")
    claim.state, claim.ended_at, claim.decided_by = state, at, decided_by


def _give(
    claim: Claim,
    group: Group,
    account: Account,
    *,
    by: Actor,
    at: datetime,
    decided_by: User | None = None,
) -> Tenure:
    tenure = tenures.give(
        group=group,
        account=account,
        given_by=None,
        cause=RoleEvent.Cause.CLAIM,
        caused_by=claim.pk,
        by=by,
        at=at,
    )
    _note_end("accept", [claim], by=by, at=at)
    others = list(Claim.objects.filter(group=group, state=State.OFFERED).order_by("pk"))
    _mark(others, State.DECLINED, at=at, decided_by=decided_by)
    _note_end("decline", others, by=by, at=at)
    return tenure


def _mark(
    claims: Sequence[Claim], state: Claim.State, *, at: datetime, decided_by: User | None = None
) -> None:
    """End claims that the caller's lock, of their group or of their rows, keeps open."""
    ids = [claim.pk for claim in claims]
    Claim.objects.filter(pk__in=ids).update(state=state, ended_at=at, decided_by=decided_by)
    for claim in claims:
        claim.state = state


def _note_end(verb: str, claims: Sequence[Claim], *, by: Actor, at: datetime) -> None:
    """Audit how claims ended, and tell the claimants."""
    for claim in claims:
        audit.record(
            action=f"claims.{verb}",
            record=claim,
            platform_id=claim.group.platform_id,
            by=by,
            at=at,
            old={"state": State.OFFERED},
            new={"state": claim.state},
        )
        transfer_notices.tell_claim_ended(claim=claim, by=by, at=at)
