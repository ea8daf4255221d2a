"""Any order of arrival, in any batches, each sent twice, ends as the ordered import does."""

import random
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from django.db import transaction

from groups.actions import events
from groups.models import EarlyDeparture, LogEntry, RoleEvent, Tenure
from groups.sources.files import EventFile
from portal.core.actors import Actor
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.events import event, granted, revoked
from tests.groups.state import state
from tests.sizes import size

# Real events beside the checkout; where there are none, these tests are skipped.
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
HISTORY = DATA / "k8s-org.jsonl.gz"
CHATS = DATA / "irc-duraspace.jsonl.gz"
BY = Actor.system("tests")
SHUFFLES = size(every_run=1, release=10)
pytestmark = pytest.mark.django_db


def end_of(platform, batches, *, history):
    """The state after these batches, which is then undone: event keys depend on the platform."""
    with transaction.atomic():
        for batch in batches:
            events.ingest(platform=platform, events=batch, by=BY, at=AT, history=history)
        found = state(platform)
        transaction.set_rollback(True)
    return found


def cut(found, *, smallest, largest, chance):
    place = 0
    while place < len(found):
        length = chance.randint(smallest, largest)
        yield found[place : place + length]
        place += length


def shuffled(found, *, smallest, largest, chance):
    """The events in random batches, each batch twice, the second time whenever."""
    mixed = chance.sample(found, k=len(found))
    batches = list(cut(mixed, smallest=smallest, largest=largest, chance=chance))
    return chance.sample(batches * 2, k=2 * len(batches))


def differences(one, other):
    return {
        name: [row for row in one[name] if row not in other[name]][:5]
        + [row for row in other[name] if row not in one[name]][:5]
        for name in one
        if one[name] != other[name]
    }


def read(path, *, moved_to=None):
    found = [event for _, event in EventFile(path, source="real").events()]
    if moved_to is None:
        return found
    shift = moved_to - max(event.time for event in found)
    return [msgspec.structs.replace(event, time=event.time + shift) for event in found]


@pytest.mark.skipif(not HISTORY.exists(), reason="the real history is not on this machine")
@pytest.mark.parametrize("number", range(SHUFFLES))
def test_real_history_shuffled_and_sent_twice(platform, number):
    found, chance = read(HISTORY), random.Random(f"history {number}")

    ordered = end_of(platform, cut(found, smallest=2000, largest=2000, chance=chance), history=True)
    batches = shuffled(found, smallest=500, largest=2500, chance=chance)
    again = end_of(platform, batches, history=True)

    assert len(ordered["groups"]) == 1138
    assert len(ordered["tenures"]) > 1000
    assert differences(again, ordered) == {}


@pytest.mark.skipif(not CHATS.exists(), reason="the real joins and leaves are not on this machine")
@pytest.mark.parametrize("number", range(SHUFFLES))
def test_real_joins_and_leaves_shuffled_and_sent_twice(number):
    platform = PlatformFactory(records_membership=True)
    found, chance = read(CHATS, moved_to=AT), random.Random(f"chats {number}")

    ordered = end_of(
        platform, cut(found, smallest=2000, largest=2000, chance=chance), history=False
    )
    batches = shuffled(found, smallest=500, largest=2500, chance=chance)
    again = end_of(platform, batches, history=False)

    assert len(ordered["log"]) > 2000
    assert differences(again, ordered) == {}


def generated(chance, length):
    """Everything that can happen in three groups, much of it at the same instants.

    A third of the events has a sequence, a third lies before the log.
    """
    story = []
    for _ in range(length):
        who, group = f"p-{chance.randint(1, 5)}", f"g-{chance.randint(1, 3)}"
        when = {"group": group, "days": -chance.choice([*range(12), 190, 191, 192, 193])}
        when["sequence"] = chance.choice([None, None, chance.randint(0, 3)])
        attributes = {"name": chance.choice("ABC"), "size": chance.randint(1, 9)}
        make, *arguments = chance.choice(
            [
                (granted, who),
                (granted, who, "manager"),
                (revoked, who),
                (revoked, who, "manager"),
                (event, "member.joined", who),
                (event, "member.left", who),
                (event, "member.removed", who),
                (event, "member.banned", who),
                (event, "group.archived"),
                (event, "group.created"),
                (event, "group.updated"),
                (event, "group.size"),
                (event, "group.migrated"),
            ]
        )
        is_ahead = arguments[-1] == "group.migrated"
        more = {"days": 3, "group": "g-ahead"} if is_ahead else {}
        story.append(make(*arguments, attributes=attributes, **when | more))
    return story


@pytest.mark.parametrize("number", range(size(every_run=8, release=100)))
@pytest.mark.parametrize("records_membership", [False, True])
@pytest.mark.parametrize("history", [False, True])
def test_generated_events_shuffled_and_sent_twice(number, records_membership, history):
    platform = PlatformFactory(records_membership=records_membership)
    chance = random.Random(number)
    story = generated(chance, 60)

    # In order means by time: the events of one instant have no order but the rule's.
    ordered = end_of(platform, [sorted(story, key=lambda e: e.time)], history=history)
    batches = shuffled(story, smallest=1, largest=12, chance=chance)
    again = end_of(platform, batches, history=history)

    assert len(ordered["tenures"]) > 3
    assert differences(again, ordered) == {}


def test_a_leave_that_waits_for_its_grant_shows_nothing_and_nobody(platform):
    events.ingest(
        platform=platform, events=[event("member.left", "p-canary")], by=BY, at=AT, history=False
    )

    assert LogEntry.objects.count() == RoleEvent.objects.count() == 0
    waiting = EarlyDeparture.objects.extra(select={"sealed": "event"}).get()
    assert b"p-canary" not in bytes(waiting.sealed)


def test_a_leave_that_waited_is_logged_and_ends_the_tenure_as_if_it_had_come_after(platform):
    left = event("member.left", "p-1", days=-1, reason="moved on")
    events.ingest(platform=platform, events=[left], by=BY, at=AT, history=False)

    receipt = events.ingest(
        platform=platform, events=[granted("p-1", days=-3)], by=BY, at=AT, history=False
    )

    assert [str(verdict.status) for verdict in receipt.verdicts] == ["ACCEPTED"]
    tenure = Tenure.objects.get()
    assert (tenure.ended, tenure.until) == ("LEFT", AT - timedelta(days=1))
    assert LogEntry.objects.get(kind="member.left").reason == "moved on"
    assert EarlyDeparture.objects.count() == 0


def test_equal_instants_without_a_sequence_follow_the_life_of_a_group(platform):
    """Created, then whose role ends, then whose begins, then archived; manager before owner."""
    at_once = AT - timedelta(days=1)
    story = [
        granted("p-1", time=at_once - timedelta(days=1)),
        granted("p-3", "manager", time=at_once),
        granted("p-3", "owner", time=at_once),
        revoked("p-1", time=at_once),
        event("group.created", time=at_once),
    ]

    for found in (story, story[::-1]):
        tenures = end_of(platform, [[one] for one in found], history=False)["tenures"]
        assert [(row[1], row[2], row[4], row[7]) for row in tenures] == [
            ("p-1", "OWNER", "GRANTED", "REVOKED"),
            ("p-3", "OWNER", "GRANTED", None),
        ]
