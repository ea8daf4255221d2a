"""The purge: what is older than its window and not held leaves, and a certificate says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from django.db import DatabaseError, IntegrityError, connection, transaction

from portal.core import audit, certificates, signing
from portal.core.actors import Actor
from portal.core.data_classes import DataClass, registry
from portal.core.errors import Conflict
from portal.core.models import PurgeCertificate, PurgeRun
from portal.core.purging import Line, Tell, Work, plan_line

LOCK = 0x50555247  # "PURG"
State = PurgeRun.State
Clock = Callable[[], datetime]


class PurgeRunning(Conflict):
    """Another purge is at work, or waits to be."""

    code = "purge-running"
    advice = "Wait until it has finished; its page shows how far it is."


class PurgeNotPlanned(Conflict):
    """A purge is started from a finished dry run that no other purge has followed."""

    code = "purge-not-planned"
    advice = "Start a dry run, read what would go, and start the purge from its page."


def plan(*, at: datetime) -> list[Line]:
    """List, class by class, what a purge at `at` would delete, what stays, and why."""
    return [plan_line(data_class, at=at) for data_class in registry.classes.values()]


@transaction.atomic(savepoint=False)
def request_dry_run(*, by: Actor, at: datetime) -> PurgeRun:
    """Ask for a run that only says what it would do; a worker takes it. Raises PurgeRunning."""
    return _request(PurgeRun(is_dry=True, as_of=at), by=by, at=at)


@transaction.atomic(savepoint=False)
def request(*, dry_run: PurgeRun, by: Actor, at: datetime) -> PurgeRun:
    """Ask for the purge that a dry run has shown, with its cut-offs; a worker takes it.

    Raises PurgeNotPlanned, PurgeRunning.
    """
    if not may_be_followed(dry_run=dry_run):
        raise PurgeNotPlanned(
            "Start a new dry run first: this one has not finished, or a purge followed it."
        )
    return _request(PurgeRun(is_dry=False, as_of=dry_run.as_of, follows=dry_run), by=by, at=at)


def may_be_followed(*, dry_run: PurgeRun) -> bool:
    """Say whether a purge can be started from this run."""
    if not dry_run.is_dry or dry_run.state != State.DONE:
        return False
    return not PurgeRun.objects.filter(follows=dry_run).exists()


def run(
    *,
    by: Actor,
    at: datetime,
    dry: bool = False,
    clock: Clock | None = None,
    tell: Tell = lambda place, line: None,
) -> PurgeRun:
    """Delete what is due in every class, or only say so when `dry`.

    Not one transaction: each batch commits by itself and notes what it deleted, so an interrupted
    run is certified exactly and the next one does the rest. `clock` is the caller's; without one,
    time stands still at `at`. `tell` hears of every step. Raises PurgeRunning.
    """
    clock = clock or (lambda: at)
    with _alone():
        _settle_interrupted(by=by, at=clock())
        return _perform(_start(by=by, at=at, dry=dry), by=by, clock=clock, tell=tell)


def run_waiting(*, by: Actor, at: datetime, clock: Clock) -> PurgeRun | None:
    """Run what a person asked for, if it still waits. Raises PurgeRunning."""
    with _alone():
        _settle_interrupted(by=by, at=at)
        taken = _take(by=by, at=at)
        if taken is None:
            return None
        return _perform(taken, by=by, clock=clock, tell=lambda place, line: None)


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise PurgeRunning("A purge is running at this moment. Wait until it has finished.")
    try:
        yield
    finally:
        # A connection that was lost took its lock with it.
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _request(asked: PurgeRun, *, by: Actor, at: datetime) -> PurgeRun:
    asked.state, asked.run_by = State.WAITING, by.label
    asked.run_by_user = by.id if by.is_person else None
    try:
        with transaction.atomic():
            asked.save(force_insert=True)
    except IntegrityError as error:
        raise PurgeRunning("A purge waits to be run already. See it in the list.") from error
    audit.record(action="purge.request", record=asked, by=by, at=at, new={"dry": asked.is_dry})
    return asked


@transaction.atomic(savepoint=False)
def _start(*, by: Actor, at: datetime, dry: bool) -> PurgeRun:
    started = PurgeRun.objects.create(
        is_dry=dry,
        state=State.RUNNING,
        as_of=at,
        started_at=at,
        run_by=by.label,
        run_by_user=by.id if by.is_person else None,
    )
    audit.record(action="purge.start", record=started, by=by, at=at, new={"dry": dry})
    return started


@transaction.atomic(savepoint=False)
def _take(*, by: Actor, at: datetime) -> PurgeRun | None:
    waiting = PurgeRun.objects.select_for_update().filter(state=State.WAITING)
    taken = waiting.order_by("pk").first()
    if taken is None:
        return None
    PurgeRun.objects.filter(pk=taken.pk).update(state=State.RUNNING, started_at=at)
    taken.refresh_from_db()
    audit.record(action="purge.start", record=taken, by=by, at=at, new={"dry": taken.is_dry})
    return taken


def _perform(purge_run: PurgeRun, *, by: Actor, clock: Clock, tell: Tell) -> PurgeRun:
    try:
        for data_class in registry.classes.values():
            cutoff = data_class.cutoff(purge_run.as_of)
            work = Work(run=purge_run, cutoff=cutoff, by=by, clock=clock, tell=tell)
            _purge_class(data_class, work=work)
        return _finish(purge_run=purge_run, by=by, at=clock())
    except BaseException as error:
        # When the process or the database is gone as well, the next run does this.
        with suppress(DatabaseError):
            _settle_interrupted(
                by=by, at=clock(), why=f"{type(error).__name__}; the logs say more."
            )
        raise


def _purge_class(data_class: DataClass, *, work: Work) -> None:
    work.begin(plan_line(data_class, at=work.run.as_of))
    if not work.run.is_dry:
        data_class.engine.purge(work=work)
        work.finish()


@transaction.atomic(savepoint=False)
def _finish(*, purge_run: PurgeRun, by: Actor, at: datetime) -> PurgeRun:
    PurgeRun.objects.filter(pk=purge_run.pk).update(state=State.DONE, finished_at=at)
    purge_run.refresh_from_db()
    _certify(purge_run, at=at)
    audit.record(action="purge.finish", record=purge_run, by=by, at=at)
    return purge_run


@transaction.atomic(savepoint=False)
def _settle_interrupted(
    *, by: Actor, at: datetime, why: str = "The process that ran it was stopped."
) -> None:
    """We hold the lock, so a run that is still RUNNING was interrupted: certify what it deleted."""
    for broken in PurgeRun.objects.filter(state=State.RUNNING).order_by("pk"):
        PurgeRun.objects.filter(pk=broken.pk).update(
            state=State.FAILED,
            finished_at=at,
            error=f"The run was interrupted: {why} The next one does the rest.",
        )
        broken.refresh_from_db()
        _certify(broken, at=at)
        audit.record(action="purge.abandon", record=broken, by=by, at=at)


def _certify(purge_run: PurgeRun, *, at: datetime) -> None:
    """Sign what a real run deleted, also one that was interrupted."""
    if purge_run.is_dry:
        return
    with connection.cursor() as cursor:
        # The number is part of what is signed.
        cursor.execute("SELECT nextval('core_certificate_number')")
        number = cursor.fetchone()[0]
    document = certificates.compose(number=number, purge_run=purge_run, issued_at=at)
    signature = signing.sign(document)
    PurgeCertificate.objects.create(
        number=number,
        run=purge_run,
        deleted=certificates.count_deleted(document),
        kept=sum(line["kept"] for line in document["classes"]),
        document=document,
        sha256=signature.sha256,
        signature=signature.value,
        key_id=signature.key_id,
        public_key=signing.public_key_bytes().hex(),
        issued_at=at,
    )
