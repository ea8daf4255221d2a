"""`POST /api/v1/events`: every shape of CloudEvents, a verdict on each event."""

import gzip
import json
import time
import tracemalloc
import zlib

import pytest
import time_machine

from groups.api import events
from groups.models import EventReceipt, Group, LogEntry, Tenure
from identity.models import Account
from portal.core.models import AuditEntry
from tests.factories.core import PlatformFactory
from tests.factories.events import cloud_event
from tests.partners import bearer

URL = "/api/v1/events"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
NDJSON = "application/x-ndjson"


@pytest.fixture(autouse=True)
def now(at):
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def send(client, platform):
    headers = bearer(platform, "events")

    def post(body, media_type=NDJSON, **more):
        if not isinstance(body, str | bytes):
            body = json.dumps(body)
        return client.post(URL, body, content_type=media_type, headers=headers | more)

    return post


def lines(*found):
    return "\n".join(line if isinstance(line, str) else json.dumps(line) for line in found)


def codes(answer):
    return [(found["verdict"], found["code"]) for found in answer.json()["verdicts"]]


def refused(answer, status=422):
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert Group.objects.count() == Account.objects.count() == LogEntry.objects.count() == 0
    assert AuditEntry.objects.count() == 0
    return answer.json()


@pytest.mark.parametrize("media_type", [STRUCTURED, "application/json", NDJSON])
def test_one_event_is_taken_in_each_media_type(send, media_type):
    answer = send(cloud_event(id="e-7"), media_type)

    assert answer.status_code == 200
    receipt = EventReceipt.objects.get()
    assert answer["Location"] == f"/api/v1/events/receipts/{receipt.pk}"
    assert answer.json() == {
        "receipt": str(receipt.pk),
        "accepted": 1,
        "duplicate": 0,
        "refused": 0,
        "verdicts": [{"id": "e-7", "verdict": "ACCEPTED", "code": None, "detail": None}],
    }
    assert Tenure.objects.get().role == "OWNER"
    assert AuditEntry.objects.get(action="events.ingest").actor_kind == "CLIENT"


@pytest.mark.parametrize("media_type", [BATCH, "application/json"])
def test_a_batch_is_a_json_array(send, media_type):
    answer = send([cloud_event(), cloud_event("group.updated")], media_type)

    assert codes(answer) == [("ACCEPTED", None)] * 2


@pytest.mark.parametrize("media_type", [BATCH, NDJSON])
def test_an_empty_batch_is_answered_with_no_verdicts(send, media_type):
    answer = send("[]" if media_type == BATCH else "\n\n", media_type)

    assert answer.status_code == 200
    assert answer.json()["verdicts"] == []


def test_good_lines_land_beside_bad_ones(send):
    answer = send(
        lines(
            cloud_event(),
            "{",
            cloud_event(type="accord.governance.message.sent.v1"),
            cloud_event(days=2),
            cloud_event(days=-200),
            cloud_event("group.updated"),
        )
    )

    assert codes(answer) == [
        ("ACCEPTED", None),
        ("REFUSED", "BAD_JSON"),
        ("REFUSED", "UNKNOWN_KIND"),
        ("REFUSED", "IN_THE_FUTURE"),
        ("REFUSED", "TOO_OLD"),
        ("ACCEPTED", None),
    ]
    assert LogEntry.objects.count() == 2


def test_good_elements_of_a_batch_land_beside_bad_ones(send):
    half = json.dumps(cloud_event()).replace('"e-', r'"\ud800e-')

    answer = send(f"[{half}, {json.dumps(cloud_event())}, 5]", BATCH)

    assert codes(answer) == [
        ("REFUSED", "BAD_TEXT"),
        ("ACCEPTED", None),
        ("REFUSED", "BAD_FIELD"),
    ]


def test_sending_again_is_harmless(send):
    body = lines(cloud_event(), cloud_event("group.updated"))
    send(body)

    answer = send(body)

    assert answer.status_code == 200
    assert codes(answer) == [("DUPLICATE", None)] * 2
    assert LogEntry.objects.count() == 2


