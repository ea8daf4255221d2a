"""Overlapping, reordered and cut NDJSON: the log is the union of the valid lines, for ever."""

import json
import random

import pytest
import time_machine

from groups.models import LogEntry
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.events import cloud_event
from tests.partners import bearer
from tests.sizes import size

pytestmark = pytest.mark.django_db
BATCHES = size(every_run=100, release=500)
KINDS = ["role.granted", "role.revoked", "member.joined", "member.left", "group.updated"]
# What can be wrong with a whole line, and what it is called.
WRONG = {
    "BAD_FIELD": lambda event: {**event, "specversion": "0.3"},
    "MISSING_ID": lambda event: {**event, "id": ""},
    "MISSING_TIME": lambda event: {**event, "time": None},
    "MISSING_GROUP": lambda event: {**event, "subject": None},
    "UNKNOWN_KIND": lambda event: {**event, "type": "accord.governance.message.sent.v1"},
    "TOO_LONG": lambda event: {**event, "source": "s" * 201},
    "BAD_TEXT": lambda event: {**event, "source": "a\0b"},
}


@pytest.fixture
def send(client):
    platform = PlatformFactory(records_membership=True)
    headers = bearer(platform, "events")

    def post(body):
        answer = client.post(
            "/api/v1/events", body, content_type="application/x-ndjson", headers=headers
        )
        return [(v["verdict"], v["code"], v["id"]) for v in answer.json()["verdicts"]]

    with time_machine.travel(AT, tick=False):
        yield post


def pool(chance):
    """Lines with what becomes of each: the id of a good one, or the code of a bad one."""
    lines = []
    for _ in range(300):
        found = cloud_event(
            chance.choice(KINDS),
            f"p-{chance.randint(1, 9)}",
            group=f"g-{chance.randint(1, 4)}",
            days=-chance.randint(1, 40),
        )
        code = chance.choice([None, None, None, *WRONG])
        wrong = found if code is None else WRONG[code](found)
        lines.append((json.dumps(wrong).encode(), found["id"] if code is None else None, code))
    return lines


def batch(chance, lines):
    """A stretch of the lines in another order, some twice, and perhaps the last one cut."""
    start = chance.randrange(len(lines))
    chosen = lines[start : start + chance.randint(1, 40)]
    chosen += chance.sample(chosen, k=len(chosen) // 4)
    chance.shuffle(chosen)
    body = b"\n".join(line for line, _, _ in chosen)
    if chance.random() < 0.5:
        # Inside the last line, so that what is left of it is no JSON any more.
        body = body[: -chance.randint(1, len(chosen[-1][0]) - 1)]
        chosen[-1] = (b"", None, "BAD_JSON")
    return body, chosen


@pytest.mark.parametrize("number", range(BATCHES // 25))
def test_the_log_is_the_union_of_the_valid_lines_and_every_verdict_is_exact(send, number):
    chance = random.Random(number)
    lines, known, sent = pool(chance), set(), []
    for _ in range(25):
        body, chosen = batch(chance, lines)
        sent.append(body)

        verdicts = send(body)

        expected = []
        for _, event_id, code in chosen:
            if code is not None:
                expected.append(("REFUSED", code))
            else:
                expected.append(("DUPLICATE" if event_id in known else "ACCEPTED", None))
                known.add(event_id)
        assert [(verdict, code) for verdict, code, _ in verdicts] == expected
        assert [found for _, _, found in verdicts if found in known] == [
            event_id for _, event_id, code in chosen if code is None
        ]

    assert set(LogEntry.objects.values_list("event_id", flat=True)) == known
    assert LogEntry.objects.count() == len(known) > 50
    before = set(LogEntry.objects.values_list("event_key", "received_at"))
    for body in sent:
        assert "ACCEPTED" not in {verdict for verdict, _, _ in send(body)}
    assert set(LogEntry.objects.values_list("event_key", "received_at")) == before
