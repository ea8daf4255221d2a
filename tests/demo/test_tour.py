"""`manage.py tour` on its built-in sample, walked twice: what it prints is what it recorded."""

import logging
import re
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from credit.models import LedgerEntry
from groups.models import Appeal, Case, Decision
from portal.core.models import Hold, PurgeCertificate
from reports.models import ReportRun

NUMBERED = {"C": Case, "D": Decision, "A": Appeal, "H": Hold, "P": PurgeCertificate}
TITLES = [
    "1. Import the events of a platform, with its history",
    "2. A flag opens a case, a second one joins it",
    "3. One owner answers, one does not",
    "4. Staff decide: with points, and with a suspension",
    "5. What the decisions did",
    "6. The platform asks",
    "7. An appeal, and everything is undone",
    "8. The purge, and what a hold keeps",
    "9. A transparency report",
]


@pytest.fixture(autouse=True)
def quiet():
    """The tour silences the log of its own requests for the rest of its process."""
    logger = logging.getLogger("django_structlog")
    level = logger.level
    yield
    logger.setLevel(level)


def walk():
    out = StringIO()
    call_command("tour", stdout=out, no_color=True)
    return out.getvalue()


def recorded():
    return {
        f"{letter}-{number}"
        for letter, model in NUMBERED.items()
        for number in model.objects.values_list("number", flat=True)
    }


def printed(text):
    return set(re.findall(r"\b[CDAHP]-\d+\b", text))


def only(pattern, text):
    """The groups of the one line that the pattern finds."""
    [found] = re.findall(pattern, text)
    return found


def check(text):
    """Compare each printed figure with the row it speaks of."""
    assert re.findall(r"^\d\. .*$", text, re.MULTILINE) == TITLES

    number, flags = only(r"joins it: C-(\d+) has (\d+) flags", text)
    assert Case.objects.get(number=number).flags.count() == int(flags) == 2
    number, times = only(r"C-(\d+): nobody answered; escalated (\d+) time by", text)
    escalated = Case.objects.get(number=number).timeline.filter(kind="ESCALATED")
    assert escalated.count() == int(times) == 1

    points = re.findall(r"D-(\d+), (\S+): (-\d+) points until ([\d-]+ [\d:]+) UTC", text)
    assert len(points) == 2
    for number, account, value, until in points:
        decision = Decision.objects.get(number=number)
        entry = LedgerEntry.objects.get(decision_id=decision.pk, kind="PENALTY")
        assert str(entry.account) == account
        assert (f"{entry.points}", f"{entry.expires_at:%Y-%m-%d %H:%M}") == (value, until)

    pattern = r"A-(\d+) against D-(\d+): decision reversed by D-(\d+)"
    number, against, by = map(int, only(pattern, text))
    appeal = Appeal.objects.get(number=number)
    assert (appeal.decision.number, appeal.resulting_decision.number) == (against, by)
    assert appeal.state == "REVERSED"
    assert re.findall(r"^   May (\S+) own \S+\? (no|yes)$", text, re.MULTILINE) == [
        (str(appeal.appellant), "no"),
        (str(appeal.appellant), "yes"),
    ]

    pattern = r"Certificate P-(\d+): (\d+) deleted, (\d+) kept, SHA-256 (\w+)…"
    number, deleted, kept, digest = only(pattern, text)
    certificate = PurgeCertificate.objects.get(number=number)
    assert (certificate.deleted, certificate.kept) == (int(deleted), int(kept))
    assert certificate.sha256[:16] == digest
    kept_by = re.findall(r"(H-\d+) keeps (\d+)", text)
    assert kept_by
    assert sum(int(count) for _, count in kept_by) == certificate.kept
    assert {hold for hold, _ in kept_by} == {str(hold) for hold in Hold.objects.all()}

    version, *figures = map(
        int,
        only(
            r"version (\d+): (\d+) reports; (\d+) decisions, (\d+) upheld; "
            r"(\d+) appeals?, (\d+) reversed",
            text,
        ),
    )
    run = ReportRun.objects.get(version=version)
    summary, appeals = run.figures["summary"], run.figures["appeals"]
    assert figures == [
        *(summary[name] for name in ("reports", "decisions", "upheld")),
        *(appeals[name] for name in ("submitted", "reversed")),
    ]
    assert only(r"PDF of \d+ KB, SHA-256 (\w+)…", text) == run.pdf_sha256[:16]
    return figures


# Its report covers the calendar year, and its reports are eleven days old.
@time_machine.travel(datetime(2026, 6, 15, 12, tzinfo=UTC))
@pytest.mark.django_db(transaction=True)
def test_the_tour_prints_what_it_recorded_and_can_be_walked_again():
    first = walk()

    assert printed(first) == recorded()
    assert check(first) == [3, 2, 2, 1, 1]

    before = recorded()
    second = walk()

    assert "174 lines. Nothing was added." in second
    # The hold of the first walk still stands; all else is new.
    [hold] = Hold.objects.all()
    assert printed(second) == recorded() - before | {str(hold)}
    assert check(second) == [6, 4, 4, 2, 2]