def test_a_repeat_under_an_idempotency_key_gets_the_first_answer(send):
    body = lines(cloud_event())
    first = send(body, **{"Idempotency-Key": "k-1"})

    again = send(body, **{"Idempotency-Key": "k-1"})

    assert again.content == first.content
    assert codes(again) == [("ACCEPTED", None)]
    assert again["Idempotency-Replayed"] == "true"
    assert send(lines(cloud_event()), **{"Idempotency-Key": "k-1"}).status_code == 422


HOSTILE = {
    "NUL": (json.dumps(cloud_event(id="a\0b")), "BAD_TEXT"),
    "NUL in attributes": (cloud_event(data={"attributes": {"a": "\0"}}), "BAD_TEXT"),
    "lone surrogate": (cloud_event(id="\ud800"), "BAD_TEXT"),
    "bad UTF-8": (json.dumps(cloud_event()).encode().replace(b"e-", b"\xff"), "BAD_TEXT"),
    "10^400": (json.dumps(cloud_event(sequence=0)).replace(": 0", ": 1e400"), "BAD_FIELD"),
    "10^400 in attributes": (
        json.dumps(cloud_event(data={"attributes": {"n": 0}})).replace(": 0", ": 1e400"),
        "BAD_FIELD",
    ),
    "NaN": (json.dumps(cloud_event(data={"attributes": {"n": float("nan")}})), "BAD_JSON"),
    "duplicate member": (json.dumps(cloud_event()).replace("{", '{"id": "x", ', 1), "BAD_JSON"),
    "escaped duplicate": (
        json.dumps(cloud_event()).replace("{", r'{"\u0069d": "x", ', 1),
        "BAD_JSON",
    ),
    "depth 10,000": ("[" * 10_000 + "]" * 10_000, "BAD_FIELD"),
    "depth 10,000 inside": (
        json.dumps(cloud_event(x=0)).replace('"x": 0', '"x": ' + "[" * 10_000 + "]" * 10_000),
        "TOO_DEEP",
    ),
    "depth 30 in attributes": (
        json.dumps(cloud_event(data={"attributes": {"n": 0}})).replace(
            '"n": 0', '"n": ' + "[" * 30 + "]" * 30
        ),
        "TOO_DEEP",
    ),
    "64 KiB and more": (cloud_event(data={"reason": "x" * 65_536}), "LINE_TOO_LARGE"),
    "endless line": ("x" * 9_000_000, "LINE_TOO_LARGE"),
    "number": ("5", "BAD_FIELD"),
    "null": ("null", "BAD_FIELD"),
    "cut off": (json.dumps(cloud_event())[:-5], "BAD_JSON"),
    "no zone": (cloud_event(time="2026-11-02T11:00:00"), "BAD_FIELD"),
    "no time": (cloud_event(time=None), "MISSING_TIME"),
    "year 1": (cloud_event(time="0001-01-01T00:00:00+14:00"), "BAD_FIELD"),
    "year 9999": (cloud_event(time="9999-12-31T23:59:59-14:00"), "BAD_FIELD"),
    "no group": ({**cloud_event(), "subject": None}, "MISSING_GROUP"),
    "another version": (cloud_event(specversion="0.3"), "BAD_FIELD"),
    "a number as id": (cloud_event(id=7), "BAD_FIELD"),
    "a message": (cloud_event(type="accord.governance.message.v1"), "UNKNOWN_KIND"),
    "sequence of letters": (cloud_event(sequence="abc"), "BAD_FIELD"),
    "long sequence": (cloud_event(sequence="9" * 19), "BAD_FIELD"),
}


