"""Retention windows: two people change them, the purge and the log go by what they agreed on."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections, transaction

from groups.actions import events
from groups.models import Case, LogEntry
from groups.queries import log
from portal.core.actions import purge, windows
from portal.core.actors import Actor
from portal.core.data_classes import Window, registry
from portal.core.models import AuditEntry, WindowChange
from tests.factories.base import AT
from tests.factories.events import granted
from tests.factories.groups import CaseFactory
from tests.factories.identity import UserFactory

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("tests")
CASES = "closed cases"


def person():
    return Actor.user(UserFactory())


# As outside of a test: what an action refuses halfway is rolled back with it.
@transaction.atomic
def propose(name, days, *, by=None, at=AT):
    return windows.propose(
        data_class=registry.classes[name],
        days=days,
        reason="The data protection officer asked.",
        by=by or person(),
        at=at,
    )


@transaction.atomic
def approve(change, *, by=None, at=AT):
    data_class = registry.classes[change.data_class]
    return windows.approve(change=change, data_class=data_class, by=by or person(), at=at)


@transaction.atomic
def withdraw(change):
    return windows.withdraw(change=change, by=person(), at=AT)


def change(name, days):
    return approve(propose(name, days))


def cutoff_of(run, name):
    return next(line["cutoff"] for line in run.plan if line["class"] == name)


def test_a_proposal_changes_nothing_until_a_second_person_approves_it():
    ships = registry.classes[CASES].window.days

    proposed = propose(CASES, 400)
    assert registry.classes[CASES].days() == ships
    approve(proposed)

    assert registry.classes[CASES].days() == 400
    assert registry.classes[CASES].cutoff(AT) == AT - timedelta(days=400)
    written = AuditEntry.objects.filter(record_id=str(proposed.pk)).order_by("pk")
    assert [(entry.action, entry.old, entry.new) for entry in written] == [
        ("windows.propose", {"days": ships}, {"data_class": CASES, "days": 400}),
        ("windows.approve", {"days": ships}, {"days": 400}),
    ]


def test_whoever_proposed_does_not_approve():
    by = person()
    proposed = propose(CASES, 400, by=by)

    with pytest.raises(windows.WindowConflict, match="Somebody else"):
        approve(proposed, by=by)

    proposed.refresh_from_db()
    assert proposed.is_open


@pytest.mark.parametrize(
    ("name", "days", "said"),
    [
        (CASES, 364, "between 365 and 3650"),
        (CASES, 3651, "between 365 and 3650"),
        (CASES, 730, "is 730 days already"),
        ("held log entries", 1, "cannot be changed"),
    ],
)
def test_a_window_that_may_not_be_is_refused_in_words(name, days, said):
    with pytest.raises(windows.WindowNotValid, match=said):
        propose(name, days)

    assert not WindowChange.objects.exists()


def test_one_change_of_a_class_waits_at_a_time():
    first = propose(CASES, 400)

    with pytest.raises(windows.WindowConflict, match="waits already"):
        propose(CASES, 500)

    withdraw(first)
    assert propose(CASES, 500).is_open


def test_a_settled_change_is_neither_approved_nor_withdrawn_again():
    approved, withdrawn = change(CASES, 400), propose("evidence", 90)
    withdraw(withdrawn)

    for settled in (approved, withdrawn):
        with pytest.raises(windows.WindowConflict, match="already been"):
            withdraw(settled)
    with pytest.raises(windows.WindowConflict, match="already been"):
        approve(withdrawn)

    assert registry.classes["evidence"].days() == registry.classes["evidence"].window.days


def test_a_purge_goes_by_the_window_in_force():
    closed = {"state": Case.State.CLOSED, "decided_at": AT - timedelta(days=500)}
    case = CaseFactory(**closed, closed_at=AT - timedelta(days=500))
    proposed = propose(CASES, 400)
    purge.run(by=SYSTEM, at=AT)
    assert Case.objects.filter(pk=case.pk).exists()

    approve(proposed)
    run = purge.run(by=SYSTEM, at=AT)

    assert not Case.objects.filter(pk=case.pk).exists()
    assert cutoff_of(run, CASES) == (AT - timedelta(days=400)).isoformat()


def test_a_longer_window_keeps_what_was_due():
    closed = {"state": Case.State.CLOSED, "decided_at": AT - timedelta(days=800)}
    case = CaseFactory(**closed, closed_at=AT - timedelta(days=800))
    change(CASES, 900)

    purge.run(by=SYSTEM, at=AT)

    assert Case.objects.filter(pk=case.pk).exists()


def test_the_log_takes_events_back_to_where_its_window_begins(platform):
    def sent(name):
        """Send an event of 200 days ago."""
        batch = events.ingest(
            platform=platform, events=[granted(name, group="g", days=-200)], by=SYSTEM, at=AT
        )
        return batch, LogEntry.objects.count()

    refused, logged = sent("before")
    assert logged == 0
    change("governance log", 365)
    assert log.get_start(at=AT) == AT - timedelta(days=365)
    accepted, logged = sent("longer")
    assert logged == 1

    later = AT + timedelta(minutes=1)
    approve(propose("governance log", 30, at=later), at=later)
    again, logged = sent("shorter")
    assert logged == 1
    assert refused != accepted != again


def test_a_floor_that_the_code_raised_since_comes_first(monkeypatch):
    change(CASES, 400)
    raised = Window(730, floor=600, ceiling=3650)
    monkeypatch.setitem(
        registry.classes,
        CASES,
        replace(registry.classes[CASES], window=raised),
    )

    assert registry.classes[CASES].days() == 600


@pytest.mark.django_db(transaction=True)
def test_no_window_changes_while_a_purge_runs():
    proposed = propose(CASES, 400)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [purge.LOCK])
        with pytest.raises(purge.PurgeRunning):
            approve(proposed)
    finally:
        other.close()

    assert registry.classes[CASES].days() == 730
    approve(proposed)
    assert registry.classes[CASES].days() == 400
