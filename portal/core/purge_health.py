"""How the purge has been doing: when it last finished, and which runs did not."""

from dataclasses import dataclass

from django.db import connection

from portal.core.actions.purge import LOCK
from portal.core.models import PurgeRun


@dataclass(frozen=True, slots=True)
class PurgeHealth:
    last: PurgeRun | None
    """The latest that deleted and finished."""
    failed: list[PurgeRun]
    """What began to delete since then and failed or was interrupted, latest first."""
    running: PurgeRun | None


def get_purge_health() -> PurgeHealth:
    runs = PurgeRun.objects.filter(is_dry=False)
    last = runs.filter(state=PurgeRun.State.DONE).order_by("-finished_at").first()
    since = runs.filter(started_at__gt=last.started_at or last.as_of) if last else runs
    unfinished = since.filter(state__in=[PurgeRun.State.RUNNING, PurgeRun.State.FAILED])
    found = list(unfinished.order_by("-started_at")[:20])
    at_work = _is_at_work()
    running = next((run for run in found if at_work and run.state == PurgeRun.State.RUNNING), None)
    return PurgeHealth(last, [run for run in found if run is not running], running)


def _is_at_work() -> bool:
    """Say whether a process holds the lock of the purge: a killed one does not."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (
                SELECT FROM pg_locks
                JOIN pg_database ON pg_database.oid = pg_locks.database
                WHERE datname = current_database() AND locktype = 'advisory' AND granted
                    AND mode = 'ExclusiveLock' AND classid = 0 AND objid = %s AND objsubid = 1
            )
            """,
            [LOCK],
        )
        found: bool = cursor.fetchone()[0]
    return found
