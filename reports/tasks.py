"""Celery wakes these; each may run twice, late or side by side."""

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
    """Make the reports that wait, oldest first."""
    runs.abandon_stuck(by=Actor.system("make_waiting"), at=timezone.now())
    waiting = ReportRun.objects.filter(state=ReportRun.State.WAITING).select_related("platform")
    for run in waiting.order_by("requested_at")[:10]:
        try:
            runs.make(run=run, by=Actor.system("make_waiting"), at=timezone.now())
        except runs.ReportConflict:
            continue  # another worker took it
