"""Reports are asked for, made once, frozen with their digests, and published."""

import hashlib
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid
from portal.core.models import Platform
from reports import figures, files
from reports.models import ReportRun
from reports.models.runs import ReportKind

State = ReportRun.State
LONGEST = timedelta(hours=1)


class PeriodNotValid(Invalid):
    """The period is empty, has not begun, or lacks the note a correction needs."""

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
    Raises PeriodNotValid, ReportConflict.
    """
    if not period_from < period_to or period_from >= at:
        raise PeriodNotValid("Choose a period that has begun and ends after its start.")
    earlier = ReportRun.objects.filter(
        platform=platform,
        kind=ReportKind.TRANSPARENCY,
        period_from=period_from,
        period_to=period_to,
    )
    version = earlier.count() + 1
    if version > 1 and not correction_note.strip():
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
                correction_note=correction_note.strip(),
                requested_by_id=by.id if by.is_person else None,
                requested_at=at,
            )
    except IntegrityError as error:
        raise ReportConflict("Somebody asked for this version a moment ago.") from error
    audit.record(action="runs.request", record=run, by=by, at=at, new={"version": version})
    return run


def make(*, run: ReportRun, by: Actor, at: datetime) -> ReportRun:
    """Count, render and freeze. A run that another worker took is left alone.

    Raises ReportConflict when it is not waiting.
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
        _fail(run=run, error=error, by=by, at=at)
        raise
    with transaction.atomic():
        ReportRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
            state=State.DONE,
            progress=100,
            finished_at=at,
            figures=counted,
            **made,
            **{f"{form}_sha256": hashlib.sha256(file).hexdigest() for form, file in made.items()},
        )
        audit.record(action="runs.make", record=run, by=by, at=at)
    run.refresh_from_db()
    return run


@transaction.atomic(savepoint=False)
def abandon_stuck(*, by: Actor, at: datetime) -> int:
    """Mark as failed what a stopped worker left running; return how many."""
    stuck = ReportRun.objects.filter(state=State.RUNNING, started_at__lt=at - LONGEST)
    found = list(stuck.select_for_update(skip_locked=True))
    for run in found:
        ReportRun.objects.filter(pk=run.pk).update(
            state=State.FAILED, error="The worker was stopped. Make the report again."
        )
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
def _claim(*, run: ReportRun, by: Actor, at: datetime) -> None:
    claimed = ReportRun.objects.filter(pk=run.pk, state__in=[State.WAITING, State.FAILED]).update(
        state=State.RUNNING, started_at=at, progress=5, error=""
    )
    if not claimed:
        raise ReportConflict("This report is being made, or was made before.")
    audit.record(action="runs.start", record=run, by=by, at=at)


def _progress(run: ReportRun, percent: int) -> None:
    ReportRun.objects.filter(pk=run.pk).update(progress=percent)


@transaction.atomic(savepoint=False)
def _fail(*, run: ReportRun, error: BaseException, by: Actor, at: datetime) -> None:
    ReportRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
        state=State.FAILED, error=f"{type(error).__name__}. Ask for it again, or see the logs."
    )
    audit.record(action="runs.fail", record=run, by=by, at=at)
