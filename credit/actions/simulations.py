"""Drafts run against what is recorded: asked for, made by a worker, kept as they were found."""

from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Case, F, QuerySet, Value, When

from credit import policy as policies
from credit import queries, simulation
from credit.actions import policies as policy_actions
from credit.models import Policy, Simulation
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict

State = Simulation.State
LONGEST = timedelta(minutes=30)
ATTEMPTS = 3

log = structlog.get_logger(__name__)


class SimulationConflict(Conflict):
    """The draft is being simulated, or was changed or simulated meanwhile."""

    code = "simulation-conflict"
    title = "This simulation is not possible now"


@transaction.atomic(savepoint=False)
def request(*, policy: Policy, by: Actor, at: datetime) -> Simulation:
    """Ask to run a draft against all that is recorded. Raises SimulationConflict, NoPolicy."""
    policy_actions.require_person(by)
    assert by.id
    draft = Policy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    if draft.state not in (Policy.State.DRAFT, Policy.State.SIMULATED):
        raise SimulationConflict(f"Version {draft.version} is no draft any more.")
    try:
        with transaction.atomic():
            made = Simulation.objects.create(
                platform_id=draft.platform_id,
                policy=draft,
                document=draft.document,
                against=queries.get_policy(platform_id=draft.platform_id, at=at),
                as_of=at,
                requested_by_id=by.id,
                requested_at=at,
            )
    except IntegrityError as error:
        raise SimulationConflict("This version is being simulated. Wait for the result.") from error
    new = {"version": draft.version}
    audit.record(action="simulations.request", record=made, by=by, at=at, new=new)
    return made


def make(*, made: Simulation, sizes: str, by: Actor, at: datetime) -> Simulation:
    """Run it; the draft counts as simulated then, unless it was changed meanwhile.

    What fails is noted, waits for its next attempt, and is passed on. Raises SimulationConflict
    when it is not waiting, or was given to another worker.
    """
    _claim(made=made, by=by, at=at)
    try:
        document = policies.parse(made.document)
        with transaction.atomic():
            found = simulation.run(
                document=document, against=made.against, at=made.as_of, sizes=sizes
            )
    except BaseException as error:
        log.exception("simulation_not_made", simulation=str(made.pk), attempt=made.attempts)
        _fail(made=made, error=error, by=by, at=at)
        raise
    _finish(made=made, found=found, by=by, at=at)
    return made


@transaction.atomic(savepoint=False)
def abandon_stuck(*, by: Actor, at: datetime) -> int:
    """Take back what a stopped worker left running; return how many."""
    stuck = Simulation.objects.filter(state=State.RUNNING, started_at__lt=at - LONGEST)
    found = list(stuck.select_for_update(skip_locked=True))
    for made in found:
        _give_back(_attempt(made), problem="The worker was stopped.")
        audit.record(action="simulations.abandon_stuck", record=made, by=by, at=at)
    return len(found)


@transaction.atomic(savepoint=False)
def record_export(*, made: Simulation, form: str, by: Actor, at: datetime) -> None:
    """Record who took the counts out, before their first byte leaves."""
    audit.record(action="simulations.export", record=made, by=by, at=at, new={"format": form})


@transaction.atomic(savepoint=False)
def _claim(*, made: Simulation, by: Actor, at: datetime) -> None:
    claimed = Simulation.objects.filter(pk=made.pk, state=State.WAITING).update(
        state=State.RUNNING, started_at=at, attempts=F("attempts") + 1, problem=""
    )
    if not claimed:
        raise SimulationConflict("This simulation is under way, or was made before.")
    made.refresh_from_db()
    audit.record(action="simulations.start", record=made, by=by, at=at)


@transaction.atomic(savepoint=False)
def _finish(*, made: Simulation, found: simulation.Findings, by: Actor, at: datetime) -> None:
    done = _attempt(made).update(state=State.DONE, finished_at=at, findings=found.as_json())
    if not done:
        raise SimulationConflict("This took so long that another worker was given it.")
    made.refresh_from_db()
    audit.record(
        action="simulations.finish", record=made, by=by, at=at, new={"accounts": found.accounts}
    )
    policy_actions.note_simulated(made=made, by=by, at=at)


def _attempt(made: Simulation) -> QuerySet[Simulation]:
    """Return it while this attempt has it: a slow one may have lost it to the next."""
    return Simulation.objects.filter(pk=made.pk, state=State.RUNNING, attempts=made.attempts)


@transaction.atomic(savepoint=False)
def _fail(*, made: Simulation, error: BaseException, by: Actor, at: datetime) -> None:
    _give_back(_attempt(made), problem=f"{type(error).__name__}; the logs say more.")
    audit.record(action="simulations.fail", record=made, by=by, at=at)


def _give_back(attempt: QuerySet[Simulation], *, problem: str) -> None:
    """Let it wait for its next attempt; after the last one it has failed."""
    is_spent = When(attempts__gte=ATTEMPTS, then=Value(State.FAILED))
    attempt.update(
        state=Case(is_spent, default=Value(State.WAITING)),
        problem=Case(
            When(attempts__gte=ATTEMPTS, then=Value(f"{problem} Ask for it again.")),
            default=Value(f"{problem} It is tried again."),
        ),
    )
