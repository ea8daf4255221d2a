from datetime import UTC, datetime, timedelta

import pytest

from portal.core.actors import Actor
from reports.actions import runs, schedules
from reports.models import ReportRun, ReportSchedule
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.reports import ReportRunFactory

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("tests")
PERIOD = {
    "period_from": AT.replace(day=1, hour=0),
    "period_to": datetime(2026, 12, 1, tzinfo=UTC),
}
DUE = PERIOD["period_to"] + timedelta(days=4)


@pytest.fixture
def schedule():
    return ReportSchedule.objects.create(
        platform=PlatformFactory(), kind="TRANSPARENCY", every="MONTH", next_run_at=DUE
    )


def run_due(at=DUE):
    return schedules.run_due(by=SYSTEM, at=at)


def ask(platform, at):
    return runs.request(platform=platform, **PERIOD, by=SYSTEM, at=at)


def test_a_schedule_asks_once_for_the_period_that_ended(schedule):
    assert run_due(DUE - timedelta(seconds=1)) == []
    (run,) = run_due()
    assert run_due() == []

    assert (run.period_from, run.period_to) == (PERIOD["period_from"], PERIOD["period_to"])
    schedule.refresh_from_db()
    assert (schedule.next_run_at.year, schedule.next_run_at.month) == (2027, 1)


def test_what_somebody_asked_for_after_the_period_takes_its_place(schedule):
    ask(schedule.platform, PERIOD["period_to"])

    assert run_due() == []
    schedule.refresh_from_db()
    assert schedule.next_run_at > DUE


def test_what_was_made_before_the_period_had_ended_does_not(schedule):
    early = ask(schedule.platform, AT)
    runs.make(run=early, by=SYSTEM, at=AT)

    (run,) = run_due()

    assert (run.version, run.as_of) == (2, DUE)
    assert run.correction_note == "Version 1 was made before the period had ended."


def test_a_schedule_waits_for_an_early_report_that_is_being_made(schedule):
    early = ask(schedule.platform, AT)

    assert run_due() == []
    schedule.refresh_from_db()
    assert schedule.next_run_at == DUE

    runs.make(run=early, by=SYSTEM, at=DUE)
    assert [run.version for run in run_due(DUE + timedelta(hours=1))] == [2]


def test_a_report_that_failed_does_not_count_as_made(schedule):
    ReportRunFactory(
        platform=schedule.platform, **PERIOD, as_of=PERIOD["period_to"], state="FAILED"
    )

    (run,) = run_due()

    assert (run.version, run.correction_note) == (1, "")
    assert ReportRun.objects.count() == 2
