"""Imports of files: how far one got is kept, so that it can go on and never happens twice."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from groups.actions import events as event_actions
from groups.batches import Outcome, Status
from groups.events import GovernanceEvent, Refusal
from groups.models import ImportRun
from portal.core import audit, errors
from portal.core.actors import Actor
from portal.core.models import Platform


class OtherImport(errors.Conflict):
    """The same file was imported in another way, or is being imported at this moment."""

    code = "other-import"


@transaction.atomic(savepoint=False)
def begin(
    *,
    platform: Platform,
    file_name: str,
    file_sha256: str,
    with_history: bool,
    rebased_by: timedelta | None,
    by: Actor,
    at: datetime,
) -> ImportRun:
    """Start the import of a file, or find how far an earlier one got.

    `rebased_by` is kept from the first time: the rest of the file is shifted alike. Raises
    OtherImport when the file was begun with other options.
    """
    run, is_new = ImportRun.objects.get_or_create(
        platform=platform,
        file_sha256=file_sha256,
        defaults={
            "file_name": file_name[:200],
            "with_history": with_history,
            "rebased_by": rebased_by,
            "started_at": at,
        },
    )
    if is_new:
        new = {"file_sha256": file_sha256, "with_history": with_history}
        audit.record(action="imports.begin", record=run, by=by, at=at, new=new)
    if (run.with_history, run.rebased_by is None) != (with_history, rebased_by is None):
        raise OtherImport(
            f"This file was imported on {run.started_at:%Y-%m-%d} {_options(run)}. "
            "Use the same options to continue it."
        )
    return run


def _options(run: ImportRun) -> str:
    history = "with --history" if run.with_history else "without --history"
    return f"{history} and {'without' if run.rebased_by is None else 'with'} --rebase"


@transaction.atomic(savepoint=False)
def take(
    *,
    run: ImportRun,
    events: Sequence[GovernanceEvent | Refusal],
    lines_before: int,
    lines_done: int,
    by: Actor,
    at: datetime,
) -> Outcome:
    """Ingest the events of the lines between `lines_before` and `lines_done` of the file."""
    locked = ImportRun.objects.select_for_update().select_related("platform").get(pk=run.pk)
    if locked.lines_done != lines_before or locked.finished_at:
        raise OtherImport(
            "Somebody else is importing this file at this moment. Wait until they have finished."
        )
    outcome = event_actions.ingest(
        platform=run.platform,
        events=events,
        by=by,
        at=at,
        history=run.with_history,
    )
    statuses = [verdict.status for verdict in outcome.verdicts]
    run.lines_done = lines_done
    run.accepted = locked.accepted + statuses.count(Status.ACCEPTED)
    run.duplicate = locked.duplicate + statuses.count(Status.DUPLICATE)
    run.refused = locked.refused + statuses.count(Status.REFUSED)
    run.not_logged = locked.not_logged + statuses.count(Status.ACCEPTED) - outcome.logged
    run.save(update_fields=["lines_done", "accepted", "duplicate", "refused", "not_logged"])
    return outcome


@transaction.atomic(savepoint=False)
def finish(*, run: ImportRun, by: Actor, at: datetime) -> None:
    """Close the import: the same file adds nothing from now on."""
    if ImportRun.objects.filter(pk=run.pk, finished_at=None).update(finished_at=at):
        run.finished_at = at
        new = {"accepted": run.accepted, "duplicate": run.duplicate, "refused": run.refused}
        audit.record(action="imports.finish", record=run, by=by, at=at, new=new)
