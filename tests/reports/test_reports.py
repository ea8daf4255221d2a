import csv
import hashlib
import io
import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse

from portal.core import cells
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from reports import charts, files, publishing, tables
from reports.actions import runs
from tests.admin.entering import enter
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.groups import CaseFactory, DecisionFactory, FlagFactory, RuleFactory
from tests.factories.identity import staff_user

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("tests")
LATER = AT + timedelta(days=20)
PERIOD = {
    "period_from": AT.replace(day=1, hour=0),
    "period_to": AT.replace(month=12, day=1, hour=0),
}


@pytest.fixture
def platform():
    """Eight reports in seven cases, six decisions, five of them upheld."""
    platform = PlatformFactory(name="=Relay")
    rule = RuleFactory(platform=platform, title="Scams")
    for number in range(6):
        case = CaseFactory(platform=platform, rule=rule, state="DECIDED", decided_at=AT)
        FlagFactory(case=case)
        upheld = number > 0
        DecisionFactory(
            case=case,
            outcome="MEASURES" if upheld else "DISMISSED",
            points=-2 if upheld else 0,
            decided_at=AT + timedelta(hours=10),
        )
    double = CaseFactory(platform=platform, rule=rule)
    FlagFactory.create_batch(2, case=double)
    other = FlagFactory()  # another platform
    assert other.platform != platform
    return platform


def made(platform):
    run = runs.request(platform=platform, **PERIOD, by=SYSTEM, at=LATER)
    return runs.make(run=run, by=SYSTEM, at=LATER)


def test_it_counts_what_came_in_and_what_was_decided(platform):
    figures = made(platform).figures

    assert figures["summary"] == {
        "reports": 8,
        "cases": 7,
        "decisions": 6,
        "upheld": 5,
        "median_minutes_to_decide": 600,
    }
    assert figures["by_month"] == [{"month": "2026-11", "received": 8, "decided": 6}]
    assert figures["by_rule"] == [
        {
            "rule": figures["by_rule"][0]["rule"],
            "title": "Scams",
            "received": 8,
            "decided": 6,
            "upheld": 5,
            "appeals": 0,
            "reversed": 0,
        }
    ]
    assert figures["automation"]["decisions_by_machines"] == 0


def test_the_digests_are_of_the_files_that_are_sent(platform, client):
    run = runs.publish(run=made(platform), by=SYSTEM, at=LATER)

    for form in ("json", "csv", "pdf"):
        body = client.get(reverse("reports:download", args=[run.pk, form])).content
        assert hashlib.sha256(body).hexdigest() == getattr(run, f"{form}_sha256")
    assert bytes(run.pdf).startswith(b"%PDF-")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_run_is_neutralised(start):
    assert cells.neutralise(f"{start}1+1") == f"'{start}1+1"
    assert cells.neutralise(5) == 5


def test_the_csv_and_the_json_agree(platform):
    figures = made(platform).figures
    rows = list(csv.DictReader(io.StringIO(files.to_csv(figures).decode())))
    public = json.loads(files.to_json(figures))

    by_rule = {row["measure"]: row["value"] for row in rows if row["section"] == "By rule"}
    assert by_rule["Reports"] == str(public["by_rule"][0]["received"]) == "8"
    # Five of six: the one that was not upheld could be worked out.
    assert by_rule["Upheld"] == str(public["by_rule"][0]["upheld"]) == "not shown"


def test_a_finished_report_keeps_its_files_when_we_write_reports_in_another_way(
    platform, client, monkeypatch
):
    run = runs.publish(run=made(platform), by=SYSTEM, at=LATER)

    monkeypatch.setattr(tables, "build", lambda figures, *, month: [])

    sent = client.get(reverse("reports:download", args=[run.pk, "csv"])).content
    assert files.to_csv(run.figures) != sent
    assert hashlib.sha256(sent).hexdigest() == run.csv_sha256


def test_an_unpublished_report_answers_like_a_missing_one(platform, client):
    run = made(platform)

    unpublished = client.get(reverse("reports:report", args=[run.pk]))
    missing = client.get(reverse("reports:report", args=["0192f0c1-2345-7abc-8def-0123456789ab"]))

    assert unpublished.status_code == missing.status_code == 404


