"""Days of the governance log, made and looked at by plain SQL."""

from datetime import timedelta

from django.db import ProgrammingError, connection

from portal.core.ids import uuid7


def name_of(day):
    return f"groups_logentry_{day:%Y%m%d}"


def make(day):
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {name_of(day)} PARTITION OF groups_logentry FOR VALUES "
            f"FROM ('{day:%Y-%m-%d} 00:00+00') TO ('{day + timedelta(days=1):%Y-%m-%d} 00:00+00')"
        )


def insert(at, *, platform_id, group_id, subject_id=None, key=None):
    """Insert an event and return its key."""
    key = key or uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO groups_logentry (occurred_at, event_key, platform_id, source,
            event_id, kind, group_id, subject_id, sequence, received_at)
            VALUES (%s, %s, %s, 'relay', 'e', 'group.size', %s, %s, 0, now())""",
            [at, key, platform_id, group_id, subject_id],
        )
    return key


def keys(day):
    """Return the keys of a day's events: none when it was dropped, also a moment ago."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT event_key FROM {name_of(day)}")
            return {key for (key,) in cursor.fetchall()}
    except ProgrammingError:
        return set()


def exists(day):
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name_of(day)])
        return cursor.fetchone()[0]


def drop_all():
    """The flush of transactional tests does not know the log: it is no managed table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname ~ '^groups_logentry_[0-9]{8}$'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {name}")
