"""The partitions of the governance log as PostgreSQL knows them, and waiting for their locks."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import OperationalError, connection
from psycopg import errors

# Whoever waits longer for a lock holds up those who queue behind: step back and try again.
A_MOMENT = "50ms"
TRIES = 200


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    day: date
    is_attached: bool
    is_half_detached: bool
    is_closed: bool
    """It takes no more events."""


def list_before(cutoff: datetime) -> list[Day]:
    """List the partitions of whole days before `cutoff`, oldest first.

    Also those that an interrupted run detached and did not drop.
    """
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT c.relname, right(c.relname, 8), i.inhrelid IS NOT NULL,
                COALESCE(i.inhdetachpending, false),
                EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid
                    AND k.conname = 'a_sealed_day_takes_no_event')
            FROM pg_class c
            LEFT JOIN pg_inherits i
                ON i.inhrelid = c.oid AND i.inhparent = 'groups_logentry'::regclass
            WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
              AND c.relname ~ '^groups_logentry_[0-9]{8}$'
            ORDER BY c.relname
        """)
        found = [Day(name, date.fromisoformat(day), *rest) for name, day, *rest in cursor]
    return [day for day in found if _ends_at(day.day) <= cutoff]


def _ends_at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


@contextmanager
def waiting_at_most(limit: str) -> Iterator[None]:
    """Give up a lock after `limit`, such as "50ms"; outside of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [limit])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")


def got_locks(step: Callable[[], object]) -> bool:
    """Do a step; say whether it got its locks within the limit. What it did else is undone."""
    try:
        step()
    except OperationalError as error:
        if isinstance(error.__cause__, errors.LockNotAvailable):
            return False
        raise
    return True


def in_moments(step: Callable[[], object]) -> bool:
    """Try a step again and again, never waiting longer than a moment for its locks."""
    with waiting_at_most(A_MOMENT):
        for _ in range(TRIES):
            if got_locks(step):
                return True
            time.sleep(0.05)
    return False
