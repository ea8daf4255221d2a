"""The constraints and triggers of reports' tables, each broken once and refused by its name."""

from datetime import timedelta

import pytest

from portal.core.ids import uuid7
from reports.models import AuthorityRequest, DsaStatement, ReportRun, ReportSchedule
from tests.credit.breaking import Breaks
from tests.factories.base import AT, fixture_rows
from tests.factories.identity import UserFactory
from tests.factories.reports import ReportRunFactory

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
STATES = [state.value for state in ReportRun.State]
STEPS = {("WAITING", "RUNNING"), ("RUNNING", "DONE"), ("RUNNING", "FAILED"), ("FAILED", "RUNNING")}


def make(model, **fields):
    with fixture_rows():
        return model.objects.create(**fields)


def change(row, **fields):
    with fixture_rows():
        assert type(row).objects.filter(pk=row.pk).update(**fields) == 1


def authority_request(platform, **fields):
    values = {
        "platform": platform,
        "kind": "PROVIDE_INFORMATION",
        "country": "DE",
        "received_date": AT.date(),
        "recorded_by": UserFactory(),
        "recorded_at": AT,
    }
    return make(AuthorityRequest, **(values | fields))


def statement(**fields):
    values = {
        "decision_id": uuid7(),
        "puid": f"accord-{uuid7()}",
        "payload": {"category": "SCAMS"},
        "created_at": AT,
    }
    return make(DsaStatement, **(values | fields))


def test_a_report_version_is_made_once(platform):
    first = ReportRunFactory(platform=platform)
    ReportRunFactory()
    ReportRunFactory(platform=platform, period_to=first.period_to - DAY)
    ReportRunFactory(platform=platform, version=2, correction_note="A case was added.")

    with Breaks("a_report_version_is_made_once"):
        ReportRunFactory(platform=platform)


@pytest.mark.parametrize("after", [timedelta(0), -DAY])
def test_a_report_covers_some_time(after):
    with Breaks("a_report_covers_some_time"):
        ReportRunFactory(period_from=AT, period_to=AT + after)


def test_a_correction_says_what_changed():
    with Breaks("a_correction_says_what_changed"):
        ReportRunFactory(version=2)


@pytest.mark.parametrize(("before", "after"), [(a, b) for a in STATES for b in STATES if a != b])
def test_report_run_moves_forward_only(before, after):
    run = ReportRunFactory(state=before)

    if (before, after) in STEPS:
        change(run, state=after)
        assert ReportRun.objects.get().state == after
    else:
        with Breaks("report_run_moves_forward_only"):
            change(run, state=after)


def test_a_report_is_scheduled_once(platform):
    schedule = {"platform": platform, "kind": "TRANSPARENCY", "next_run_at": AT}
    make(ReportSchedule, **schedule, every="MONTH")
    make(ReportSchedule, **schedule, every="YEAR")

    with Breaks("a_report_is_scheduled_once"):
        make(ReportSchedule, **schedule, every="MONTH", is_enabled=False)


@pytest.mark.parametrize("left_out", ["outcome", "outcome_date"])
def test_an_outcome_comes_with_its_date(platform, left_out):
    outcome = {"outcome": "COMPLIED", "outcome_date": AT.date()}
    authority_request(platform, **outcome)

    with Breaks("an_outcome_comes_with_its_date"):
        authority_request(platform, **(outcome | {left_out: None}))


@pytest.mark.parametrize("country", ["", "D", "de", "D1"])
def test_a_country_is_two_capital_letters(platform, country):
    with Breaks("a_country_is_two_capital_letters"):
        authority_request(platform, country=country)


def test_a_statement_is_reviewed_before_it_is_sent():
    row = statement()
    with Breaks("a_statement_is_reviewed_before_it_is_sent"):
        change(row, sent_at=AT)

    change(row, reviewed_by=uuid7(), reviewed_at=AT, sent_at=AT)


@pytest.mark.parametrize("puid", ["", "a b", "a/b", "ä", "a\nb"])
def test_a_statement_has_a_legal_puid(puid):
    with Breaks("a_statement_has_a_legal_puid"):
        statement(puid=puid)


@pytest.mark.parametrize(
    "fields",
    [
        {"decision_id": uuid7()},
        {"puid": "another"},
        {"payload": {"category": "OTHER"}},
        {"created_at": AT - DAY},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_statement_is_written_once(fields):
    row = statement()
    with Breaks("a_statement_is_written_once"):
        change(row, **fields)
