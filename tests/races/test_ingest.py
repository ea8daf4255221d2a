"""Batches of one platform that arrive side by side, over real connections."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from groups.actions import events, imports, partitions
from groups.models import Group, ImportRun, LogEntry, RoleEvent, Tenure
from identity.models import Account
from portal.core.actors import Actor
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.events import event, granted, revoked
from tests.sizes import size

BY = Actor.system("tests")
TRIALS = size(every_run=10, release=60)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty_log():
    """The flush of transactional tests does not know the log: it is no managed table."""
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'groups_logentry'::regclass"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {name}")


def side_by_side(*jobs):
    """Run each job on a connection of its own, all at once. Return what they raised and gave."""
    barrier, raised, done = threading.Barrier(len(jobs)), [], []

    def work(job):
        try:
            barrier.wait(timeout=60)
            done.append(job())
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return raised, done


def ingest(platform, found):
    return events.ingest(platform=platform, events=found, by=BY, at=AT)


def tenures(platform):
    rows = Tenure.objects.filter(platform=platform).select_related("group", "account")
    return sorted(
        (
            row.group.external_id,
            row.account.external_id,
            row.role,
            row.since,
            row.until or AT,
            row.began,
            row.ended or "",
        )
        for row in rows
    )


def story():
    """Forty events about three groups, most of them about roles."""
    found = []
    for place in range(40):
        group, who = f"g-{place % 3}", f"p-{place % 5}"
        when = {"group": group, "time": AT - timedelta(hours=100 - place), "sequence": place}
        found.append(
            [granted(who, **when), revoked(who, **when), granted(who, "manager", **when)][place % 3]
            if place % 4
            else event("group.updated", who, **when)
        )
    return found


def test_overlapping_batches_for_the_same_groups_give_one_state():
    found = story()
    alone = PlatformFactory()
    ingest(alone, found)
    expected = tenures(alone)
    assert len(expected) > 5

    for _ in range(TRIALS):
        platform = PlatformFactory()
        halves = [found[:28], found[12:][::-1], found[::2], found[1::2]]
        raised, receipts = side_by_side(*(partial(ingest, platform, half) for half in halves))

        assert raised == []
        assert tenures(platform) == expected
        assert LogEntry.objects.filter(platform_id=platform.pk).count() == 40
        accepted = [v for receipt in receipts for v in receipt.verdicts if v.status == "ACCEPTED"]
        assert len(accepted) == 40
        assert Group.objects.filter(platform=platform).count() == 3
        assert Account.objects.filter(platform=platform).count() == 6


def test_one_event_sent_several_times_at_once_is_logged_once():
    for _ in range(TRIALS):
        platform = PlatformFactory()
        twin = event("group.updated", id="one", days=-1)

        raised, receipts = side_by_side(*(partial(ingest, platform, [twin]) for _ in range(3)))

        assert raised == []
        assert LogEntry.objects.filter(platform_id=platform.pk).count() == 1
        statuses = sorted(str(v.status) for receipt in receipts for v in receipt.verdicts)
        assert statuses == ["ACCEPTED", "DUPLICATE", "DUPLICATE"]


def test_one_role_event_sent_with_two_times_at_once_moves_one_tenure():
    for _ in range(TRIALS):
        platform = PlatformFactory()
        twins = [granted("p-1", id="one", days=-days) for days in (1, 2, 3)]

        raised, _ = side_by_side(*(partial(ingest, platform, [twin]) for twin in twins))

        assert raised == []
        assert RoleEvent.objects.filter(platform=platform).count() == 1
        assert Tenure.objects.filter(platform=platform).count() == 1


def test_a_leave_beside_its_grant_ends_the_tenure():
    for _ in range(TRIALS):
        platform = PlatformFactory()
        ingest(platform, [event("group.created", days=-9)])

        raised, _ = side_by_side(
            partial(ingest, platform, [granted("p-1", days=-3)]),
            partial(ingest, platform, [event("member.removed", "p-1", days=-1)]),
        )

        assert raised == []
        assert [row[-1] for row in tenures(platform)] == ["REMOVED"]
        assert RoleEvent.objects.filter(platform=platform, kind="REMOVED").count() == 1


def test_partitions_of_the_same_days_are_created_once():
    first = AT.date()
    for trial in range(TRIALS):
        start = first + timedelta(days=100 * trial)
        last = start + timedelta(days=3)

        raised, created = side_by_side(
            *[partial(partitions.ensure, first=start, last=last, by=BY, at=AT)] * 4
        )

        assert raised == []
        assert sorted(map(len, created)) == [0, 0, 0, 4]


def test_two_imports_of_one_file_do_not_mix():
    platform = PlatformFactory()
    run = imports.begin(
        platform=platform,
        file_name="rows.jsonl",
        file_sha256="0" * 64,
        with_history=False,
        rebased_by=None,
        by=BY,
        at=AT,
    )
    found = story()

    def take():
        mine = ImportRun.objects.select_related("platform").get(pk=run.pk)
        return imports.take(run=mine, events=found, lines_before=0, lines_done=40, by=BY, at=AT)

    raised, receipts = side_by_side(take, take)

    assert [type(error) for error in raised] == [imports.OtherImport]
    assert len(receipts) == 1
    run.refresh_from_db()
    assert (run.lines_done, run.accepted, run.duplicate) == (40, 40, 0)
