"""Groups as platforms tell of them, and the state that follows from what is known."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from groups import locks
from groups.batches import Told
from groups.models import Group
from portal.core import audit, rows
from portal.core.actors import Actor
from portal.core.models import Platform
from portal.core.recent import Recent

CLAIM_WINDOW = timedelta(days=30)


class Known(NamedTuple):
    pk: UUID
    first_seen_at: datetime


# As accounts are found.
FIND = """
SELECT wanted.name, known.* FROM json_array_elements_text(%s::json) AS wanted (name),
LATERAL (SELECT id, first_seen_at FROM groups_group
    WHERE platform_id = %s AND external_id = wanted.name LIMIT 1) AS known
"""


# Groups never leave, and their first instant only moves back: then it is told once more.
_recent: Recent[Known] = Recent(seconds=15, most=50_000)


def find(*, platform: Platform, external_ids: Iterable[str]) -> dict[str, Known]:
    """Return the known ones of these groups."""
    return _recent.find(platform.pk, external_ids, partial(_look_up, platform.pk))


def _look_up(platform_id: UUID, names: list[str]) -> dict[str, Known]:
    with connection.cursor() as cursor:
        cursor.execute(FIND, [rows.as_json(names), platform_id])
        return {name: Known(pk, first_seen_at) for name, pk, first_seen_at in cursor.fetchall()}


@transaction.atomic(savepoint=False)
def ensure(
    *,
    platform: Platform,
    first_seen: Mapping[str, datetime],
    by: Actor,
    at: datetime,
    history: bool = False,
) -> dict[str, Known]:
    """Return the group of each external id, after creating those that are new."""
    found = find(platform=platform, external_ids=first_seen)
    # In one order, so that two batches that bring the same new groups never deadlock.
    missing = sorted(first_seen.keys() - found.keys())
    if missing:
        rows.insert_each(
            [
                Group(
                    platform=platform,
                    external_id=name,
                    has_imported_history=history,
                    first_seen_at=first_seen[name],
                    orphaned_at=first_seen[name],
                    claim_due_at=at + CLAIM_WINDOW,
                )
                for name in missing
            ],
            ignore_conflicts=True,
        )
        found |= find(platform=platform, external_ids=missing)
        new = {"groups": len(missing)}
        audit.record(
            action="groups.ensure", record=Group, platform_id=platform.pk, by=by, at=at, new=new
        )
    return found


# Compared as Python does: by code points.
TAKE = """
UPDATE groups_group g SET
    name = CASE WHEN is_named THEN told.name ELSE g.name END,
    named_at = CASE WHEN is_named THEN told.named_at ELSE g.named_at END,
    named_sequence = CASE WHEN is_named THEN told.named_sequence ELSE g.named_sequence END,
    size = CASE WHEN is_sized THEN told.size ELSE g.size END,
    sized_at = CASE WHEN is_sized THEN told.sized_at ELSE g.sized_at END,
    sized_sequence = CASE WHEN is_sized THEN told.sized_sequence ELSE g.sized_sequence END,
    first_seen_at = LEAST(g.first_seen_at, told.first_seen_at),
    -- A group that nobody ever owned is without an owner since it is known.
    orphaned_at = CASE WHEN g.orphaned_at = g.first_seen_at
        THEN LEAST(g.first_seen_at, told.first_seen_at) ELSE g.orphaned_at END,
    has_imported_history = g.has_imported_history OR %s
FROM (
    SELECT told.*,
        told.named_at IS NOT NULL AND (k.named_at IS NULL
            OR (told.named_at, told.named_sequence, told.name COLLATE "C")
            > (k.named_at, k.named_sequence, k.name)) AS is_named,
        told.sized_at IS NOT NULL AND (k.sized_at IS NULL
            OR (told.sized_at, told.sized_sequence, told.size)
            > (k.sized_at, k.sized_sequence, COALESCE(k.size, 0))) AS is_sized
    FROM json_to_recordset(%s::json) AS told (group_id uuid, first_seen_at timestamptz,
        name text, named_at timestamptz, named_sequence bigint,
        size integer, sized_at timestamptz, sized_sequence bigint)
    JOIN groups_group k ON k.id = told.group_id
) AS told
WHERE g.id = told.group_id
    AND (is_named OR is_sized OR told.first_seen_at < g.first_seen_at
        OR g.has_imported_history IS DISTINCT FROM (g.has_imported_history OR %s))
"""


def take(*, told: Mapping[UUID, Told], history: bool) -> None:
    """Note on locked groups what the latest event says of each; an older one says nothing."""
    if not told:
        return
    found = []
    for pk, news in told.items():
        named_at, named_sequence, name = news.name or (None, None, None)
        sized_at, sized_sequence, size = news.size or (None, None, None)
        found.append(
            {
                "group_id": pk,
                "first_seen_at": news.first_seen_at,
                "name": name,
                "named_at": named_at,
                "named_sequence": named_sequence,
                "size": size,
                "sized_at": sized_at,
                "sized_sequence": sized_sequence,
            }
        )
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [history, rows.as_json(found), history])


OWNED = """
SELECT group_id, bool_or(upper_inf(period)), max(upper(period))
FROM groups_tenure WHERE role = 'OWNER' AND group_id = ANY(%s::uuid[]) GROUP BY group_id
"""

_COLUMNS = {
    "archived_at": "timestamptz",
    "frozen_at": "timestamptz",
    "closed_at": "timestamptz",
    "state": "text",
    "orphaned_at": "timestamptz",
    "claim_due_at": "timestamptz",
    "unclaimed_frozen_at": "timestamptz",
    "unclaimed_closed_at": "timestamptz",
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

    Closed by a decision, archived by its platform, or not claimed for two deadlines: CLOSED. Else
    frozen by a decision, or not claimed for one: FROZEN. Else with an owner: ACTIVE. Else ORPHANED,
    with 30 days from when we notice to claim it. An owner ends what came of having none. The audit
    entry is the caller's.
    """
    chosen = {group.pk: group for group in groups}
    with connection.cursor() as cursor:
        cursor.execute(OWNED, [rows.as_array(chosen)])
        owned = {pk: (has_owner, last) for pk, has_owner, last in cursor.fetchall()}
        for group in chosen.values():
            _follow(group, *owned.get(group.pk, (False, None)), at=at)
        values = [
            {"id": pk} | {name: getattr(group, name) for name in _COLUMNS}
            for pk, group in chosen.items()
        ]
        cursor.execute(SAVE, [rows.as_json(values)])
        return {pk for (pk,) in cursor.fetchall()}


def _follow(group: Group, has_owner: bool, last_owned_at: datetime | None, *, at: datetime) -> None:
    if has_owner:
        group.unclaimed_frozen_at = group.unclaimed_closed_at = None
    if group.closed_at or group.archived_at or group.unclaimed_closed_at:
        group.state = Group.State.CLOSED
    elif group.frozen_at or group.unclaimed_frozen_at:
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
