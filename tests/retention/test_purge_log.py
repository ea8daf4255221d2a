"""A day of the log leaves at the cost of what is held of it, and nobody who inserts waits."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from groups.actions import sealed_days
from groups.models import HeldLogEntry, SealedDay
from groups.queries import log as log_queries
from portal.core.actions import holds, purge
from portal.core.actors import Actor
from portal.core.data_classes import registry
from portal.core.models import Hold, PurgeCertificate
from tests.factories.base import AT
from tests.factories.core import HoldFactory
from tests.factories.groups import CaseFactory, GroupFactory
from tests.factories.identity import UserFactory
from tests.retention import log_days
from tests.sizes import size

pytestmark = pytest.mark.django_db(transaction=True)

SYSTEM = Actor.system("tests")
OLD = AT.replace(hour=0) - timedelta(days=184)
TODAY = AT.replace(hour=0)
NAME = "governance log"
READER_SECONDS = size(every_run=2, release=4)


class Killed(BaseException):
    pass


@pytest.fixture(autouse=True)
def only_the_log(monkeypatch):
    classes = {name: registry.classes[name] for name in (NAME, "held log entries")}
    monkeypatch.setattr(registry, "classes", classes)
    yield
    log_days.drop_all()


@pytest.fixture
def group():
    return GroupFactory()


def event(group, *, at=OLD + timedelta(hours=1), **fields):
    return log_days.insert(at, platform_id=group.platform_id, group_id=group.pk, **fields)


@pytest.fixture
def held(group):
    """An old day with an event that a hold covers and one that none does; return both keys."""
    log_days.make(OLD)
    HoldFactory(platform=group.platform, scope=Hold.Scope.GROUP, scope_id=group.pk)
    return event(group), event(GroupFactory())


def line_of(run):
    return next(line for line in run.plan if line["class"] == NAME)


def copied():
    return set(HeldLogEntry.objects.values_list("event_key", flat=True))


def test_a_sealed_day_is_dropped_without_being_read(group, held):
    assert sealed_days.seal_due(by=SYSTEM, at=AT) == 1
    assert sealed_days.seal_due(by=SYSTEM, at=AT) == 0
    seal = SealedDay.objects.get()
    asked = []

    with connection.execute_wrapper(lambda run, sql, *rest: asked.append(sql) or run(sql, *rest)):
        run = purge.run(by=SYSTEM, at=AT)

    line = line_of(run)
    assert (line["due"], line["deleted"], line["kept"]) == (1, 1, 1)
    assert not log_days.exists(OLD)
    assert not SealedDay.objects.exists()
    assert copied() == {held[0]}
    # Each question to the day is about what a hold covers.
    of_the_day = [sql for sql in asked if f"FROM {log_days.name_of(OLD)}" in sql]
    assert of_the_day
    assert [sql for sql in of_the_day if "WHERE log.group_id = %s" not in sql] == []
    assert line["gone"]["groups.LogEntry"]["rows"] == seal.rows - 1 == 1


def test_a_sealed_day_takes_no_event(group, held):
    sealed_days.seal_due(by=SYSTEM, at=AT)

    with pytest.raises(IntegrityError, match="a_sealed_day_takes_no_event"):
        event(group)


def test_the_log_begins_after_the_last_sealed_day_whatever_the_window(group, held):
    earlier = AT - timedelta(days=2)
    assert log_queries.get_start(at=earlier) < OLD
    sealed_days.seal_due(by=SYSTEM, at=AT)

    assert log_queries.get_start(at=earlier) == OLD + timedelta(days=1)
    assert log_queries.get_start(at=AT) == AT - timedelta(days=183)


def test_a_day_is_sealed_an_hour_after_it_left_the_window(held):
    ended = OLD + timedelta(days=184)

    assert sealed_days.seal_due(by=SYSTEM, at=ended + timedelta(minutes=59)) == 0
    assert sealed_days.seal_due(by=SYSTEM, at=ended + timedelta(minutes=60)) == 1


def test_a_seal_stays_as_it_was_made(held):
    sealed_days.seal_due(by=SYSTEM, at=AT)

    with (
        pytest.raises(IntegrityError, match="a_seal_stays_as_it_was_made"),
        transaction.atomic(),
    ):
        SealedDay.objects.update(rows=7)


@pytest.mark.parametrize("scope", ["PLATFORM", "GROUP", "CASE", "ACCOUNT"])
def test_every_scope_of_a_hold_reaches_the_log(group, scope):
    log_days.make(OLD)
    case = CaseFactory(group=group, platform=group.platform)
    mine, other = event(group, subject_id=case.subject_id), event(GroupFactory())
    covered = {
        "PLATFORM": group.platform_id,
        "GROUP": group.pk,
        "CASE": case.pk,
        "ACCOUNT": case.subject_id,
    }
    hold = HoldFactory(platform=group.platform, scope=scope, scope_id=covered[scope])

    dry = line_of(purge.run(by=SYSTEM, at=AT, dry=True))
    assert log_days.keys(OLD) == {mine, other}
    line = line_of(purge.run(by=SYSTEM, at=AT))

    assert copied() == {mine}
    for key in ("due", "kept", "kept_by"):
        assert dry[key] == line[key], key
    assert (line["deleted"], line["kept_by"]) == (1, {hold.reference: 1})


def test_a_hold_on_a_case_keeps_what_another_hold_had_copied(group, held):
    purge.run(by=SYSTEM, at=AT)
    first = Hold.objects.get()
    case = CaseFactory(group=group, platform=group.platform)
    person = Actor.user(UserFactory())
    later = holds.place(
        platform=group.platform,
        scope="CASE",
        scope_id=case.pk,
        matter="Order 13",
        reason="A court asked.",
        review_at=AT + timedelta(days=30),
        by=person,
        at=AT,
    )
    holds.release(hold=first, reason="The matter is closed.", by=person, at=AT)

    purge.run(by=SYSTEM, at=AT + timedelta(days=1))
    assert copied() == {held[0]}
    holds.release(hold=later, reason="The matter is closed.", by=person, at=AT)
    purge.run(by=SYSTEM, at=AT + timedelta(days=1))

    assert copied() == set()


STEPS = (
    "ADD CONSTRAINT",
    'INSERT INTO "groups_sealedday"',
    "DETACH PARTITION",
    "LOCK TABLE",
    "INSERT INTO groups_heldlogentry",
    "DROP TABLE",
    "purge.delete",
    'UPDATE "core_purgerun"',
)


@pytest.mark.parametrize("is_before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_next_run_completes_it(held, step, is_before):
    def kill(execute, sql, params, many, context):
        texts = [sql, *(value for value in params or () if isinstance(value, str))]
        is_there = any(step in text for text in texts)
        if is_there and is_before:
            raise Killed
        result = execute(sql, params, many, context)
        if is_there:
            raise Killed
        return result

    with pytest.raises(Killed), connection.execute_wrapper(kill):
        purge.run(by=SYSTEM, at=AT)
    purge.run(by=SYSTEM, at=AT)

    assert not log_days.exists(OLD)
    assert copied() == {held[0]}
    documents = [found.document for found in PurgeCertificate.objects.order_by("number")]
    assert [document["interrupted"] for document in documents] == [True, False]
    lines = [line for document in documents for line in document["classes"][:1]]
    # A run that was killed before it began with the log has no line of it.
    assert sum(line["deleted"] for line in lines) == 1
    assert sum(line["gone"].get("groups.LogEntry", {"rows": 0})["rows"] for line in lines) == 1


class Reader:
    """Somebody who reads the whole log and keeps it for a while, on another connection."""

    def __init__(self, seconds):
        self.reads, self.ends = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._read, args=[seconds])
        self.thread.start()
        assert self.reads.wait(60)

    def _read(self, seconds):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM groups_logentry")
            self.reads.set()
            self.ends.wait(seconds)
        connection.close()

    def end(self):
        self.ends.set()
        self.thread.join(60)


def test_a_reader_makes_nobody_who_inserts_wait(group, held):
    log_days.make(TODAY)
    ends, waits = threading.Event(), []

    def insert():
        while not ends.is_set():
            began = time.monotonic()
            event(group, at=AT)
            waits.append(time.monotonic() - began)
        connection.close()

    reader = Reader(READER_SECONDS)
    inserting = threading.Thread(target=insert)
    inserting.start()
    try:
        run = purge.run(by=SYSTEM, at=AT)
    finally:
        ends.set()
        inserting.join(60)
        reader.end()

    assert not log_days.exists(OLD)
    assert line_of(run)["deleted"] == 1
    assert len(waits) > 10
    assert max(waits) < 1


def test_a_detachment_that_was_cut_off_is_finished_by_the_next_run(held):
    sealed_days.seal_due(by=SYSTEM, at=AT)
    reader = Reader(60)
    refused = []

    def cut_off():
        try:
            purge.run(by=SYSTEM, at=AT)
        except OperationalError as error:
            refused.append(error)
        finally:
            connection.close()

    purging = threading.Thread(target=cut_off)
    purging.start()
    _terminate("%DETACH PARTITION%CONCURRENTLY")
    purging.join(60)
    reader.end()
    assert refused
    assert _is_half_detached()

    run = purge.run(by=SYSTEM, at=AT)

    assert not log_days.exists(OLD)
    assert copied() == {held[0]}
    assert line_of(run)["deleted"] == 1


def _terminate(query):
    """End the backend that waits in a statement, once it has marked the day as leaving."""
    for _ in range(600):
        if _is_half_detached():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE query LIKE %s AND pid <> pg_backend_pid()",
                    [query],
                )
                if cursor.fetchall():
                    return
        time.sleep(0.05)
    pytest.fail("The day was never on its way out.")


def _is_half_detached():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhdetachpending"
            " AND inhparent = 'groups_logentry'::regclass"
        )
        return cursor.fetchone()[0] == 1
