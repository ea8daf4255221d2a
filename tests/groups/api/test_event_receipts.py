"""`GET /api/v1/events/receipts/{id}`: what became of a batch, to be read again."""

import json

import pytest
import time_machine

from groups.models import EventReceipt
from tests.factories.core import PlatformFactory
from tests.factories.events import cloud_event
from tests.partners import bearer

NDJSON = "application/x-ndjson"


@pytest.fixture(autouse=True)
def now(at):
    with time_machine.travel(at, tick=False):
        yield


def send(client, platform, *found):
    body = "\n".join(json.dumps(event) for event in found)
    headers = bearer(platform, "events")
    return client.post("/api/v1/events", body, content_type=NDJSON, headers=headers)


def test_the_receipt_tells_the_verdicts_in_the_order_of_the_batch(client, platform):
    known = cloud_event("group.updated")
    send(client, platform, known)
    found = [cloud_event("content.removed") for _ in range(3)]
    joins = [cloud_event("member.joined", id=f"j-{n}") for n in range(2)]
    nameless = cloud_event("content.removed", group="", id="nameless")

    sent = send(client, platform, found[0], found[1], nameless, known, *joins, found[2])
    receipt = client.get(sent["Location"], headers=bearer(platform, "events"))

    assert receipt.status_code == 200
    answer = receipt.json()
    assert {name: answer[name] for name in ("id", "accepted", "duplicate", "refused")} == {
        "id": sent.json()["receipt"],
        "accepted": 5,
        "duplicate": 1,
        "refused": 1,
    }
    runs = [
        (run["verdict"], run["events"], run.get("code"), run.get("ids")) for run in answer["runs"]
    ]
    assert runs == [
        ("ACCEPTED", 2, None, None),
        ("REFUSED", 1, "MISSING_GROUP", ["nameless"]),
        ("DUPLICATE", 1, None, None),
        ("ACCEPTED", 2, "NOT_RECORDED", ["j-0", "j-1"]),
        ("ACCEPTED", 1, None, None),
    ]


def test_a_receipt_of_another_platform_answers_like_a_missing_one(client, platform):
    sent = send(client, platform, cloud_event())
    stranger = bearer(PlatformFactory(), "events")

    foreign = client.get(sent["Location"], headers=stranger)
    missing = client.get(sent["Location"][:-4] + "0000", headers=stranger)

    assert foreign.status_code == missing.status_code == 404
    assert foreign.json()["detail"] == missing.json()["detail"]


def test_a_batch_of_which_nothing_was_taken_leaves_no_receipt(client, platform):
    answer = send(client, platform, cloud_event(group=""))

    assert answer.status_code == 422
    assert answer.json()["receipt"] is None
    assert not EventReceipt.objects.exists()
