"""Rows of the governance log, written a batch at a time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from portal.core.models import Platform

_COLUMNS = {
    "occurred_at": "timestamptz",
    "event_key": "uuid",
    "source": "text",
    "event_id": "text",
    "kind": "text",
    "group_id": "uuid",
    "actor_id": "uuid",
    "subject_id": "uuid",
    "role": "text",
    "old_role": "text",
    "reason": "text",
    "until": "timestamptz",
    "caused_by": "text",
    "attributes": "jsonb",
    "sequence": "bigint",
}
APPEND = """
INSERT INTO groups_logentry (platform_id, received_at, {names})
SELECT %s, %s, {names} FROM json_to_recordset(%s::json) AS r({columns})
""".format(
    names=", ".join(_COLUMNS),
    columns=", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items()),
)
# Sorted, so that two batches with the same events wait for each other and never deadlock.
REGISTER = """
INSERT INTO groups_eventkey (event_key, platform_id, occurred_at)
SELECT event_key, %s, occurred_at
FROM json_to_recordset(%s::json) AS r(event_key uuid, occurred_at timestamptz)
ORDER BY event_key
ON CONFLICT DO NOTHING RETURNING event_key
"""
# Departures that were logged before the grant of the role which they ended had arrived.
ADOPT = """
INSERT INTO groups_roleevent (id, platform_id, event_key, group_id, account_id, kind,
    occurred_at, sequence, origin, actor_id, is_history)
SELECT gen_random_uuid(), log.platform_id, log.event_key, log.group_id, log.subject_id,
    CASE log.kind WHEN 'member.left' THEN 'LEFT' ELSE 'REMOVED' END,
    log.occurred_at, log.sequence, 'PLATFORM', log.actor_id, false
FROM json_to_recordset(%s::json)
    AS pair(group_id uuid, account_id uuid, at timestamptz, sequence bigint)
JOIN groups_logentry log ON log.group_id = pair.group_id AND log.subject_id = pair.account_id
    AND (log.occurred_at, log.sequence) > (pair.at, pair.sequence)
WHERE log.platform_id = %s AND log.kind IN ('member.left', 'member.removed', 'member.banned')
ON CONFLICT DO NOTHING
"""


def register(*, platform: Platform, keys: Iterable[tuple[UUID, datetime]]) -> set[UUID]:
    """Register the keys of events to be logged; return those that no event had before."""
    rows = [{"event_key": key, "occurred_at": occurred_at} for key, occurred_at in keys]
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(REGISTER, [platform.pk, _json(rows)])
        return {key for (key,) in cursor.fetchall()}


def append(*, platform: Platform, rows: list[dict[str, Any]], at: datetime) -> None:
    """Append rows whose keys are registered and whose days have a partition."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(APPEND, [platform.pk, at, _json(rows)])


def adopt_departures(
    *, platform: Platform, granted: Mapping[tuple[UUID, UUID], tuple[datetime, int]]
) -> None:
    """Make into role events what was logged of departures after the grant of a role.

    `granted` says when (time, sequence) an account was first given a role in a group.
    """
    rows = [
        {"group_id": group, "account_id": account, "at": at, "sequence": sequence}
        for (group, account), (at, sequence) in granted.items()
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(ADOPT, [_json(rows), platform.pk])


def _json(rows: list[dict[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()
