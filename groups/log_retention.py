"""The purge of the governance log: whole days leave as partitions, held rows are copied first."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from groups.models import HeldLogEntry
from portal.core import audit, hold_lock
from portal.core.actors import Actor
from portal.core.data_classes import Plan, Purged
from portal.core.models import Hold

NAME = re.compile(r"groups_logentry_(\d{4})(\d\d)(\d\d)")

# A hold on a case reaches the log of the group that the case is in.
COVERED = """
    CASE %(scope_{n})s
        WHEN 'PLATFORM' THEN log.platform_id = %(id_{n})s
        WHEN 'GROUP' THEN log.group_id = %(id_{n})s
        WHEN 'ACCOUNT' THEN %(id_{n})s IN (log.actor_id, log.subject_id)
        WHEN 'CASE' THEN log.group_id = (SELECT group_id FROM groups_case WHERE id = %(id_{n})s)
    END
"""


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    day: date
    is_attached: bool
    is_half_detached: bool


class LogPartitions:
    """Drop the partitions whose last instant is older than the window."""

    def plan(self, *, cutoff: datetime) -> Plan:
        days = _days_before(cutoff)
        holds = list(Hold.objects.standing().order_by("number"))
        kept_by: dict[str, int] = {}
        rows = 0
        with connection.cursor() as cursor:
            for day in days:
                cursor.execute(f"SELECT count(*) FROM {day.name}")
                rows += cursor.fetchone()[0]
        for hold in holds:
            if held := sum(_count_held(day, [hold]) for day in days):
                kept_by[hold.reference] = held
        kept = sum(_count_held(day, holds) for day in days) if kept_by else 0
        details = [f"partition {day.day}" for day in days]
        return Plan(due=rows, kept=kept, kept_by=kept_by, details=details)

    def purge(self, *, cutoff: datetime, by: Actor, at: datetime) -> Purged:
        deleted, digest = 0, hashlib.sha256()
        for day in _days_before(cutoff):
            _detach(day)
            count, sha256 = _copy_held_and_drop(day, by=by, at=at)
            deleted += count
            digest.update(f"{day.day} {count} {sha256}\n".encode())
        return Purged(deleted=deleted, sha256=digest.hexdigest())


def _days_before(cutoff: datetime) -> list[Day]:
    """List the partitions of whole days before `cutoff`, oldest first.

    Also those that an interrupted run detached and did not drop.
    """
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT c.relname, i.inhrelid IS NOT NULL, COALESCE(i.inhdetachpending, false)
            FROM pg_class c
            LEFT JOIN pg_inherits i
                ON i.inhrelid = c.oid AND i.inhparent = 'groups_logentry'::regclass
            WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
              AND c.relname ~ '^groups_logentry_[0-9]{8}$'
            ORDER BY c.relname
        """)
        found = cursor.fetchall()
    days = []
    for name, is_attached, is_half_detached in found:
        match = NAME.fullmatch(name)
        assert match, name
        day = date(*map(int, match.groups()))
        ends_at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        if ends_at <= cutoff:
            days.append(Day(name, day, is_attached, is_half_detached))
    return days


def _covered(holds: Sequence[Hold]) -> tuple[str, dict[str, Any]]:
    """Build the condition that one of the holds covers a row, and its parameters."""
    values: dict[str, Any] = {}
    for n, hold in enumerate(holds):
        values |= {f"scope_{n}": hold.scope, f"id_{n}": hold.scope_id}
    return " OR ".join(COVERED.format(n=n) for n in range(len(holds))), values


def _count_held(day: Day, holds: Sequence[Hold]) -> int:
    covered, values = _covered(holds)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {day.name} log WHERE {covered}", values)
        count: int = cursor.fetchone()[0]
    return count


def _detach(day: Day) -> None:
    """Detach without stopping inserts; finish a detachment that was interrupted."""
    with connection.cursor() as cursor:
        if day.is_half_detached:
            cursor.execute(f"ALTER TABLE groups_logentry DETACH PARTITION {day.name} FINALIZE")
        elif day.is_attached:
            cursor.execute(f"ALTER TABLE groups_logentry DETACH PARTITION {day.name} CONCURRENTLY")


@transaction.atomic
def _copy_held_and_drop(day: Day, *, by: Actor, at: datetime) -> tuple[int, str]:
    """Copy what a hold covers, compare count and digest, drop the rest with the table."""
    hold_lock.share()
    copied = 0
    for hold in Hold.objects.standing().order_by("number"):
        copied += _copy(day, hold, at=at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*), encode(sha256(convert_to(COALESCE(string_agg(
                event_key::text, E'\\n' ORDER BY occurred_at, event_key), ''), 'UTF8')), 'hex')
            FROM {day.name}"""
        )
        count, sha256 = cursor.fetchone()
        cursor.execute(f"DROP TABLE {day.name}")
    audit.record(
        action="purge.drop_partition",
        record=HeldLogEntry(),
        by=by,
        at=at,
        old={"day": day.day.isoformat(), "rows": count, "copied_for_holds": copied},
    )
    return count, sha256


def _copy(day: Day, hold: Hold, *, at: datetime) -> int:
    """Copy the rows that `hold` covers; refuse to go on when the copy is not the same."""
    covered, values = _covered([hold])
    values |= {"hold": hold.pk, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO groups_heldlogentry (id, hold_id, platform_id, group_id, actor_id,
                subject_id, occurred_at, event_key, "row", copied_at)
            SELECT gen_random_uuid(), %(hold)s, platform_id, group_id, actor_id,
                subject_id, occurred_at, event_key, to_jsonb(log), %(at)s
            FROM {day.name} log WHERE {covered}
            ON CONFLICT ON CONSTRAINT a_held_event_is_copied_once_per_hold DO NOTHING
            """,
            values,
        )
        digest = (
            "encode(sha256(convert_to(string_agg("
            "{}::text, ',' ORDER BY event_key), 'UTF8')), 'hex')"
        )
        cursor.execute(
            f"""SELECT count(*), {digest.format("to_jsonb(log)")}
            FROM {day.name} log WHERE {covered}""",
            values,
        )
        original = cursor.fetchone()
        cursor.execute(
            f"""SELECT count(*), {digest.format('"row"')} FROM groups_heldlogentry
            WHERE hold_id = %s AND occurred_at >= %s AND occurred_at < %s""",
            [hold.pk, day.day, day.day + timedelta(days=1)],
        )
        copy = cursor.fetchone()
    if original != copy:
        raise RuntimeError(f"The copy of {day.name} for {hold} differs from the original.")
    held: int = original[0]
    return held
