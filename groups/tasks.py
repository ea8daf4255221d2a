"""Celery wakes these; Postgres holds the work. Each may run twice, late or side by side."""

from contextlib import ExitStack

from celery import shared_task
from django.utils import timezone

from credit.actions import simulations
from credit.models import Simulation
from groups import mailer
from groups.actions import (
    claims,
    duties,
    partitions,
    risks,
    sealed_days,
    sweeps,
    transfers,
    verification_notices,
)
from groups.queries import ending_verifications, tenures
from portal.core.actors import Actor

BATCH = 500


@shared_task(name="groups.tasks.escalate_overdue", time_limit=300, ignore_result=True)
def escalate_overdue() -> None:
    by, at = Actor.system("escalate_overdue"), timezone.now()
    while sweeps.escalate_cases(by=by, at=at, limit=BATCH) == BATCH:
        pass
    while sweeps.escalate_appeals(by=by, at=at, limit=BATCH) == BATCH:
        pass


@shared_task(name="groups.tasks.close_decided", time_limit=300, ignore_result=True)
def close_decided() -> None:
    by, at = Actor.system("close_decided"), timezone.now()
    while sweeps.close_cases(by=by, at=at, limit=BATCH) == BATCH:
        pass


@shared_task(name="groups.tasks.mail_notices", time_limit=300, ignore_result=True)
def mail_notices() -> None:
    mailer.run(by=Actor.system("mail_notices"))


@shared_task(name="groups.tasks.expire_transfers_and_claims", time_limit=300, ignore_result=True)
def expire_transfers_and_claims() -> None:
    by, at = Actor.system("expire_transfers_and_claims"), timezone.now()
    while transfers.expire(by=by, at=at, limit=BATCH) == BATCH:
        pass
    while sweeps.award_claimed(by=by, at=at, limit=BATCH) == BATCH:
        pass
    while claims.expire(by=by, at=at, limit=BATCH) == BATCH:
        pass
    while sweeps.step_ownerless(by=by, at=at, limit=BATCH) == BATCH:
        pass
    sweeps.remind_ownerless(by=by, at=at, limit=BATCH)


@shared_task(name="groups.tasks.tell_of_verifications", time_limit=300, ignore_result=True)
def tell_of_verifications() -> None:
    by, at = Actor.system("tell_of_verifications"), timezone.now()
    while verification_notices.tell(by=by, at=at, limit=BATCH) == BATCH:
        pass
    while verification_notices.tell_of_revocations(by=by, at=at, limit=BATCH) == BATCH:
        pass
    for days in ending_verifications.REMINDERS:
        while verification_notices.remind(days=days, by=by, at=at, limit=BATCH) == BATCH:
            pass


@shared_task(name="groups.tasks.look_after_groups", time_limit=1800, ignore_result=True)
def look_after_groups() -> None:
    by, at = Actor.system("look_after_groups"), timezone.now()
    risks.note(by=by, at=at)
    while duties.remind(by=by, at=at, limit=BATCH):
        pass


@shared_task(name="groups.tasks.create_partitions", time_limit=120, ignore_result=True)
def create_partitions() -> None:
    at = timezone.now()
    partitions.ensure(
        first=at.date(),
        last=at.date() + partitions.AHEAD,
        by=Actor.system("create_partitions"),
        at=at,
    )


@shared_task(name="groups.tasks.seal_days", time_limit=3600, ignore_result=True)
def seal_days() -> None:
    sealed_days.seal_due(by=Actor.system("seal_days"), at=timezone.now())


@shared_task(name="groups.tasks.run_simulations", time_limit=1800, ignore_result=True)
def run_simulations() -> None:
    """Run the drafts that wait. One that fails stops no other, and is tried again."""
    by = Actor.system("run_simulations")
    simulations.abandon_stuck(by=by, at=timezone.now())
    waiting = Simulation.objects.filter(state=Simulation.State.WAITING).select_related("against")
    with ExitStack() as rest:
        for made in waiting.order_by("-attempts", "-requested_at")[:10]:
            rest.callback(_simulate, made, by)


def _simulate(made: Simulation, by: Actor) -> None:
    try:
        simulations.make(made=made, sizes=tenures.LARGEST_GROUP, by=by, at=timezone.now())
    except simulations.SimulationConflict:
        return  # another worker took it
