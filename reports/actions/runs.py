"""Reports are asked for, made once, frozen with their digests, and published."""

import hashlib
from datetime import UTC, datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Case, F, QuerySet, Value, When

from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid
from portal.core.models import Platform
from reports import figures, files
from reports.models import ReportRun
from reports.models.runs import ReportKind

State = ReportRun.State
LONGEST = timedelta(hours=1)
ATTEMPTS = 5
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
# Ten years, leap days included.
LONGEST_PERIOD = timedelta(days=3653)

log = structlog.get_logger(__name__)


class PeriodNotValid(Invalid):
    """The period is empty, too long, has not begun, or lacks the note a correction needs."""

    code = "report-period-not-valid"


class ReportConflict(Conflict):
    """The report was made, is being made, or was published before."""

    code = "report-conflict"


@transaction.atomic(savepoint=False)
def request(
    *,
    platform: Platform,
    period_from: datetime,
    period_to: datetime,
    correction_note: str = "",
    by: Actor,
    at: datetime,
) -> ReportRun:
    """Ask for a transparency report over [`period_from`, `period_to`), as of `at`.

    A period that was reported before needs a note of what changed, and becomes the next version.
    A first version corrects nothing and carries no note; a run that failed reported nothing.
    Raises PeriodNotValid, ReportConflict.
    """
    _require_period(period_from, period_to, at=at)
    earlier = ReportRun.objects.of_period(
        platform=platform, period_from=period_from, period_to=period_to
    )
    if earlier.being_made().exists():
        raise ReportConflict(
            "This report is being made. See it before you ask for another version."
        )
    version = earlier.count() + 1
    note = correction_note.strip() if version > 1 else ""
    if version > 1 and not note:
        raise PeriodNotValid("This period was reported before. Say what the new version corrects.")
    try:
        with transaction.atomic():
            run = ReportRun.objects.create(
                platform=platform,
                kind=ReportKind.TRANSPARENCY,
                period_from=period_from,
                period_to=period_to,
                as_of=at,
                version=version,
                correction_note=note,
                requested_by_id=by.id if by.is_person else None,
                requested_at=at,
            )
    except IntegrityError as error:
        raise ReportConflict("Somebody asked for this version a moment ago.") from error
    audit.record(action="runs.request", record=run, by=by, at=at, new={"version": version})
    return run


def make(*, run: ReportRun, by: Actor, at: datetime) -> ReportRun:
    """Count, render and freeze. A run that another worker took is left alone.

    What fails is noted on the run, which waits for its next attempt, and passed on. Raises
    ReportConflict when it is not waiting, or was given to another worker meanwhile.
    """
    _claim(run=run, by=by, at=at)
    try:
        counted = figures.get_figures(
            platform=run.platform,
            period_from=run.period_from,
            period_to=run.period_to,
            as_of=run.as_of,
        )
        _progress(run, 40)
        made = {
            "json": files.to_json(counted),
            "csv": files.to_csv(counted),
            "pdf": files.to_pdf(counted, version=run.version, correction_note=run.correction_note),
        }
        _progress(run, 90)
    except BaseException as error:
        log.exception("report_not_made", report=str(run.pk), attempt=run.attempts)
        _fail(run=run, error=error, by=by, at=at)
        raise
    with transaction.atomic():
        done = _attempt(run).update(
            state=State.DONE,
            progress=100,
            finished_at=at,
            figures=counted,
            **made,
            **{f"{form}_sha256": hashlib.sha256(file).hexdigest() for form, file in made.items()},
        )
        if not done:
            raise ReportConflict("This took so long that another worker was given the report.")
        audit.record(action="runs.make", record=run, by=by, at=at)
    run.refresh_from_db()
    return run


@transaction.atomic(savepoint=False)
def abandon_stuck(*, by: Actor, at: datetime) -> int:
    """Take back what a stopped worker left running; return how many.

    It waits again, or is marked as failed after its last attempt.
    """
    stuck = ReportRun.objects.filter(state=State.RUNNING, started_at__lt=at - LONGEST)
    found = list(stuck.select_for_update(skip_locked=True))
    for run in found:
        _give_back(ReportRun.objects.filter(pk=run.pk), error="The worker was stopped.")
        audit.record(action="runs.abandon_stuck", record=run, by=by, at=at)
    return len(found)


@transaction.atomic(savepoint=False)
def publish(*, run: ReportRun, by: Actor, at: datetime) -> ReportRun:
    """Show a finished report to everybody. Raises ReportConflict."""
    published = ReportRun.objects.filter(pk=run.pk, state=State.DONE, published_at=None).update(
        published_at=at
    )
    if not published:
        raise ReportConflict("Only a finished report that is not published yet can be published.")
    audit.record(action="runs.publish", record=run, by=by, at=at)
    run.refresh_from_db()
    return run


@transaction.atomic(savepoint=False)
def record_export(*, run: ReportRun, form: str, by: Actor, at: datetime) -> None:
    """Record which of the staff took a file out, before its first byte leaves."""
    audit.record(action="runs.export", record=run, by=by, at=at, new={"format": form})


def _require_period(period_from: datetime, period_to: datetime, *, at: datetime) -> None:
    if not period_from < period_to or period_from >= at:
        raise PeriodNotValid("Choose a period that has begun and ends after its start.")
    if period_from < EARLIEST or period_to - period_from > LONGEST_PERIOD:
        raise PeriodNotValid(
            f"Choose a period of at most ten years that begins in {EARLIEST.year} or later."
        )


@transaction.atomic(savepoint=False)
def _claim(*, run: ReportRun, by: Actor, at: datetime) -> None:
    claimed = ReportRun.objects.filter(pk=run.pk, state=State.WAITING).update(
        state=State.RUNNING, started_at=at, progress=5, attempts=F("attempts") + 1, error=""
    )
    if not claimed:
        raise ReportConflict("This report is being made, or was made before.")
    run.refresh_from_db(fields=["state", "started_at", "progress", "attempts", "error"])
    audit.record(action="runs.start", record=run, by=by, at=at)


def _attempt(run: ReportRun) -> QuerySet[ReportRun]:
    """Return the run while this attempt has it: a slow one may have lost it to the next."""
    return ReportRun.objects.filter(pk=run.pk, state=State.RUNNING, attempts=run.attempts)


def _progress(run: ReportRun, percent: int) -> None:
    _attempt(run).update(progress=percent)


@transaction.atomic(savepoint=False)
def _fail(*, run: ReportRun, error: BaseException, by: Actor, at: datetime) -> None:
    _give_back(_attempt(run), error=f"{type(error).__name__}; the logs say more.")
    audit.record(action="runs.fail", record=run, by=by, at=at)


def _give_back(attempt: QuerySet[ReportRun], *, error: str) -> None:
    """Let a run wait for its next attempt; after the last one it is parked as failed."""
    is_spent = When(attempts__gte=ATTEMPTS, then=Value(State.FAILED))
    ends = When(attempts__gte=ATTEMPTS, then=Value(f"{error} Ask for the report again."))
    attempt.update(
        state=Case(is_spent, default=Value(State.WAITING)),
        error=Case(ends, default=Value(f"{error} It is tried again.")),
        progress=0,
    )
