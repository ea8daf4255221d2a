"""Celery wakes the work that PostgreSQL holds: losing the broker loses no work.

Every entry of the schedule finds its work in rows, so it may run twice, late or side by side.
"""

import logging.config
import os
from datetime import timedelta
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

from portal.core.schedule import PURGE_TIME

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

TEN_SECONDS = timedelta(seconds=10)
A_MINUTE = timedelta(minutes=1)
TEN_MINUTES = timedelta(minutes=10)
AN_HOUR = timedelta(hours=1)


def entry(task: str, schedule: timedelta | crontab) -> dict[str, Any]:
    """Schedule a task. A wake-up that nobody took before the next one is dropped."""
    expires = schedule if isinstance(schedule, timedelta) else timedelta(hours=12)
    return {"task": task, "schedule": schedule, "options": {"expires": expires.total_seconds()}}


BEAT_SCHEDULE = {
    "deliver the outbox": entry("portal.core.tasks.deliver_outbox", TEN_SECONDS),
    "escalate what is overdue": entry("groups.tasks.escalate_overdue", A_MINUTE),
    "mail notices": entry("groups.tasks.mail_notices", A_MINUTE),
    "mail verification links": entry("identity.tasks.mail_verification_links", A_MINUTE),
    "make reports that wait": entry("reports.tasks.make_waiting", A_MINUTE),
    "put policies into effect": entry("credit.tasks.activate_policies", A_MINUTE),
    "run simulations": entry("groups.tasks.run_simulations", A_MINUTE),
    "refresh standings": entry("credit.tasks.refresh_standings", A_MINUTE),
    "expire verifications": entry("identity.tasks.expire_verifications", TEN_MINUTES),
    "remind of overdue holds": entry("identity.tasks.remind_of_holds", TEN_MINUTES),
    "tell of verifications": entry("groups.tasks.tell_of_verifications", A_MINUTE),
    "expire transfers and claims": entry("groups.tasks.expire_transfers_and_claims", TEN_MINUTES),
    "clean what has expired": entry("portal.core.tasks.clean_expired", AN_HOUR),
    "close decided cases": entry("groups.tasks.close_decided", AN_HOUR),
    "run scheduled reports": entry("reports.tasks.run_schedules", AN_HOUR),
    "create partitions ahead": entry("groups.tasks.create_partitions", crontab(minute=5, hour=1)),
    "look after groups": entry("groups.tasks.look_after_groups", crontab(minute=40, hour=3)),
    "purge": entry(
        "portal.core.tasks.purge",
        crontab(minute=PURGE_TIME.minute, hour=PURGE_TIME.hour),
    ),
    "seal days of the log": entry("groups.tasks.seal_days", crontab(minute=20, hour=1)),
    "run purges that wait": entry("portal.core.tasks.run_waiting_purges", A_MINUTE),
}

app = Celery("accord")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = BEAT_SCHEDULE
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()


@setup_logging.connect
def log_as_the_web_does(**_: Any) -> None:
    """Keep Celery from installing its own format, which quotes the arguments of tasks."""
    logging.config.dictConfig(settings.LOGGING)
