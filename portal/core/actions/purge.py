"""The purge: what is older than its window and not held leaves, and a certificate says so."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from portal.core import audit, signing
from portal.core.actors import Actor
from portal.core.data_classes import DataClass, registry
from portal.core.errors import Conflict
from portal.core.models import PurgeCertificate, PurgeRun

LOCK = 0x50555247  # "PURG"


class PurgeRunning(Conflict):
    """Another purge is at work."""

    code = "purge-running"
    advice = "Wait until it has finished; its page shows how far it is."


def plan(*, at: datetime) -> list[dict[str, Any]]:
    """List, class by class, what a purge at `at` would delete and what a hold keeps."""
    return [_planned(data_class, at) for data_class in registry.classes.values()]


def run(*, by: Actor, at: datetime, dry: bool = False) -> PurgeRun:
    """Delete what is due in every class, or only say so when `dry`.

    Not one transaction: each batch commits by itself, so an interrupted run has deleted what
    it counted and the next one does the rest. Raises PurgeRunning.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise PurgeRunning("A purge is running at this moment. Wait until it has finished.")
    try:
        _abandon_interrupted_runs(by=by, at=at)
        purge_run = _start(by=by, at=at, dry=dry)
        lines = []
        for data_class in registry.classes.values():
            line = _planned(data_class, at)
            if not dry:
                purged = data_class.engine.purge(cutoff=data_class.cutoff(at), by=by, at=at)
                line |= {"deleted": purged.deleted, "sha256": purged.sha256}
            lines.append(line)
        return _finish(purge_run=purge_run, lines=lines, by=by, at=at)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _planned(data_class: DataClass, at: datetime) -> dict[str, Any]:
    cutoff = data_class.cutoff(at)
    planned = data_class.engine.plan(cutoff=cutoff)
    return {
        "class": data_class.name,
        "window_days": data_class.window.days,
        "starts": data_class.starts,
        "cutoff": cutoff.isoformat(),
        "due": planned.due,
        "kept": planned.kept,
        "kept_by": dict(planned.kept_by),
        "details": list(planned.details),
    }


@transaction.atomic(savepoint=False)
def _start(*, by: Actor, at: datetime, dry: bool) -> PurgeRun:
    purge_run = PurgeRun.objects.create(is_dry=dry, as_of=at, started_at=at, run_by=by.label)
    audit.record(action="purge.start", record=purge_run, by=by, at=at, new={"dry": dry})
    return purge_run


@transaction.atomic(savepoint=False)
def _finish(
    *, purge_run: PurgeRun, lines: list[dict[str, Any]], by: Actor, at: datetime
) -> PurgeRun:
    PurgeRun.objects.filter(pk=purge_run.pk).update(
        state=PurgeRun.State.DONE, finished_at=at, plan=lines
    )
    purge_run.refresh_from_db()
    if not purge_run.is_dry:
        _certify(purge_run=purge_run, lines=lines, at=at)
    audit.record(action="purge.finish", record=purge_run, by=by, at=at)
    return purge_run


def _certify(*, purge_run: PurgeRun, lines: list[dict[str, Any]], at: datetime) -> None:
    document: dict[str, Any] = {
        "type": "accord.purge-certificate.v1",
        "run": str(purge_run.pk),
        "run_by": purge_run.run_by,
        "as_of": purge_run.as_of.isoformat(),
        "issued_at": at.isoformat(),
        "classes": lines,
    }
    signature = signing.sign(document)
    PurgeCertificate.objects.create(
        run=purge_run,
        deleted=sum(line["deleted"] for line in lines),
        kept=sum(line["kept"] for line in lines),
        document=document,
        sha256=signature.sha256,
        signature=signature.value,
        key_id=signature.key_id,
        issued_at=at,
    )


@transaction.atomic(savepoint=False)
def _abandon_interrupted_runs(*, by: Actor, at: datetime) -> None:
    """We hold the lock, so a run that is still RUNNING was killed."""
    for killed in PurgeRun.objects.filter(state=PurgeRun.State.RUNNING):
        PurgeRun.objects.filter(pk=killed.pk).update(
            state=PurgeRun.State.FAILED,
            finished_at=at,
            error="The run was interrupted.",
        )
        audit.record(action="purge.abandon", record=killed, by=by, at=at)
