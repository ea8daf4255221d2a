"""Celery wakes these; each may run twice, late or side by side."""

from contextlib import ExitStack

from celery import shared_task
from django.utils import timezone

from portal.core.actors import Actor
from reports.actions import runs, schedules
from reports.models import ReportRun


@shared_task(name="reports.tasks.run_schedules", time_limit=300, ignore_result=True)
def run_schedules() -> None:
    schedules.run_due(by=Actor.system("run_schedules"), at=timezone.now())


@shared_task(name="reports.tasks.make_waiting", time_limit=1800, ignore_result=True)
def make_waiting() -> None:
    """Make the reports that wait, those that failed before last. One that fails stops no other."""
    runs.abandon_stuck(by=Actor.system("make_waiting"), at=timezone.now())
    waiting = ReportRun.objects.filter(state=ReportRun.State.WAITING).select_related("platform")
    chosen = list(waiting.order_by("attempts", "requested_at")[:10])
    # The stack calls what is left even after a failure, the last one added first, and passes the
    # failure on when all were called.
    with ExitStack() as rest:
        for run in reversed(chosen):
            rest.callback(_make, run)


def _make(run: ReportRun) -> None:
    try:
        runs.make(run=run, by=Actor.system("make_waiting"), at=timezone.now())
    except runs.ReportConflict:
        return  # another worker took it
