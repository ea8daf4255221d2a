"""Celery wakes these; Postgres holds the work. Each may run twice, late or side by side."""

from contextlib import suppress

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError
from oauth2_provider.models import clear_expired

from portal.core import dispatch
from portal.core.actions import expiry
from portal.core.actions import purge as purges
from portal.core.actors import Actor

BATCH = 1000


@shared_task(name="portal.core.tasks.deliver_outbox", time_limit=60, ignore_result=True)
def deliver_outbox() -> None:
    # A request takes at most 5 seconds, so this ends well before the hard limit.
    dispatch.run(seconds=20, by=Actor.system("deliver_outbox"))


@shared_task(name="portal.core.tasks.clean_expired", time_limit=300, ignore_result=True)
def clean_expired() -> None:
    while expiry.clean(by=Actor.system("clean_expired"), at=timezone.now(), limit=BATCH) >= BATCH:
        pass
    clear_expired()


@shared_task(name="portal.core.tasks.purge", time_limit=6 * 3600, ignore_result=True)
def purge() -> None:
    # The run that is at work does the same.
    with suppress(purges.PurgeRunning):
        purges.run(by=Actor.system("purge"), at=timezone.now(), clock=timezone.now)


@shared_task(name="portal.core.tasks.run_waiting_purges", time_limit=6 * 3600, ignore_result=True)
def run_waiting_purges() -> None:
    """Run what people asked for; a run that is at work now leaves it to the next minute."""
    with suppress(purges.PurgeRunning):
        purges.run_waiting(
            by=Actor.system("run_waiting_purges"), at=timezone.now(), clock=timezone.now
        )


def wake_purge() -> None:
    """Run what was asked for now; without a broker, the next minute's wake-up does."""
    with suppress(OperationalError):
        run_waiting_purges.apply_async(expires=60, retry=False)
