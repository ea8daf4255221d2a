"""Groups as platforms tell of them, and the state that follows from what is known."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.db import connection, transaction

from groups import locks
from groups.batches import Told
from groups.models import Group
from portal.core import audit
from portal.core.actors import Actor
from portal.core.models import Platform

CLAIM_WINDOW = timedelta(days=30)


class Known(NamedTuple):
    pk: UUID
    first_seen_at: datetime


def find(*, platform: Platform, external_ids: Iterable[str]) -> dict[str, Known]:
    """Return the known ones of these groups."""
    wanted = set(external_ids)
    if not wanted:
        return {}
    known = Group.objects.filter(platform=platform, external_id__in=wanted)
    rows = known.values_list("external_id", "pk", "first_seen_at")
    return {name: Known(pk, first_seen_at) for name, pk, first_seen_at in rows}


@transaction.atomic(savepoint=False)
def ensure(
    *,
    platform: Platform,
    told: Mapping[str, Told],
    by: Actor,
    at: datetime,
    history: bool = False,
) -> dict[str, Known]:
    """Return the group of each external id, after creating those that are new."""
    found = find(platform=platform, external_ids=told)
    # In one order, so that two batches that bring the same new groups never deadlock.
    missing = sorted(told.keys() - found.keys())
    if missing:
        Group.objects.bulk_create(
            [
                Group(
                    platform=platform,
                    external_id=name,
                    has_imported_history=history,
                    first_seen_at=told[name].first_seen_at,
                    orphaned_at=told[name].first_seen_at,
                    claim_due_at=at + CLAIM_WINDOW,
                )
                for name in missing
            ],
            ignore_conflicts=True,
            batch_size=1000,
        )
        found |= find(platform=platform, external_ids=missing)
        new = {"groups": len(missing)}
        audit.record(
            action="groups.ensure", record=Group, platform_id=platform.pk, by=by, at=at, new=new
        )
    return found


def take(*, group: Group, told: Told, history: bool) -> None:
    """Note on the locked group what the latest event says of it; an older one says nothing."""
    if told.name and (
        group.named_at is None or told.name > (group.named_at, group.named_sequence, group.name)
    ):
        group.named_at, group.named_sequence, group.name = told.name
    if told.size and (
        group.sized_at is None
        or told.size > (group.sized_at, group.sized_sequence, group.size or 0)
    ):
        group.sized_at, group.sized_sequence, group.size = told.size
    group.first_seen_at = min(group.first_seen_at, told.first_seen_at)
    group.has_imported_history = group.has_imported_history or history


OWNED = """
SELECT group_id, bool_or(upper_inf(period)), max(upper(period))
FROM groups_tenure WHERE role = 'OWNER' AND group_id = ANY(%s) GROUP BY group_id
"""

_COLUMNS = {
    "name": "text",
    "named_at": "timestamptz",
    "named_sequence": "bigint",
    "size": "integer",
    "sized_at": "timestamptz",
    "sized_sequence": "bigint",
    "first_seen_at": "timestamptz",
    "has_imported_history": "boolean",
    "archived_at": "timestamptz",
    "frozen_at": "timestamptz",
    "closed_at": "timestamptz",
    "state": "text",
    "orphaned_at": "timestamptz",
    "claim_due_at": "timestamptz",
}
SAVE = """
UPDATE groups_group g SET ({names}) = ({values})
FROM json_to_recordset(%s::json) AS r(id uuid, {columns})
WHERE g.id = r.id AND ({olds}) IS DISTINCT FROM ({values})
RETURNING g.id
""".format(
    names=", ".join(_COLUMNS),
    olds=", ".join(f"g.{name}" for name in _COLUMNS),
    values=", ".join(f"r.{name}" for name in _COLUMNS),
    columns=", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items()),
)


def settle(*, groups: Iterable[Group], at: datetime) -> set[UUID]:
    """Save locked groups in the state that follows; return those in which anything changed.

    Closed by Accord or archived by its platform: CLOSED. Else frozen by Accord: FROZEN. Else
    with an owner: ACTIVE. Else ORPHANED, with 30 days from when we notice to claim it. The
    audit entry is the caller's.
    """
    chosen = {group.pk: group for group in groups}
    with connection.cursor() as cursor:
        cursor.execute(OWNED, [list(chosen)])
        owned = {pk: (has_owner, last) for pk, has_owner, last in cursor.fetchall()}
        for group in chosen.values():
            _follow(group, *owned.get(group.pk, (False, None)), at=at)
        rows = [
            {"id": pk} | {name: getattr(group, name) for name in _COLUMNS}
            for pk, group in chosen.items()
        ]
        cursor.execute(SAVE, [msgspec.json.encode(rows).decode()])
        return {pk for (pk,) in cursor.fetchall()}


def _follow(group: Group, has_owner: bool, last_owned_at: datetime | None, *, at: datetime) -> None:
    if group.closed_at or group.archived_at:
        group.state = Group.State.CLOSED
    elif group.frozen_at:
        group.state = Group.State.FROZEN
    else:
        group.state = Group.State.ACTIVE if has_owner else Group.State.ORPHANED
    if has_owner or group.state == Group.State.CLOSED:
        group.orphaned_at = group.claim_due_at = None
    else:
        group.orphaned_at = last_owned_at or group.first_seen_at
        group.claim_due_at = group.claim_due_at or at + CLAIM_WINDOW


@transaction.atomic(savepoint=False)
def set_limits(
    *,
    group: Group,
    frozen_at: datetime | None,
    closed_at: datetime | None,
    by: Actor,
    at: datetime,
) -> Group:
    """Freeze, close or reopen a group on Accord's side; null lifts it. Its state follows."""
    (locked,) = locks.lock_groups([group.pk])
    old = _limits(locked)
    locked.frozen_at, locked.closed_at = frozen_at, closed_at
    settle(groups=[locked], at=at)
    audit.record(
        action="groups.set_limits", record=locked, by=by, at=at, old=old, new=_limits(locked)
    )
    return locked


def _limits(group: Group) -> dict[str, str | None]:
    frozen_at, closed_at = group.frozen_at, group.closed_at
    return {
        "state": group.state,
        "frozen_at": frozen_at.isoformat() if frozen_at else None,
        "closed_at": closed_at.isoformat() if closed_at else None,
    }
