"""Celery wakes these; Postgres holds the work. Each may run twice, late or side by side."""

from celery import shared_task
from django.utils import timezone

from credit.actions import policies, standings
from portal.core.actors import Actor

# Each a transaction: 0.3 s where no answer changes, some seconds where every one does.
BATCH = 5000


@shared_task(name="credit.tasks.refresh_standings", time_limit=300, ignore_result=True)
def refresh_standings() -> None:
    by = Actor.system("refresh_standings")
    while standings.refresh_due(by=by, at=timezone.now(), limit=BATCH) >= BATCH:
        pass


@shared_task(name="credit.tasks.activate_policies", time_limit=300, ignore_result=True)
def activate_policies() -> None:
    policies.activate_due(by=Actor.system("activate_policies"), at=timezone.now())
