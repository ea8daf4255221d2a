"""An owner offers the group to somebody else, who takes it on or does not.

Every step holds the lock of the group. Accepting holds the recipient's account before that, so
that a decision about them comes before it or sees what they took on. For a day after that, who
gave the group away may take it back.
"""

from datetime import datetime, timedelta

from django.db import transaction

from credit import locks as credit_locks
from groups import locks, ownership
from groups.actions import tenures, transfer_notices
from groups.models import Group, RoleEvent, Tenure, Transfer
from groups.models.transfers import COOLING_OFF
from identity.models import Account
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid

OPEN_FOR = timedelta(days=14)
State = Transfer.State


class NotTheOwner(Conflict):
    """Only who owns the group now can give it away."""

    code = "not-the-owner"
    title = "The group has another owner"


class NobodyElse(Invalid):
    """A group is offered to another account of its own platform."""

    code = "not-a-recipient"
    title = "The group cannot be offered to this account"
    advice = "Choose another account on the platform of the group."


class AlreadyOffered(Conflict):
    """The group is offered to somebody who has not answered yet."""

    code = "already-offered"
    title = "The group is offered already"
    advice = "Cancel that offer first, or wait for the answer."


class OfferEnded(Conflict):
    """The offer was answered, cancelled or has lapsed."""

    code = "offer-ended"
    title = "This offer has ended"
    advice = "Ask the owner to offer the group again."


class StillCooling(Conflict):
    """For a day after a group was handed over, it may be taken back, and is not handed on."""

    code = "may-be-taken-back"
    title = "The group was handed over a short time ago"
    advice = "Wait until the day in which it may be taken back is over."


class NotToBeTakenBack(Conflict):
    """A group is taken back within a day, once, from whoever took it on."""

    code = "not-to-be-taken-back"
    title = "The group cannot be taken back"
    advice = "Ask the owner to offer it to you, or write to the service."


@transaction.atomic(savepoint=False)
def offer(
    *, group: Group, from_account: Account, to_account: Account, by: Actor, at: datetime
) -> Transfer:
    """Offer a group for 14 days. It stays with its owner until the recipient accepts.

    Raises NotYourAccount, NotTheOwner, NobodyElse, StillCooling, AlreadyOffered.
    """
    ownership.require_is(from_account, by=by)
    if to_account == from_account or to_account.platform_id != group.platform_id:
        raise NobodyElse(f"{group} can be offered to another account of its platform only.")
    (locked,) = locks.lock_groups([group.pk])
    _require_owner(from_account, locked, at=at)
    _require_settled(from_account, locked, at=at)
    _end_stale(locked, from_account, by=by, at=at)
    transfer = Transfer.objects.create(
        group=locked,
        from_account=from_account,
        to_account=to_account,
        offered_at=at,
        expires_at=at + OPEN_FOR,
    )
    new = {"state": State.OFFERED, "to": str(to_account.pk), "from": str(from_account.pk)}
    _audit("offer", transfer, by=by, at=at, new=new)
    transfer_notices.tell_offered(transfer=transfer, by=by, at=at)
    return transfer


@transaction.atomic(savepoint=False)
def accept(*, transfer: Transfer, by: Actor, at: datetime) -> Tenure:
    """Take the group on. Who offered it stays as a co-owner. Return the new owner's tenure.

    Raises NotYourAccount, OfferEnded, NotTheOwner, MayNotOwn.
    """
    ownership.require_is(transfer.to_account, by=by)
    (recipient,) = credit_locks.accounts([transfer.to_account_id])
    (group,) = locks.lock_groups([transfer.group_id])
    _end(transfer, State.ACCEPTED, at=at)
    _require_owner(transfer.from_account, group, at=at)
    ownership.require_may_own(account=recipient, group=group, at=at)
    tenure = tenures.give(
        group=group,
        account=recipient,
        given_by=transfer.from_account,
        cause=RoleEvent.Cause.TRANSFER,
        caused_by=transfer.pk,
        by=by,
        at=at,
    )
    _audit_end("accept", transfer, by=by, at=at)
    transfer_notices.tell_ended(transfer=transfer, by=by, at=at)
    return tenure


@transaction.atomic(savepoint=False)
def decline(*, transfer: Transfer, by: Actor, at: datetime) -> Transfer:
    """Turn an offer down. Raises NotYourAccount, OfferEnded."""
    ownership.require_is(transfer.to_account, by=by)
    locks.lock_groups([transfer.group_id])
    _end(transfer, State.DECLINED, at=at)
    _audit_end("decline", transfer, by=by, at=at)
    transfer_notices.tell_ended(transfer=transfer, by=by, at=at)
    return transfer


@transaction.atomic(savepoint=False)
def cancel(*, transfer: Transfer, by: Actor, at: datetime) -> Transfer:
    """Take an offer back before it is accepted. Raises NotYourAccount, OfferEnded."""
    ownership.require_is(transfer.from_account, by=by)
    locks.lock_groups([transfer.group_id])
    _end(transfer, State.CANCELLED, at=at)
    _audit_end("cancel", transfer, by=by, at=at)
    transfer_notices.tell_ended(transfer=transfer, by=by, at=at)
    return transfer


