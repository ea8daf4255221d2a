"""Receipts of batches of events: what became of a batch, to be read again."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from groups import access
from groups.batches import Status
from identity.api.base import PartnerView


class Run(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField([status.value for status in Status])
    events = serializers.IntegerField(help_text="How many events in a row it is the verdict on.")
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)
    ids = serializers.ListField(
        child=serializers.CharField(allow_null=True),
        required=False,
        help_text="Of the events that were refused, or accepted and not kept; null without an id.",
    )


class Receipt(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    received_at = serializers.DateTimeField()
    accepted = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    refused = serializers.IntegerField()
    runs = Run(many=True, help_text="The verdicts in the order of the batch.")


ANSWER = {
    "id": "01934e2a-7c1b-7f0e-9d55-3c2f3a7b9e10",
    "received_at": "2026-11-02T12:00:01Z",
    "accepted": 998,
    "duplicate": 0,
    "refused": 1,
    "runs": [
        {"verdict": "ACCEPTED", "events": 412},
        {
            "verdict": "REFUSED",
            "events": 1,
            "code": "MISSING_GROUP",
            "detail": "The event names no group. Send its id as the subject.",
            "ids": ["audit-88122"],
        },
        {"verdict": "ACCEPTED", "events": 586},
    ],
}


class ReceiptView(PartnerView):
    required_scopes: ClassVar[list[str]] = ["events"]

    @extend_schema(
        operation_id="get_event_receipt",
        summary="Read the receipt of a batch again",
        description="What became of each event of a batch, for 30 days. The answer to the batch "
        "names its receipt. One of another platform answers like a missing one.",
        tags=["Events"],
        responses={200: Receipt},
        examples=[OpenApiExample("One was refused", value=ANSWER, response_only=True)],
    )
    def get(self, request: Request, id: UUID) -> Response:
        return Response(Receipt(access.get_receipt_on(self.platform, id)).data)