def test_an_auditor_downloads_it_before_it_is_published_and_a_reviewer_does_not(platform):
    run = made(platform)
    address = reverse("admin:reports_reportrun_download", args=[run.pk, "csv"])

    auditor, reviewer = (enter(staff_user(platform, role)) for role in ("AUDITOR", "REVIEWER"))
    page = auditor.get(reverse("admin:reports_reportrun_change", args=[run.pk]))
    sent = auditor.get(address)

    assert address in page.content.decode()
    assert hashlib.sha256(sent.content).hexdigest() == run.csv_sha256
    assert auditor.get(address.replace(".csv", ".exe")).status_code == 404
    assert reviewer.get(address).status_code == 404
    entry = AuditEntry.objects.get(action="runs.export")
    assert (entry.platform_id, entry.record_id) == (platform.pk, str(run.pk))
    assert entry.new == {"format": "csv"}


def test_the_published_page_shows_the_tables(platform, client):
    run = runs.publish(run=made(platform), by=SYSTEM, at=LATER)

    page = client.get(reverse("reports:report", args=[run.pk])).content.decode()

    assert "By rule" in page
    assert "Scams" in page
    assert (
        reverse("reports:report", args=[run.pk])
        in client.get(reverse("reports:list")).content.decode()
    )


def test_a_month_without_anything_is_a_line_of_zeros(platform):
    run = runs.request(
        platform=platform,
        period_from=PERIOD["period_from"] - timedelta(days=31),
        period_to=PERIOD["period_to"],
        by=SYSTEM,
        at=LATER,
    )
    figures = runs.make(run=run, by=SYSTEM, at=LATER).figures

    assert figures["by_month"] == [
        {"month": "2026-10", "received": 0, "decided": 0},
        {"month": "2026-11", "received": 8, "decided": 6},
    ]


@pytest.mark.parametrize(
    ("reversed_", "upheld", "value", "label"),
    [
        (6, 18, "6", "of 24 decided appeals changed the decision (25 %)"),
        ("<5", 0, "<5", "of <5 decided appeals changed the decision"),
        ("<5", 9, "<5", "of 10 to 13 decided appeals changed the decision"),
        ("<5", "not shown", "<5", "of 6 or more decided appeals changed the decision"),
        (0, 0, "0", "of 0 decided appeals changed the decision"),
    ],
)
def test_a_sum_of_hidden_counts_is_a_range(platform, reversed_, upheld, value, label):
    figures = made(platform).figures
    figures["appeals"] |= {"reversed": reversed_, "partially_reversed": 0, "upheld": upheld}

    card = tables.cards(figures)[-1]

    assert (card.value, card.label) == (value, label)


def test_the_picture_says_of_a_hidden_count_what_the_table_says(platform):
    figures = made(platform).figures
    figures["by_month"][0]["decided"] = 3

    drawn = tables.chart(publishing.hide_small(figures))

    assert "<title>Nov 2026, Reports received: 8</title>" in drawn
    assert "<title>Nov 2026, Decisions: &lt;5</title>" in drawn


@pytest.mark.parametrize(("months", "labels"), [(1, 1), (9, 9), (12, 6), (120, 10)])
def test_a_picture_of_many_months_has_bars_and_labels_that_fit(months, labels):
    names = [f"month {number}" for number in range(months)]
    series = [charts.Series(name, name, "#000000", [7] * months) for name in ("one", "two")]

    drawn = charts.bars(title="Many", labels=names, series=series)

    widths = [float(width) for width in re.findall(r'<rect[^>]* width="([^"]*)"', drawn)]
    assert len(widths) == 2 * months
    assert min(widths) > 0
    assert len(re.findall(r">month \d+</text>", drawn)) == labels


def test_a_period_is_told_by_its_days_and_an_odd_one_by_its_hours():
    first, until = PERIOD["period_from"], PERIOD["period_to"]

    assert tables.period(first, until) == "1 November 2026 to 30 November 2026"
    assert (
        tables.period(first, until + timedelta(hours=6))
        == "1 November 2026, 00:00 UTC to 1 December 2026, 06:00 UTC"
    )
