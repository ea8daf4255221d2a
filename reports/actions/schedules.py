"""Reports that are made again for every period."""

from datetime import UTC, datetime

from django.db import transaction

from portal.core import audit
from portal.core.actors import Actor
from reports.actions import runs
from reports.models import ReportRun, ReportSchedule

MONTHS = {
    ReportSchedule.Every.MONTH: 1,
    ReportSchedule.Every.QUARTER: 3,
    ReportSchedule.Every.HALF_YEAR: 6,
    ReportSchedule.Every.YEAR: 12,
}


@transaction.atomic(savepoint=False)
def run_due(*, by: Actor, at: datetime) -> list[ReportRun]:
    """Ask for the report of every schedule that is due; return the runs.

    The period is the one that ended when the schedule fell due. A report that somebody asked for
    after its end takes the place of the scheduled one. Several may run side by side.
    """
    due = ReportSchedule.objects.filter(is_enabled=True, next_run_at__lte=at).select_related(
        "platform"
    )
    made = []
    for schedule in due.select_for_update(of=("self",), skip_locked=True).order_by("pk"):
        months = MONTHS[ReportSchedule.Every(schedule.every)]
        ends = _first_of_month(schedule.next_run_at)
        begins = _add_months(ends, -months)
        reported = ReportRun.objects.of_period(
            platform=schedule.platform, period_from=begins, period_to=ends
        )
        # What was made before the period had ended leaves out its last days.
        if not reported.filter(as_of__gte=ends).exists():
            if reported.being_made().exists():
                continue  # the next wake-up asks, when the early one is done
            early = reported.order_by("version").last()
            note = f"Version {early.version} was made before the period had ended." if early else ""
            made.append(
                runs.request(
                    platform=schedule.platform,
                    period_from=begins,
                    period_to=ends,
                    correction_note=note,
                    by=by,
                    at=at,
                )
            )
        schedule.next_run_at = _add_months(schedule.next_run_at, months)
        schedule.save(update_fields=["next_run_at"])
        audit.record(
            action="schedules.run_due",
            record=schedule,
            by=by,
            at=at,
            new={"next_run_at": schedule.next_run_at.isoformat()},
        )
    return made


def _first_of_month(instant: datetime) -> datetime:
    return datetime(instant.year, instant.month, 1, tzinfo=UTC)


def _add_months(instant: datetime, months: int) -> datetime:
    """Move by whole months; the day is 28 or less for a schedule, so every month has it."""
    index = instant.year * 12 + instant.month - 1 + months
    return instant.replace(year=index // 12, month=index % 12 + 1)
