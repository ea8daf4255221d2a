"""What becomes of a group that has no owner: its managers are invited, then it is frozen, then
closed. No step is against a person, each is announced, and staff can take each back."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from groups import locks, notice_phrases, wording
from groups.actions import groups as group_actions
from groups.actions import notices
from groups.models import Claim, Group, OwnerlessStep
from groups.models.notices import NoticeKind
from groups.queries import ownerless as ownerless_queries
from identity import access
from identity.models import User
from identity.roles import Permission
from portal.core import audit, outbox
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid

# From the freeze to the end; the time before it is that of every claim.
CLOSED_AFTER = timedelta(days=30)
Kind = OwnerlessStep.Kind


class NotWithoutOwner(Conflict):
    """The group has an owner, or a decision froze or closed it."""

    code = "not-without-owner"
    title = "This group does not wait for an owner"
    advice = "What a decision did to a group is undone by an appeal or another decision."


@transaction.atomic(savepoint=False)
def remind(*, group_id: UUID, kind: str, by: Actor, at: datetime) -> bool:
    """Invite or remind the managers to claim the group, once per deadline. Say whether it was."""
    group = locks.lock_group_unless_busy(group_id)
    due = ownerless_queries.list_to_remind(kind=kind, at=at).filter(pk=group_id)
    if group is None or group.claim_due_at is None or not due.exists():
        return False
    _take(group, Kind(kind), due_at=group.claim_due_at, by=by, at=at)
    return True


@transaction.atomic(savepoint=False)
def step(*, group_id: UUID, by: Actor, at: datetime) -> bool:
    """Freeze the group whose time to be claimed is over; close it when it was frozen before.

    Say whether it was: somebody may have claimed it, or be changing it right now.
    """
    group = locks.lock_group_unless_busy(group_id)
    due = ownerless_queries.list_due(at=at).filter(pk=group_id)
    if group is None or group.claim_due_at is None or not due.exists():
        return False
    passed = group.claim_due_at
    if group.unclaimed_frozen_at is None:
        group.unclaimed_frozen_at, group.claim_due_at = at, at + CLOSED_AFTER
        kind = Kind.FROZEN
    else:
        group.unclaimed_closed_at = at
        kind = Kind.CLOSED
    group_actions.settle(groups=[group], at=at)
    _take(group, kind, due_at=passed, by=by, at=at)
    return True


@transaction.atomic(savepoint=False)
def reopen(*, group: Group, reason: str, by: Actor, at: datetime) -> Group:
    """Undo the steps, as staff, and give the whole time to claim the group again.

    Raises NotWithoutOwner, Invalid without a reason, StaffOnly.
    """
    user = _require_person(by)
    access.require(user, Permission.DECIDE_CASES, group.platform)
    if not reason.strip():
        raise Invalid("Say why the group gets more time; it stays in its history.")
    (locked,) = locks.lock_groups([group.pk])
    is_closed = locked.unclaimed_closed_at is not None and locked.closed_at is None
    if locked.archived_at is not None or not (locked.waits_for_owner or is_closed):
        raise NotWithoutOwner(f"{locked} does not wait for an owner.")
    locked.unclaimed_frozen_at = locked.unclaimed_closed_at = None
    locked.claim_due_at = at + group_actions.CLAIM_WINDOW
    # Whoever claimed it keeps their place until the new deadline.
    open_ones = Claim.objects.filter(group=locked, state=Claim.State.OFFERED)
    open_ones.update(expires_at=locked.claim_due_at)
    group_actions.settle(groups=[locked], at=at)
    _take(
        locked,
        Kind.REOPENED,
        due_at=locked.claim_due_at,
        by=by,
        at=at,
        by_user=user,
        reason=reason.strip(),
    )
    return locked


def _require_person(by: Actor) -> User:
    user = access.find_person(by)
    if user is None:
        raise access.StaffOnly("People on the staff give a group more time.")
    return user


def _take(
    group: Group,
    kind: OwnerlessStep.Kind,
    *,
    due_at: datetime,
    by: Actor,
    at: datetime,
    by_user: User | None = None,
    reason: str = "",
) -> None:
    """Write the step down, and tell of it whoever it concerns."""
    made = OwnerlessStep.objects.create(
        group=group, kind=kind, due_at=due_at, at=at, by_user=by_user, reason=reason
    )
    audit.record(
        action=f"ownerless.{kind.lower()}",
        record=group,
        by=by,
        at=at,
        new={"state": group.state, "due_at": due_at.isoformat()},
    )
    if kind in (Kind.FROZEN, Kind.CLOSED, Kind.REOPENED):
        data = {"group": group.external_id, "step": kind.value, "state": group.state}
        outbox.publish(
            platform_id=group.platform_id,
            type="accord.group.ownerless.v1",
            subject=str(group.pk),
            data=data | {"next_at": group.claim_due_at and group.claim_due_at.isoformat()},
            at=at,
        )
    for manager in ownerless_queries.list_managers(group=group):
        words = notice_phrases.phrases(notice_phrases.language_of(manager))
        slots: dict[str, wording.Value | None] = {
            "outcome": words[f"OWNERLESS_{made.kind}"],
            "claim_until": group.claim_due_at or at,
            "link": settings.PUBLIC_URL + reverse("groups:claims"),
        }
        notices.write_if_worded(
            kind=NoticeKind.OWNERLESS, recipient=manager, group=group, slots=slots, by=by, at=at
        )
