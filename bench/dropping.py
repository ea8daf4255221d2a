"""The purge of the log as the nightly task runs it: its engine alone, not the other classes."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg

NAME = "governance log"
# A day that is being read is left to the next run.
TRIES = 20


def purge(*, at: datetime, is_gone: Callable[[], bool]) -> float:
    """Run the engine until the day is gone; return the seconds."""
    from portal.core.data_classes import registry  # settings are named only now

    data_class = registry.classes[NAME]
    spent = 0.0
    for _ in range(TRIES):
        run = _prepare(data_class, at)
        started = time.perf_counter()
        run()
        spent += time.perf_counter() - started
        if is_gone():
            return spent
    raise AssertionError(f"{TRIES} purges did not take the day away.")


def seal(*, at: datetime) -> float:
    """Count and digest the days that have left the window; return the seconds."""
    from groups.actions import sealed_days
    from portal.core.actors import Actor

    started = time.perf_counter()
    sealed_days.seal_due(by=Actor.system("bench"), at=at)
    return time.perf_counter() - started


def forget_seals(database: psycopg.Connection) -> None:
    """The same day is made again and again here."""
    with database.transaction():
        database.execute("SET LOCAL session_replication_role = replica")
        database.execute("DELETE FROM groups_sealedday")


def _prepare(data_class: Any, at: datetime) -> Callable[[], object]:
    """Return the purge itself; what a run writes down before it begins is not part of it."""
    from portal.core.actors import Actor

    by, cutoff = Actor.system("bench"), data_class.cutoff(at)
    from portal.core.models import PurgeRun
    from portal.core.purging import Work, plan_line

    run = PurgeRun.objects.create(
        is_dry=False, state="RUNNING", as_of=at, started_at=at, run_by=by.label
    )
    work = Work(run=run, cutoff=cutoff, by=by, clock=lambda: at, tell=lambda number, line: None)
    work.begin(plan_line(data_class, at=at))
    return lambda: data_class.engine.purge(work=work)
