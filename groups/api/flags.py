"""Reports from partners: what a member reported, or the platform itself noticed."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from groups.actions import flags, intake
from groups.models import Case, Flag
from identity.api.base import PartnerView
from portal.core import idempotency

LONGEST_ID = 200


class FlagInput(serializers.Serializer[Any]):
    id = serializers.CharField(
        max_length=LONGEST_ID,
        required=False,
        allow_null=True,
        help_text="Your own id of the report. Sending it twice is harmless.",
    )
    group = serializers.CharField(max_length=LONGEST_ID, help_text="Your id of the group.")
    subject = serializers.CharField(
        max_length=LONGEST_ID,
        required=False,
        allow_null=True,
        help_text="Your id of the reported account; null when the report is about the group.",
    )
    rule = serializers.CharField(max_length=20, help_text="Code of a rule in force, as R-1.")
    statement = serializers.CharField(
        max_length=flags.LONGEST_STATEMENT,
        help_text="What happened, in the reporter's words. The group's owner may read it, so it "
        "should not say who reports.",
    )
    excerpts = serializers.ListField(
        child=serializers.CharField(max_length=flags.LONGEST_EXCERPT, trim_whitespace=False),
        max_length=flags.MOST_EXCERPTS,
        required=False,
        default=list,
        help_text="What the reporter chose to attach, and nothing else: Accord takes no "
        "conversations. Kept encrypted.",
    )
    reporter = serializers.CharField(
        max_length=LONGEST_ID,
        required=False,
        allow_null=True,
        help_text="Your id of the account that reports. The group never learns it.",
    )
    source = serializers.ChoiceField(  # type: ignore[assignment]
        Flag.Source.choices, required=False, default=Flag.Source.NOTICE.value
    )


class CaseOutput(serializers.Serializer[Any]):
    reference = serializers.CharField(help_text="What people call the case, as C-24029.")
    state = serializers.ChoiceField(Case.State.choices)
    due_at = serializers.DateTimeField(
        allow_null=True, help_text="Until when the present level has to react."
    )


class FlagOutput(serializers.Serializer[Any]):
    flag = serializers.UUIDField(help_text="Accord's id of the report.")
    case = CaseOutput()


ANSWER = {
    "flag": "0192e7a0-7d1c-7c55-8a58-3b0f6f2b9a11",
    "case": {"reference": "C-24029", "state": "WITH_OWNER", "due_at": "2026-11-04T12:00:00Z"},
}
EXAMPLES = [
    OpenApiExample(
        "A member reports a member",
        value={
            "id": "report-77120",
            "group": "g-000042",
            "subject": "p-000117",
            "rule": "R-1",
            "statement": "They ask new members for a deposit before the meeting.",
            "excerpts": ["Please transfer 50 first, then you get the address."],
            "reporter": "p-000233",
            "source": "NOTICE",
        },
        request_only=True,
    ),
    OpenApiExample(
        "The platform reports a group",
        value={
            "id": "sweep-2026-11-02-8",
            "group": "g-000042",
            "subject": None,
            "rule": "R-6",
            "statement": "No owner or manager has acted on a report for three weeks.",
            "source": "PLATFORM",
        },
        request_only=True,
    ),
    OpenApiExample("Taken", value=ANSWER, response_only=True, status_codes=["201"]),
    OpenApiExample("It came before", value=ANSWER, response_only=True, status_codes=["200"]),
]


class FlagsView(PartnerView):
    required_scopes: ClassVar[list[str]] = ["flags"]

    @extend_schema(
        operation_id="send_flag",
        summary="Send a report",
        description="Opens a case, or joins the open one on the same group, account and rule. "
        "The group's owner is asked first, except for child safety, threats to life, and where "
        "there is no owner or it is about them.",
        tags=["Flags"],
        request=FlagInput,
        responses={201: FlagOutput, 200: FlagOutput},
        examples=EXAMPLES,
    )
    @idempotency.keyed
    def post(self, request: Request) -> Response:
        given = FlagInput(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            receipt = intake.take(
                platform=self.platform,
                given=intake.Given(**given.validated_data),
                by=self.actor,
                at=timezone.now(),
            )
        except intake.UnknownRecords as error:
            raise ValidationError(error.fields) from error
        case = receipt.flag.case
        answer = {"flag": receipt.flag.pk, "case": case}
        return Response(FlagOutput(answer).data, status=201 if receipt.is_new else 200)
