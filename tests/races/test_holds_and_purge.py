"""Placing a hold and the purge at the same moment: what was there when the hold stood, stays."""

import random
import time
from datetime import timedelta

import pytest

from groups.models import HeldLogEntry, Notice
from portal.core.actions import holds, purge
from portal.core.actors import Actor
from portal.core.data_classes import registry
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory, UserFactory
from tests.races import at_once
from tests.retention import log_days
from tests.sizes import size

pytestmark = pytest.mark.django_db(transaction=True)

SYSTEM = Actor.system("tests")
TRIALS = size(every_run=60, release=300)
OLD = AT.replace(hour=0) - timedelta(days=184)
LONG_AGO = AT - timedelta(days=800)


@pytest.fixture(autouse=True)
def two_engines(monkeypatch):
    classes = {name: registry.classes[name] for name in ("governance log", "notices")}
    monkeypatch.setattr(registry, "classes", classes)
    yield
    log_days.drop_all()


def notices_of(group):
    return set(Notice.objects.filter(group=group).values_list("pk", flat=True))


def logged_of(group):
    """What is still to be had of the log: in its day, or copied for a hold."""
    copied = HeldLogEntry.objects.filter(group_id=group.pk).values_list("event_key", flat=True)
    return log_days.keys(OLD) | set(copied)


def test_what_was_there_when_a_hold_was_acknowledged_stays():
    chance = random.Random(33)
    person = Actor.user(UserFactory())
    group = GroupFactory(platform=PlatformFactory())
    recipient = AccountFactory(platform=group.platform)
    outcomes = set()
    for trial in range(TRIALS):
        log_days.drop_all()
        log_days.make(OLD)
        key = log_days.insert(
            OLD + timedelta(hours=1), platform_id=group.platform_id, group_id=group.pk
        )
        made = _notices(group, recipient)
        # Before the purge begins, while it is at one of its classes, and after it.
        pause = chance.choice([0, 0.1, 0.2, 0.4, 0.8]) * chance.random()

        def place(pause=pause):
            time.sleep(pause)
            hold = holds.place(
                platform=group.platform,
                scope="GROUP",
                scope_id=group.pk,
                matter="Order 12",
                reason="A court asked.",
                review_at=AT + timedelta(days=30),
                by=person,
                at=AT,
            )
            return hold, notices_of(group), logged_of(group)

        (hold, notices, logged), run = at_once.run(place, lambda: purge.run(by=SYSTEM, at=AT))

        assert notices <= notices_of(group), trial
        assert logged <= logged_of(group), trial
        for line, was_there in zip(run.plan, (logged, notices), strict=True):
            assert line["deleted"] in (0, 1, 2), trial
            outcomes.add((line["class"], bool(was_there)))
        assert logged_of(group) in ({key}, set())
        assert notices_of(group) in (made, set())
        holds.release(hold=hold, reason="Next trial.", by=person, at=AT)
        purge.run(by=SYSTEM, at=AT)
        HeldLogEntry.objects.all().delete()
    # Both orders did occur, or the race was none.
    assert len(outcomes) == 4, outcomes


def _notices(group, recipient):
    rows = [
        Notice(
            platform=group.platform,
            group=group,
            recipient=recipient,
            kind="DECISION",
            created_at=LONG_AGO,
        )
        for _ in range(2)
    ]
    with fixture_rows():
        return {row.pk for row in Notice.objects.bulk_create(rows)}
