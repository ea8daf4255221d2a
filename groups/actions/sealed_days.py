"""Days of the log that have left the window: closed, counted and digested, once."""

import hashlib
from datetime import datetime, timedelta

from django.db import connection, transaction

from groups import log_days
from groups.log_days import Day
from groups.models import SealedDay
from portal.core import audit
from portal.core.actors import Actor
from portal.core.data_classes import registry


def seal_due(*, by: Actor, at: datetime) -> int:
    """Seal the days that have left the window, off the purge's way. Return how many were new."""
    # A request that was under way when the day ended is through by then.
    cutoff = registry.classes["governance log"].cutoff(at) - timedelta(hours=1)
    return sum(seal(day=day, by=by, at=at) for day in log_days.list_before(cutoff))


def seal(*, day: Day, by: Actor, at: datetime) -> bool:
    """Close a day and write down what it holds. Say whether that is done by this call.

    A day that somebody reads without a pause is left as it is.
    """
    if SealedDay.objects.filter(day=day.day).exists():
        return False
    if not day.is_closed and not log_days.in_moments(lambda: _close(day)):
        return False
    return _count(day=day, by=by, at=at)


def _close(day: Day) -> None:
    """Make the partition refuse events. Nothing is read: the rows there were right when they came.

    By itself, because the lock it takes must not last as long as the counting.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE {day.name} ADD CONSTRAINT a_sealed_day_takes_no_event"
            " CHECK (false) NOT VALID"
        )


@transaction.atomic(savepoint=False)
def _count(*, day: Day, by: Actor, at: datetime) -> bool:
    rows, digest = 0, hashlib.sha256()
    with connection.cursor() as cursor:
        keys = f"SELECT event_key FROM {day.name} ORDER BY occurred_at, event_key"
        with cursor.copy(f"COPY ({keys}) TO STDOUT") as copy:
            for block in copy:
                rows += bytes(block).count(b"\n")
                digest.update(block)
    sealed = SealedDay(day=day.day, rows=rows, sha256=digest.hexdigest(), sealed_at=at)
    # Somebody who sealed it at the same time has counted the same rows.
    SealedDay.objects.bulk_create([sealed], ignore_conflicts=True)
    new = {"rows": rows, "sha256": sealed.sha256}
    audit.record(action="sealed_days.seal", record=sealed, by=by, at=at, new=new)
    return True