@transaction.atomic(savepoint=False)
def take_back(*, transfer: Transfer, by: Actor, at: datetime) -> Tenure:
    """Undo an acceptance within a day of it. Return the tenure of who owns the group again.

    What they took on before counts as theirs: neither limits nor the level of verification are
    asked for again. Raises NotYourAccount, NotToBeTakenBack, MayNotOwn.
    """
    ownership.require_is(transfer.from_account, by=by)
    ids = transfer.from_account_id, transfer.to_account_id
    people = {account.pk: account for account in credit_locks.accounts(ids)}
    giver, recipient = (people[pk] for pk in ids)
    (group,) = locks.lock_groups([transfer.group_id])
    _mark_taken_back(transfer, at=at)
    if not ownership.is_owner(recipient, group=group, at=at):
        raise NotToBeTakenBack(f"{recipient} does not own {group} any more.")
    ownership.require_may_own(account=giver, group=group, at=at, owned_it_before=True)
    transfer.group = group
    may_manage = ownership.may_manage(account=recipient, group=group, at=at)
    tenure = tenures.give_back(transfer=transfer, may_manage=may_manage, by=by, at=at)
    _audit("take_back", transfer, by=by, at=at, new={"taken_back_at": at.isoformat()})
    transfer_notices.tell_taken_back(transfer=transfer, by=by, at=at)
    return tenure


@transaction.atomic(savepoint=False)
def expire(*, by: Actor, at: datetime, limit: int) -> int:
    """Let offers lapse that nobody answered in time, the oldest first. Return how many."""
    due = list(
        Transfer.objects.filter(state=State.OFFERED, expires_at__lte=at)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("group")
        .order_by("expires_at", "pk")[:limit]
    )
    for transfer in due:
        Transfer.objects.filter(pk=transfer.pk).update(state=State.EXPIRED, ended_at=at)
        transfer.state = State.EXPIRED
        _audit_end("expire", transfer, by=by, at=at)
        transfer_notices.tell_ended(transfer=transfer, by=by, at=at)
    return len(due)


def _require_settled(owner: Account, group: Group, *, at: datetime) -> None:
    """Refuse to hand a group on while it may be taken back: nobody could any more."""
    recent = Transfer.objects.filter(
        group=group, state=State.ACCEPTED, taken_back_at=None, to_account=owner
    )
    if last := recent.filter(ended_at__gt=at - COOLING_OFF).first():
        raise StillCooling(f"{last.from_account} may take {group} back for a day.")


def _mark_taken_back(transfer: Transfer, *, at: datetime) -> None:
    accepted = Transfer.objects.filter(pk=transfer.pk, state=State.ACCEPTED, taken_back_at=None)
    in_time = accepted.filter(ended_at__gt=at - COOLING_OFF, ended_at__lte=at)
    if not in_time.update(taken_back_at=at):
        raise NotToBeTakenBack("The time to take the group back is over, or it was taken back.")
    transfer.refresh_from_db(fields=["state", "ended_at", "taken_back_at"])


def _require_owner(account: Account, group: Group, *, at: datetime) -> None:
    if not ownership.is_owner(account, group=group, at=at):
        raise NotTheOwner(f"{account} does not own {group} any more.")


def _end_stale(group: Group, owner: Account, *, by: Actor, at: datetime) -> None:
    """Make room for the owner's offer: one that lapsed or an earlier owner's stands for nothing."""
    open_one = Transfer.objects.filter(group=group, state=State.OFFERED).first()
    if open_one is None:
        return
    if open_one.expires_at > at and open_one.from_account_id == owner.pk:
        raise AlreadyOffered(f"{group} is offered to {open_one.to_account} already.")
    has_lapsed = open_one.expires_at <= at
    state, verb = (State.EXPIRED, "expire") if has_lapsed else (State.CANCELLED, "cancel")
    ending = Transfer.objects.filter(pk=open_one.pk, state=State.OFFERED)
    # Null: a sweeper has let it lapse just now.
    if ending.update(state=state, ended_at=at):
        open_one.state = state
        _audit_end(verb, open_one, by=by, at=at)
        transfer_notices.tell_ended(transfer=open_one, by=by, at=at)


def _end(transfer: Transfer, state: Transfer.State, *, at: datetime) -> None:
    """End an open offer; late is late, whether or not the sweeper has come by yet."""
    open_ones = Transfer.objects.filter(pk=transfer.pk, state=State.OFFERED, expires_at__gt=at)
    if not open_ones.update(state=state, ended_at=at):
        raise OfferEnded("This offer was answered, taken back or has lapsed.")
    transfer.state, transfer.ended_at = state, at


def _audit_end(verb: str, transfer: Transfer, *, by: Actor, at: datetime) -> None:
    new = {"state": transfer.state}
    _audit(verb, transfer, by=by, at=at, old={"state": State.OFFERED}, new=new)


def _audit(
    verb: str,
    transfer: Transfer,
    *,
    by: Actor,
    at: datetime,
    new: dict[str, str],
    old: dict[str, str] | None = None,
) -> None:
    platform_id = transfer.group.platform_id
    audit.record(
        action=f"transfers.{verb}",
        record=transfer,
        platform_id=platform_id,
        by=by,
        at=at,
        old=old,
        new=new,
    )
