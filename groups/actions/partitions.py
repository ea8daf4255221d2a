"""The days of the governance log: partitions are created ahead, there is no default one."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

from groups.models import LogEntry
from portal.core import audit
from portal.core.actors import Actor

LOCK = 0x4C4F4744  # "LOGD"
# More than a long weekend, so that a task that fails on Friday stops nobody on Monday.
AHEAD = timedelta(days=7)


def ensure(*, first: date, last: date, by: Actor, at: datetime) -> list[date]:
    """Create the missing partitions from `first` to `last`. Return the days that were new."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return ensure_days(days=days, by=by, at=at)


@transaction.atomic(savepoint=False)
def ensure_days(*, days: Iterable[date], by: Actor, at: datetime) -> list[date]:
    """Create the missing partitions of these days (UTC). Return the days that were new."""
    wanted = set(days)
    if not wanted - _existing(wanted):
        return []
    with connection.cursor() as cursor:
        # Whoever else creates partitions waits here, and then finds ours.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    missing = sorted(wanted - _existing(wanted))
    for day in missing:
        _create(day)
    if missing:
        new = {"first": str(missing[0]), "last": str(missing[-1]), "days": len(missing)}
        audit.record(action="partitions.ensure", record=LogEntry, by=by, at=at, new=new)
    return missing


def name_of(day: date) -> str:
    return f"groups_logentry_{day:%Y%m%d}"


def _existing(days: set[date]) -> set[date]:
    """Return those of the days that have a partition."""
    if not days:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT right(c.relname, 8) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'groups_logentry'::regclass AND c.relname = ANY(%s)",
            [[name_of(day) for day in sorted(days)]],
        )
        return {date.fromisoformat(day) for (day,) in cursor.fetchall()}


def _create(day: date) -> None:
    """Attach a new table: unlike PARTITION OF, that stops neither readers nor writers."""
    name = name_of(day)
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {name} (LIKE groups_logentry INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
        )
        cursor.execute(
            f"ALTER TABLE groups_logentry ATTACH PARTITION {name}"
            f" FOR VALUES FROM ('{begins.isoformat()}')"
            f" TO ('{(begins + timedelta(days=1)).isoformat()}')"
        )
