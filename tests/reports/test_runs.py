"""How a report is asked for, tried again when it fails, and made once."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse

from portal.core.actors import Actor
from portal.core.models import AuditEntry
from reports import files, tasks
from reports.actions import runs
from reports.models import ReportRun
from tests.admin.entering import enter
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.identity import staff_user
from tests.factories.reports import ReportRunFactory

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("tests")
PERIOD = {"period_from": datetime(2026, 10, 1, tzinfo=UTC), "period_to": AT.replace(day=1, hour=0)}
SENT = {"_form_submitted": "on"}


@pytest.fixture
def platform():
    return PlatformFactory(name="Relay")


def ask(platform, *, at=AT, **fields):
    return runs.request(**{"platform": platform, "by": SYSTEM, "at": at} | PERIOD | fields)


def make(run, *, at=AT):
    return runs.make(run=run, by=SYSTEM, at=at)


def refused(error, platform, **fields):
    """Return what it says, and check that nothing was asked for."""
    before = ReportRun.objects.count()
    with pytest.raises(error) as caught, transaction.atomic():
        ask(platform, **fields)
    assert ReportRun.objects.count() == before
    return str(caught.value)


def typeset_fails_for(monkeypatch, *services):
    real = files.to_pdf

    def to_pdf(figures, **fields):
        if figures["service"] in services:
            raise ValueError("no fonts")
        return real(figures, **fields)

    monkeypatch.setattr(files, "to_pdf", to_pdf)


def wake(at):
    with time_machine.travel(at, tick=False):
        tasks.make_waiting()


def test_a_report_is_made_once(platform):
    run = make(ask(platform))

    with pytest.raises(runs.ReportConflict), transaction.atomic():
        make(run)


def test_a_second_version_says_what_it_corrects(platform):
    make(ask(platform))

    assert "Say what the new version corrects" in refused(runs.PeriodNotValid, platform)
    second = ask(platform, correction_note="Two late reports.")

    assert (second.version, second.correction_note) == (2, "Two late reports.")


def test_another_version_waits_until_the_one_before_is_made(platform):
    ask(platform)

    sentence = refused(runs.ReportConflict, platform, correction_note="Two late reports.")

    assert sentence == "This report is being made. See it before you ask for another version."


def test_a_report_whose_worker_was_stopped_is_made_at_the_next_wake_up(platform, monkeypatch):
    run = ask(platform)
    with monkeypatch.context() as patch:
        patch.setattr(runs, "_fail", lambda **_: None)
        typeset_fails_for(patch, "Relay")
        with pytest.raises(ValueError, match="no fonts"):
            make(run)
    run.refresh_from_db()
    assert run.state == "RUNNING"

    wake(AT + timedelta(minutes=59))
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("RUNNING", 1)
    wake(AT + timedelta(minutes=61))

    run.refresh_from_db()
    assert (run.state, run.attempts, run.error) == ("DONE", 2, "")
    assert run.as_of == AT


def test_a_report_that_keeps_failing_is_parked_after_five_attempts(platform, monkeypatch):
    run = ask(platform)
    typeset_fails_for(monkeypatch, "Relay")

    for attempt in range(1, 6):
        with pytest.raises(ValueError, match="no fonts"):
            wake(AT + timedelta(minutes=attempt))
        run.refresh_from_db()
        assert run.attempts == attempt
        assert run.state == ("WAITING" if attempt < 5 else "FAILED")
    wake(AT + timedelta(minutes=6))

    run.refresh_from_db()
    assert (run.state, run.attempts, run.progress) == ("FAILED", 5, 0)
    assert run.error == "ValueError; the logs say more. Ask for the report again."
    assert AuditEntry.objects.filter(action="runs.fail", record_id=str(run.pk)).count() == 5


def test_a_worker_that_is_stopped_five_times_gets_no_sixth(platform):
    run = ReportRunFactory(state="RUNNING", attempts=5, started_at=AT, platform=platform)

    wake(AT + timedelta(hours=2))

    run.refresh_from_db()
    assert run.state == "FAILED"
    assert run.error == "The worker was stopped. Ask for the report again."


def test_one_report_that_fails_stops_no_other(platform, monkeypatch):
    first = ask(PlatformFactory(name="Broken"))
    second = ask(platform, at=AT + timedelta(seconds=1))
    third = ask(PlatformFactory(name="Other"), at=AT + timedelta(seconds=2))
    typeset_fails_for(monkeypatch, "Broken")

    with pytest.raises(ValueError, match="no fonts"):
        wake(AT + timedelta(minutes=1))

    states = [ReportRun.objects.get(pk=run.pk).state for run in (first, second, third)]
    assert states == ["WAITING", "DONE", "DONE"]


def test_a_slow_worker_does_not_finish_what_another_one_was_given(platform, monkeypatch):
    run = ask(platform)
    real, late = files.to_csv, AT + timedelta(hours=2)

    def to_csv(figures):
        monkeypatch.setattr(files, "to_csv", real)
        runs.abandon_stuck(by=SYSTEM, at=late)
        make(ReportRun.objects.get(pk=run.pk), at=late)
        return real(figures)

    monkeypatch.setattr(files, "to_csv", to_csv)
    with pytest.raises(runs.ReportConflict):
        make(run)

    run.refresh_from_db()
    assert (run.state, run.attempts, run.finished_at) == ("DONE", 2, late)
    assert AuditEntry.objects.filter(action="runs.make", record_id=str(run.pk)).count() == 1


def test_what_is_asked_for_after_a_failure_is_the_first_version_and_no_correction(platform):
    ReportRunFactory(platform=platform, **PERIOD, state="FAILED", attempts=5)

    again = make(ask(platform, correction_note="Another try."))

    assert (again.version, again.correction_note) == (1, "")
    assert ask(platform, correction_note="Two late reports.").version == 2


@pytest.mark.parametrize(
    ("first", "until"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), PERIOD["period_to"]),
        (datetime(2014, 12, 31, tzinfo=UTC), PERIOD["period_to"]),
        (datetime(2016, 10, 1, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC)),
        (PERIOD["period_from"], datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_a_period_lies_in_ten_years_since_2015(platform, first, until):
    sentence = refused(runs.PeriodNotValid, platform, period_from=first, period_to=until)

    assert sentence == "Choose a period of at most ten years that begins in 2015 or later."


def test_ten_whole_years_can_be_reported(platform):
    first, until = datetime(2015, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)

    assert ask(platform, period_from=first, period_to=until).state == "WAITING"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "days",
    [
        {"first": "2026-10-01", "last": date.max.isoformat()},
        {"first": date.min.isoformat(), "last": "2026-10-31"},
    ],
)
def test_the_dialog_says_which_days_a_report_may_cover(platform, days):
    response = enter(staff_user(platform, "AUDITOR")).post(
        reverse("admin:reports_reportrun_run_report"), SENT | days | {"platform": str(platform.pk)}
    )

    assert response.status_code == 422
    assert "at most ten years that begins in 2015 or later" in response.content.decode()
    assert not ReportRun.objects.exists()
