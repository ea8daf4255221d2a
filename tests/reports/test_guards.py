"""The constraints and triggers of reports' tables, each broken once and refused by its name."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from portal.core.ids import uuid7
from reports.models import AuthorityRequest, DsaStatement, ReportRun, ReportSchedule
from reports.models.runs import FILES
from tests.credit.breaking import Breaks
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.identity import UserFactory
from tests.factories.reports import ReportRunFactory

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
STATES = [state.value for state in ReportRun.State]
STEPS = {("WAITING", "RUNNING"), ("RUNNING", "WAITING"), ("RUNNING", "DONE"), ("RUNNING", "FAILED")}


def make(model, **fields):
    with fixture_rows():
        return model.objects.create(**fields)


def change(row, **fields):
    with fixture_rows():
        assert type(row).objects.filter(pk=row.pk).update(**fields) == 1


def delete_as_the_purge(row):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL accord.purging = 'on'")
        assert row.delete()[0] == 1


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


def test_a_version_that_failed_was_not_made(platform):
    ReportRunFactory(platform=platform, state="FAILED")
    ReportRunFactory(platform=platform, state="FAILED")
    ReportRunFactory(platform=platform, state="WAITING")

    with Breaks("a_report_version_is_made_once"):
        ReportRunFactory(platform=platform)


@pytest.mark.parametrize("after", [timedelta(0), -DAY])
def test_a_report_covers_some_time(after):
    with Breaks("a_report_covers_some_time"):
        ReportRunFactory(period_from=AT, period_to=AT + after)


def test_a_correction_says_what_changed():
    with Breaks("a_correction_says_what_changed"):
        ReportRunFactory(version=2)


def test_a_first_version_corrects_nothing():
    with Breaks("a_first_version_corrects_nothing"):
        ReportRunFactory(correction_note="Two late reports.")


@pytest.mark.parametrize("state", [state for state in STATES if state != "DONE"])
def test_a_report_is_finished_before_it_is_published(state):
    with Breaks("a_report_is_finished_before_it_is_published"):
        ReportRunFactory(state=state, published_at=AT)


@pytest.mark.parametrize("missing", ["figures", "finished_at", *FILES])
def test_a_report_is_not_finished_without_its_files(missing):
    digest = {f"{missing}_sha256": "0" * 64} if missing in FILES else {}

    with Breaks("a_finished_report_has_figures_files_and_digests"):
        ReportRunFactory(**{missing: None}, **digest)


@pytest.mark.parametrize("form", FILES)
def test_a_report_is_not_finished_without_a_digest_of_each_file(form):
    with Breaks("a_finished_report_has_figures_files_and_digests"):
        ReportRunFactory(**{f"{form}_sha256": ""})


@pytest.mark.parametrize(
    "better",
    [
        {"platform": PlatformFactory},
        {"period_from": AT - 60 * DAY},
        {"period_to": AT + DAY},
        {"as_of": AT + DAY},
        {"version": 3},
        {"correction_note": "Another."},
        {"requested_at": AT + DAY},
        {"finished_at": AT + DAY},
        {"figures": {"summary": "better"}},
        *({form: b"better"} for form in FILES),
        *({f"{form}_sha256": "0" * 64} for form in FILES),
    ],
    ids=lambda better: next(iter(better)),
)
def test_a_finished_report_is_frozen(better):
    run = ReportRunFactory(version=2, correction_note="Two late reports.")
    values = {name: value() if callable(value) else value for name, value in better.items()}

    with Breaks("a_finished_report_is_frozen"):
        change(run, **values)


@pytest.mark.parametrize("moment", [None, AT + DAY])
def test_a_published_report_stays_published(moment):
    run = ReportRunFactory()
    change(run, published_at=AT)

    with Breaks("a_published_report_stays_published"):
        change(run, published_at=moment)


@pytest.mark.parametrize("state", STATES)
def test_a_report_is_deleted_by_the_purge_only(state):
    run = ReportRunFactory(state=state)
    with Breaks("a_report_is_deleted_by_the_purge_only"):
        run.delete()

    delete_as_the_purge(run)


@pytest.mark.parametrize(("before", "after"), [(a, b) for a in STATES for b in STATES if a != b])
def test_a_report_moves_by_legal_steps(before, after):
    run = ReportRunFactory(state=before)

    if (before, after) in STEPS:
        change(run, state=after)
        assert ReportRun.objects.get().state == after
    else:
        with Breaks("a_report_moves_by_legal_steps"):
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


@pytest.mark.parametrize(
    "fields",
    [
        {"reviewed_by": uuid7()},
        {"reviewed_at": AT + DAY},
        {"reviewed_by": None, "reviewed_at": None},
    ],
)
def test_a_statement_is_reviewed_once(fields):
    row = statement()
    change(row, reviewed_by=uuid7(), reviewed_at=AT)

    with Breaks("a_statement_is_reviewed_once"):
        change(row, **fields)


@pytest.mark.parametrize("fields", [{"reviewed_by": uuid7()}, {"reviewed_at": AT}])
def test_a_review_of_a_statement_says_who_and_when(fields):
    with Breaks("a_review_of_a_statement_says_who_and_when"):
        statement(**fields)


@pytest.mark.parametrize("moment", [None, AT + DAY])
def test_a_statement_is_sent_once(moment):
    row = statement(reviewed_by=uuid7(), reviewed_at=AT)
    change(row, sent_at=AT)

    with Breaks("a_statement_is_sent_once"):
        change(row, sent_at=moment)


def test_a_statement_is_deleted_by_the_purge_only():
    row = statement()
    with Breaks("a_statement_is_deleted_by_the_purge_only"):
        row.delete()

    delete_as_the_purge(row)
