"""Governance events from partners: one CloudEvent, a batch, or NDJSON."""

import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from groups import events
from groups.actions import events as event_actions
from groups.batches import Status, Verdict
from groups.sources import cloudevents, elements, quick
from identity.api.base import PartnerView
from portal.core import errors, http_errors, idempotency, shedding

LARGEST_BODY = 10 * 1024 * 1024
MOST_LINES = 10_000
# Each costs a copy of what follows it.
MOST_MEMBERS = 100
# One body of the largest size at a time in each process, or eight small ones.
PLACES = shedding.Places(8, size=2 * 1024 * 1024)
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
NDJSON = "application/x-ndjson"
MEDIA_TYPES = (STRUCTURED, BATCH, NDJSON, "application/json")


class NothingAccepted(errors.Invalid):
    """Every event in the request was refused. Nothing was changed."""

    code = "no-event-accepted"
    title = "No event could be taken"
    advice = "`verdicts` says for each event what is wrong with it. Correct them and send again."


class UnreadBody(BaseParser):
    """Leaves the body to the view, which judges each event by itself."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        if str(media_type).partition(";")[0].strip().lower() not in MEDIA_TYPES:
            raise UnsupportedMediaType(media_type or "")
        return {}


class EventData(serializers.Serializer[Any]):
    actor = serializers.CharField(
        max_length=200, required=False, allow_null=True, help_text="The account that did it."
    )
    subject = serializers.CharField(
        max_length=200, required=False, allow_null=True, help_text="The account it was done to."
    )
    role = serializers.CharField(
        max_length=40,
        required=False,
        allow_null=True,
        help_text="owner or manager, where a role is granted or revoked.",
    )
    old_role = serializers.CharField(max_length=40, required=False, allow_null=True)
    reason = serializers.CharField(
        required=False, allow_null=True, help_text="Kept up to 500 characters."
    )
    until = serializers.DateTimeField(required=False, allow_null=True)
    caused_by = serializers.CharField(
        max_length=200,
        required=False,
        allow_null=True,
        help_text="The reference of the decision that it carries out, such as D-24029, if it does: "
        "what a platform takes to carry out a decision comes back when that is reversed.",
    )
    attributes = serializers.DictField(
        required=False,
        allow_null=True,
        help_text="At most 2 KiB. `name` with group.created and group.updated, `size` with "
        "group.size are taken over.",
    )


class Event(serializers.Serializer[Any]):
    """A CloudEvent 1.0. `source` and `id` identify it for ever: sending it twice is harmless."""

    specversion = serializers.ChoiceField(["1.0"])
    id = serializers.CharField(max_length=200)
    source = serializers.CharField(max_length=200)  # type: ignore[assignment]
    type = serializers.ChoiceField(
        [f"{quick.PREFIX}{kind}{quick.SUFFIX}" for kind in sorted(events.KINDS)]
    )
    subject = serializers.CharField(
        max_length=200,
        required=False,
        help_text="The platform's id of the group. Only account events may go without.",
    )
    time = serializers.DateTimeField(help_text="With a time zone; at most 5 minutes ahead.")
    sequence = serializers.CharField(
        required=False,
        help_text="A whole number that orders events of one instant; none counts as 0. Their "
        "place in the request says nothing: of equals, revocations and departures come before "
        "grants, and the rest is in the order of a digest of source and id.",
    )
    data = EventData(required=False, allow_null=True)  # type: ignore[assignment]


class EventVerdict(serializers.Serializer[Any]):
    id = serializers.CharField(allow_null=True, help_text="The event's own id, where it had one.")
    verdict = serializers.ChoiceField([status.value for status in Status])
    code = serializers.CharField(
        allow_null=True,
        help_text="Why it was refused, or why an accepted one was not kept. For programs.",
    )
    detail = serializers.CharField(allow_null=True, help_text="The same as a sentence.")


class Verdicts(serializers.Serializer[Any]):
    receipt = serializers.UUIDField(help_text="What became of the batch can be read again by it.")
    accepted = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    refused = serializers.IntegerField()
    verdicts = EventVerdict(many=True, help_text="One for each event, in the order of the request.")


class Answer(msgspec.Struct, frozen=True):
    """`Verdicts`, as it is encoded: ten thousand verdicts are no work for a serializer."""

    receipt: UUID | None
    accepted: int
    duplicate: int
    refused: int
    verdicts: list[Verdict]


EXAMPLE = {
    "specversion": "1.0",
    "id": "audit-88121",
    "source": "relay/eu-1",
    "type": "accord.governance.role.granted.v1",
    "subject": "g-000042",
    "time": "2026-11-02T11:58:03Z",
    "data": {"actor": "p-000007", "subject": "p-000117", "role": "manager", "reason": None},
}
ANSWER = {
    "receipt": "01934e2a-7c1b-7f0e-9d55-3c2f3a7b9e10",
    "accepted": 1,
    "duplicate": 0,
    "refused": 1,
    "verdicts": [
        {"id": "audit-88121", "verdict": "ACCEPTED", "code": None, "detail": None},
        {
            "id": "audit-88122",
            "verdict": "REFUSED",
            "code": "MISSING_GROUP",
            "detail": "The event names no group. Send its id as the subject.",
        },
    ],
}


class EventsView(PartnerView):
    required_scopes: ClassVar[list[str]] = ["events"]
    parser_classes = (UnreadBody,)

    @extend_schema(
        operation_id="send_events",
        summary="Send governance events",
        description="Takes one CloudEvent, a batch as a JSON array, or NDJSON with one event a "
        "line, as it is or with `Content-Encoding: gzip`: at most 10 MiB inflated, 10,000 events, "
        "64 KiB an event. Each event is judged by itself, and the answer says what became of each: "
        "one that is refused stops no other. `receipt` names where that can be read again. Only "
        "when none could be taken is the answer 422. Accord takes governance events, never "
        "messages.",
        tags=["Events"],
        request={
            STRUCTURED: Event,
            BATCH: Event(many=True),
            NDJSON: {"type": "string", "description": "One CloudEvent a line."},
            "application/json": Event,
        },
        responses={200: Verdicts},
        examples=[
            OpenApiExample(
                "A role is granted", value=EXAMPLE, request_only=True, media_type=STRUCTURED
            ),
            # The schema makes the array of it: a batch is many events.
            OpenApiExample("A batch of one", value=EXAMPLE, request_only=True, media_type=BATCH),
            OpenApiExample(
                "A role, as JSON", value=EXAMPLE, request_only=True, media_type="application/json"
            ),
            OpenApiExample("One taken, one refused", value=ANSWER, response_only=True),
        ],
    )
    @PLACES.needed
    @idempotency.keyed
    def post(self, request: Request) -> HttpResponse:
        found = [cloudevents.parse(line) for line in _lines(request)]
        outcome, receipt = event_actions.receive(
            platform=self.platform, events=found, by=self.actor, at=timezone.now()
        )
        answer = Answer(
            receipt=receipt.pk if receipt else None,
            verdicts=outcome.verdicts,
            **outcome.counts(),
        )
        if receipt is None:
            detail = outcome.verdicts[0].detail or "Every event was refused."
            raise NothingAccepted(detail, **msgspec.to_builtins(answer))
        location = reverse("api-v1:event-receipt", args=[receipt.pk])
        return HttpResponse(
            msgspec.json.encode(answer),
            content_type="application/json",
            headers={"Location": location},
        )


def _lines(request: Request) -> Iterator[bytes]:
    """Yield the events of the body one after another, and no more than there may be."""
    # Refuses other media types.
    request.data  # noqa: B018
    body = _inflated(request)
    _forget_body(request)
    if len(body) > LARGEST_BODY:
        raise http_errors.TooLarge("The body takes more than 10 MiB. Split it.")
    media_type = str(request.content_type).partition(";")[0].strip().lower()
    for number, line in enumerate(_split(body, media_type)):
        if number == MOST_LINES:
            raise http_errors.TooLarge(f"It is more than {MOST_LINES:,} events. Split the batch.")
        yield line


def _forget_body(request: Request) -> None:
    """Let go of what was sent before it is read.

    A request of Django is part of a circle of references, so its body would stay in memory until
    the garbage collector comes by, with those of the next ten requests.
    """
    http: Any = request._request
    http._body = b""
    http._stream = request._stream = BytesIO()
    http.environ.pop("wsgi.input", None)


def _inflated(request: Request) -> bytes:
    body = request._request.body
    match request.headers.get("Content-Encoding", "identity").strip().lower():
        case "identity":
            return body
        case "gzip":
            return _gunzip(body)
    raise http_errors.UnsupportedMediaType("Send the body as it is, or with gzip.")


def _gunzip(body: bytes) -> bytes:
    """Inflate at most what may be sent, whatever the body claims to hold."""
    found = b""
    for _ in range(MOST_MEMBERS):
        if not body or len(found) > LARGEST_BODY:
            return found
        member = zlib.decompressobj(wbits=31)
        try:
            found += member.decompress(body, LARGEST_BODY + 1 - len(found))
        except zlib.error as error:
            raise http_errors.Malformed("The body is not gzip, or was damaged.") from error
        if not member.eof:
            if len(found) > LARGEST_BODY:
                return found
            raise http_errors.Malformed("The gzip body is cut off.")
        body = member.unused_data
    raise http_errors.Malformed(f"The gzip body has more than {MOST_MEMBERS} members.")


def _split(body: bytes, media_type: str) -> Iterator[bytes]:
    if media_type == NDJSON:
        return elements.lines(body)
    if media_type == STRUCTURED or not body.lstrip().startswith(b"["):
        return iter([body.strip()])
    try:
        return iter(cloudevents.split_batch(body, most=MOST_LINES))
    except elements.NotABatch as error:
        raise http_errors.Malformed(str(error)) from error