@pytest.mark.parametrize(("body", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_events_are_refused_quickly_and_small(send, body, code):
    tracemalloc.start()
    before = time.monotonic()

    answer = send(body)

    took, (_, peak) = time.monotonic() - before, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    problem = refused(answer)
    assert problem["code"] == "no-event-accepted"
    assert [found["code"] for found in problem["verdicts"]] == [code]
    assert took < 1
    assert peak < 64 * 1024 * 1024


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        ("[{]", BATCH, 400),
        ("[" * 10_000, BATCH, 400),
        ('{"a": 1}', BATCH, 422),
        ("", STRUCTURED, 422),
        ("{}\n" * 10_001, NDJSON, 413),
        ("x" * (10 * 1024 * 1024 + 1), NDJSON, 413),
        ("{}", "text/plain", 415),
    ],
    ids=["no JSON", "deep", "object", "empty", "many lines", "large", "media type"],
)
def test_a_request_that_is_wrong_as_a_whole_is_a_problem(send, body, media_type, status):
    refused(send(body, media_type), status)


def test_a_compressed_body_is_taken(send):
    lines = "\n".join(json.dumps(cloud_event(id=f"e-{n}")) for n in range(3))
    halves = gzip.compress(lines[:100].encode()) + gzip.compress(lines[100:].encode())

    for body in (gzip.compress(lines.encode()), halves):
        answer = send(body, NDJSON, **{"Content-Encoding": "gzip"})
        assert answer.status_code == 200
        assert len(answer.json()["verdicts"]) == 3


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"{}", "gzip", 400),
        (gzip.compress(b" " * 1000)[:-9], "gzip", 400),
        (gzip.compress(b" " * (10 * 1024 * 1024 + 1)), "gzip", 413),
        (gzip.compress(b" " * 6 * 1024 * 1024) * 2, "gzip", 413),
        (gzip.compress(b"") * 101 + gzip.compress(b"{}"), "gzip", 400),
        (zlib.compress(b"{}"), "deflate", 415),
        (gzip.compress(b"{}"), "gzip, gzip", 415),
    ],
    ids=["not gzip", "cut off", "large", "two large", "many members", "deflate", "twice"],
)
def test_a_compressed_body_that_is_wrong_as_a_whole_is_a_problem(send, body, encoding, status):
    refused(send(body, NDJSON, **{"Content-Encoding": encoding}), status)


def test_ten_thousand_lines_and_sixty_four_kibibytes_are_taken(send):
    joins = [cloud_event("member.joined") for _ in range(9_999)]
    event = cloud_event("group.updated", data={"reason": ""})
    event["data"]["reason"] = "x" * (64 * 1024 - len(json.dumps(event)))

    answer = send(lines(event, *joins))

    assert answer.json()["accepted"] == 10_000
    assert codes(answer)[0] == ("ACCEPTED", None)
    assert codes(answer)[1] == ("ACCEPTED", "NOT_RECORDED")


def test_a_client_writes_only_to_its_own_platform(client, platform):
    other = PlatformFactory()

    client.post(
        URL, json.dumps(cloud_event()), content_type=STRUCTURED, headers=bearer(other, "events")
    )

    assert Group.objects.get().platform == other


def test_without_the_scope_or_a_token_nothing_is_taken(client, platform):
    event = json.dumps(cloud_event())

    wrong = client.post(URL, event, content_type=STRUCTURED, headers=bearer(platform, "groups"))
    none = client.post(URL, event, content_type=STRUCTURED)

    refused(wrong, 403)
    refused(none, 401)


def test_the_request_keeps_no_body_that_would_wait_for_the_garbage_collector(send):
    request = send(cloud_event()).wsgi_request

    assert request.body == b""
    assert "wsgi.input" not in request.environ


def test_a_process_full_of_batches_refuses_the_next_and_says_when_to_come_back(send):
    with events.PLACES.taken(length=10 * 1024 * 1024):
        assert send(cloud_event()).status_code == 200
        with events.PLACES.taken(length=3 * 1024 * 1024):
            answer = send(cloud_event(group="g-2"))

    assert answer.status_code == 503
    assert answer["Retry-After"] == "1"
    assert answer.json()["code"] == "overloaded"
    assert Group.objects.get().external_id == "g-1"
    assert send(cloud_event(group="g-2")).status_code == 200
