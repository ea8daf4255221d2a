"""Tenures follow from role events: derive them again, and write only what became different."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from groups import events, locks, tenure_changes
from groups.actions import delegations, tenure_notices
from groups.actions import groups as group_actions
from groups.models import Group, RoleEvent, Tenure, Transfer
from groups.models.tenures import Role
from groups.queries import tenures as tenure_queries
from identity.models import Account
from portal.core import audit, outbox, rows
from portal.core.actors import Actor


@transaction.atomic(savepoint=False)
def rederive(*, group: Group, by: Actor, at: datetime) -> None:
    """Make the tenures of one group what its role events say."""
    derive(groups=locks.lock_groups([group.pk]), by=by, at=at)


def derive(
    *, groups: Sequence[Group], by: Actor, at: datetime, is_history: bool = False
) -> tenure_changes.Changes:
    """Make the tenures of locked groups, and the groups' states, what their role events say.

    Partners and those concerned hear of what changed, unless it is history.
    """
    if not groups:
        return tenure_changes.Changes()
    held = tenure_queries.get_tenures_by_group(group_ids=[group.pk for group in groups])
    pasts = tenure_queries.get_pasts(groups=groups, held=held)
    changes = tenure_changes.Changes()
    for group in groups:
        folded = pasts[group.pk].fold()
        group.archived_at = folded.archived_at
        changes.compare(group=group, before=held[group.pk], after=folded.tenures)
    _write(changes)
    settled = group_actions.settle(groups=groups, at=at)
    audited = [group for group in groups if group.pk in settled or group.pk in changes.by_group]
    audit.record_each(
        action="tenures.derive",
        changes=[(group, {}, changes.summary(group)) for group in audited],
        by=by,
        at=at,
    )
    if ended := changes.groups_left():
        delegations.end_lost(group_ids=ended, by=by, at=at)
    if not is_history:
        told = changes.as_outbox_events()
        outbox.publish_each(platform_id=groups[0].platform_id, events=told, at=at)
        tenure_notices.tell(changes=changes.told, by=by, at=at)
    return changes


def _write(changes: tenure_changes.Changes) -> None:
    if not changes.by_group:
        return
    # On the way from one set of tenures to the other two owners may overlap.
    with transaction.get_connection().cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS {tenure_changes.EXCLUSIONS} DEFERRED")
        Tenure.objects.filter(pk__in=[tenure.pk for tenure in changes.removed]).delete()
        rows.update_each(changes.changed, tenure_changes.DERIVED)
        rows.insert_each(changes.added)
        cursor.execute(f"SET CONSTRAINTS {tenure_changes.EXCLUSIONS} IMMEDIATE")


@transaction.atomic(savepoint=False)
def end_by_decision(
    *,
    account: Account,
    privilege: str,
    in_group: Group | None,
    decision_id: UUID,
    by: Actor,
    at: datetime,
) -> list[Tenure]:
    """End the tenures that rest on a privilege which a decision took. Return them, ended.

    Where the owner goes, a co-owner succeeds or the group is orphaned.
    """
    roles = tenure_queries.TAKEN_WITH[privilege]
    held = Tenure.objects.filter(account=account, role__in=roles).current()
    if in_group is not None:
        held = held.filter(group=in_group)
    groups = locks.lock_groups(held.values_list("group_id", flat=True))
    ending = list(held.order_by("pk"))
    _append(
        [(tenure, tenure.ends_at(at)) for tenure in ending],
        kind=RoleEvent.Kind.REVOKED,
        cause=RoleEvent.Cause.DECISION,
        caused_by=decision_id,
    )
    derive(groups=groups, by=by, at=at)
    ended = Tenure.objects.filter(pk__in=[tenure.pk for tenure in ending])
    return list(ended.filter(ended=Tenure.Ended.DECISION).order_by("pk"))


@transaction.atomic(savepoint=False)
def reinstate(
    *, tenures: Iterable[Tenure], decision_id: UUID, by: Actor, at: datetime
) -> list[Tenure]:
    """Give back, from `at`, what the decision ended. Return the new tenures.

    An owner takes over again from whoever succeeded in the decision's wake; beside anybody
    else they come back as a co-owner. Who holds a role there by now, keeps that.
    """
    lost = list(tenures)
    groups = locks.lock_groups(tenure.group_id for tenure in lost)
    keys = _append(
        [(tenure, max(at, tenure.until or at)) for tenure in lost],
        kind=RoleEvent.Kind.GRANTED,
        cause=RoleEvent.Cause.REVERSAL,
        caused_by=decision_id,
    )
    derive(groups=groups, by=by, at=at)
    return list(Tenure.objects.filter(began_event__in=keys, began="REINSTATED").order_by("pk"))


@transaction.atomic(savepoint=False)
def give(
    *,
    group: Group,
    account: Account,
    given_by: Account | None,
    cause: RoleEvent.Cause,
    caused_by: UUID,
    by: Actor,
    at: datetime,
) -> Tenure:
    """Make the account the owner of the locked group, for a transfer or a claim.

    An owner who gives the group away stays in it as a co-owner.
    """
    event = RoleEvent.objects.create(
        platform_id=group.platform_id,
        event_key=_digest(cause, caused_by, group.pk),
        group=group,
        account=account,
        kind=RoleEvent.Kind.GRANTED,
        role=RoleEvent.GrantedRole.OWNER,
        occurred_at=at,
        sequence=_next_sequence([group.pk]),
        origin=RoleEvent.Origin.ACCORD,
        actor=given_by,
        cause=cause,
        caused_by=caused_by,
    )
    derive(groups=[group], by=by, at=at)
    return Tenure.objects.get(group=group, account=account, began_event=event.event_key)


@transaction.atomic(savepoint=False)
def give_back(*, transfer: Transfer, may_manage: bool, by: Actor, at: datetime) -> Tenure:
    """Make who gave the locked group away its owner again. Return their new tenure.

    The recipient has the role they had before: a co-owner steps back, a manager manages again if
    they still may, and whoever held none holds none.
    """
    group, recipient_id = transfer.group, transfer.to_account_id
    assert transfer.ended_at is not None
    before = Tenure.objects.filter(group=group, account=recipient_id)
    earlier = before.at(transfer.ended_at - timedelta(microseconds=1)).first()
    granted, revoked = RoleEvent.Kind.GRANTED, RoleEvent.Kind.REVOKED
    owner, manager = RoleEvent.GrantedRole.OWNER, RoleEvent.GrantedRole.MANAGER
    steps = [(transfer.from_account_id, granted, owner)]
    if earlier is None or earlier.role == Role.MANAGER:
        steps.append((recipient_id, revoked, owner))
        if earlier is not None and may_manage:
            steps.append((recipient_id, granted, manager))
    first = _next_sequence([group.pk])
    events = [
        RoleEvent(
            platform_id=group.platform_id,
            event_key=_digest(f"{kind} {role}", transfer.pk, account_id),
            group=group,
            account_id=account_id,
            kind=kind,
            role=role,
            occurred_at=at,
            sequence=first + place,
            origin=RoleEvent.Origin.ACCORD,
            actor_id=transfer.from_account_id,
            cause=RoleEvent.Cause.TRANSFER,
            caused_by=transfer.pk,
        )
        for place, (account_id, kind, role) in enumerate(steps)
    ]
    rows.insert_each(events)
    derive(groups=[group], by=by, at=at)
    return Tenure.objects.get(group=group, began_event=events[0].event_key, role=Role.OWNER)


def _append(
    tenures: Sequence[tuple[Tenure, datetime]], *, kind: str, cause: str, caused_by: UUID
) -> list[UUID]:
    """Add a role event of Accord's own for each tenure and instant, once. Return their keys."""
    granted = RoleEvent.GrantedRole
    first = _next_sequence([tenure.group_id for tenure, _ in tenures])
    added = [
        RoleEvent(
            platform_id=tenure.platform_id,
            event_key=_key(cause, caused_by, tenure),
            group_id=tenure.group_id,
            account_id=tenure.account_id,
            kind=kind,
            role=granted.MANAGER if tenure.role == Role.MANAGER else granted.OWNER,
            occurred_at=moment,
            sequence=first + place,
            origin=RoleEvent.Origin.ACCORD,
            cause=cause,
            caused_by=caused_by,
        )
        for place, (tenure, moment) in enumerate(tenures)
    ]
    rows.insert_each(added, ignore_conflicts=True)
    return [event.event_key for event in added]


@transaction.atomic(savepoint=False)
def record_export(*, group: Group, held_at: datetime | None, by: Actor, at: datetime) -> None:
    """Record who took the roles of a group out, before their first byte leaves."""
    new = {"format": "csv"} | ({"held_at": held_at.isoformat()} if held_at else {})
    audit.record(action="tenures.export", record=group, by=by, at=at, new=new)


def _next_sequence(group_ids: Sequence[UUID]) -> int:
    """Return a sequence after all of Accord's own role events in these locked groups.

    Two commands can bear the same instant; the one given later counts later.
    """
    ours = RoleEvent.objects.filter(group__in=group_ids, origin=RoleEvent.Origin.ACCORD)
    last: int | None = ours.aggregate(last=Max("sequence"))["last"]
    return events.ACCORD_SEQUENCE if last is None else last + 1


def _key(cause: str, caused_by: UUID, tenure: Tenure) -> UUID:
    return _digest(cause, caused_by, tenure.pk)


def _digest(cause: str, caused_by: UUID, about: UUID) -> UUID:
    text = f"accord\0{cause}\0{caused_by}\0{about}"
    return UUID(bytes=hashlib.sha256(text.encode()).digest()[:16])
