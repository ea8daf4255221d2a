"""Rows of the governance log, written a batch at a time."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from psycopg import errors as postgres_errors

from groups import copying
from portal.core.models import Platform
from portal.core.rows import as_json

# Departures that were logged before the grant of the role which they ended had arrived.
ADOPT = """
INSERT INTO groups_roleevent (id, platform_id, event_key, group_id, account_id, kind,
    occurred_at, sequence, origin, actor_id, is_history)
SELECT gen_random_uuid(), log.platform_id, log.event_key, log.group_id, log.subject_id,
    CASE log.kind WHEN 'member.left' THEN 'LEFT' ELSE 'REMOVED' END,
    log.occurred_at, log.sequence, 'PLATFORM', log.actor_id, false
FROM json_to_recordset(%s::json)
    AS pair(group_id uuid, account_id uuid, at timestamptz, sequence bigint),
-- OFFSET 0: a look at the index for each pair, whatever the planner knows of new days.
LATERAL (SELECT * FROM groups_logentry entry
    WHERE entry.subject_id = pair.account_id AND entry.group_id = pair.group_id
    AND (entry.occurred_at, entry.sequence) > (pair.at, pair.sequence)
    -- So that only these days are looked at.
    AND entry.occurred_at >= %s OFFSET 0) AS log
WHERE log.platform_id = %s AND log.kind IN ('member.left', 'member.removed', 'member.banned')
ON CONFLICT DO NOTHING
"""


def append(*, rows: copying.Rows, keys: set[bytes], make_days: Callable[[], object]) -> set[bytes]:
    """Append rows. Return those of their keys that are new.

    1. Copy them straight into the log: nothing is as fast, and most batches are new.
    2. If one of them is there already, or its day has no partition, nothing of that stays.
       `make_days` creates what is missing, the same rows go through a table of this transaction,
       and those that the log does not hold are added.

    The rows are sorted, so two batches with the same events wait for each other in one order.
    """
    if not rows:
        return set()
    try:
        with transaction.atomic():
            _copy("groups_logentry", rows)
    except IntegrityError as error:
        if not isinstance(error.__cause__, postgres_errors.UniqueViolation) and not _is_without_day(
            error
        ):
            raise
        make_days()
        return _append_missing(rows)
    return keys


def _is_without_day(error: IntegrityError) -> bool:
    """Say whether a row has no partition: a violated check that no constraint stands for."""
    cause = error.__cause__
    return isinstance(cause, postgres_errors.CheckViolation) and not cause.diag.constraint_name


def _append_missing(rows: copying.Rows) -> set[bytes]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE repeated_batch (LIKE groups_logentry)")
        _copy("repeated_batch", rows)
        cursor.execute(
            f"INSERT INTO groups_logentry ({copying.COLUMNS})"
            f" SELECT {copying.COLUMNS} FROM repeated_batch ORDER BY occurred_at, event_key"
            " ON CONFLICT DO NOTHING RETURNING uuid_send(event_key)"
        )
        added = {bytes(key) for (key,) in cursor.fetchall()}
        cursor.execute("DROP TABLE repeated_batch")
    return added


def _copy(table: str, rows: copying.Rows) -> None:
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({copying.COLUMNS}) FROM STDIN (FORMAT binary)") as copy,
    ):
        copy.write(copying.SIGNATURE)
        for part in rows:
            copy.write(part)
        copy.write(copying.TRAILER)


def adopt_departures(
    *, platform: Platform, granted: Mapping[tuple[UUID, UUID], tuple[datetime, int]]
) -> None:
    """Make into role events what was logged of departures after the grant of a role.

    `granted` says when (time, sequence) an account was first given a role in a group.
    """
    pairs = [
        {"group_id": group, "account_id": account, "at": at, "sequence": sequence}
        for (group, account), (at, sequence) in granted.items()
    ]
    if pairs:
        first = min(at for at, _ in granted.values())
        with connection.cursor() as cursor:
            cursor.execute(ADOPT, [as_json(pairs), first, platform.pk])
