"""The policy decision point of the AuthZEN Authorization API 1.0 (OpenID Foundation)."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from credit.evaluation import Action
from groups.queries import evaluation
from identity.api.base import PartnerView
from portal.core import http_errors, problems
from portal.core.models import Platform

LARGEST = 1_000_000_000


class MalformedEvaluation(http_errors.Malformed):
    """The request is not an access evaluation request that Accord can answer."""

    code = "malformed-evaluation"
    title = "The evaluation request is not valid"
    advice = (
        "Send subject, action and resource as AuthZEN 1.0 describes them; `errors` names each "
        "field. The subject is an account, the resource a group, each with your own id."
    )


class SubjectInput(serializers.Serializer[Any]):
    type = serializers.ChoiceField(["account"])
    id = serializers.CharField(max_length=200, help_text="The platform's own id of the account.")


class ActionInput(serializers.Serializer[Any]):
    name = serializers.ChoiceField([action.value for action in Action])


class SizeInput(serializers.Serializer[Any]):
    size = serializers.IntegerField(
        min_value=0, max_value=LARGEST, required=False, help_text="Members of the group."
    )


class ResourceInput(serializers.Serializer[Any]):
    type = serializers.ChoiceField(["group"])
    id = serializers.CharField(
        max_length=200,
        required=False,
        help_text="The platform's own id of the group. Optional for create_group only.",
    )
    properties = SizeInput(required=False)


class EvaluationInput(serializers.Serializer[Any]):
    subject = SubjectInput()
    action = ActionInput()
    resource = ResourceInput()
    context = SizeInput(  # type: ignore[assignment]
        required=False, help_text="Anything else in it is not read."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        is_new = attrs["action"]["name"] == Action.CREATE_GROUP
        if not is_new and "id" not in attrs["resource"]:
            raise ValidationError({"resource": {"id": ["Name the group this is about."]}})
        return attrs


# One for all requests: to make a serializer, which copies its fields, takes longer than to ask it.
QUESTION = EvaluationInput()


class ReasonOutput(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable, for programs.")
    sentence = serializers.CharField(help_text="For people, in plain words.")
    until = serializers.DateTimeField(
        allow_null=True, help_text="When this reason ends by itself; null if that is not known."
    )
    decision_ids = serializers.ListField(
        child=serializers.CharField(), help_text="The decisions behind it."
    )


class ContextOutput(serializers.Serializer[Any]):
    reasons = ReasonOutput(many=True)
    until = serializers.DateTimeField(
        allow_null=True, help_text="When the answer becomes yes by itself; null if not known."
    )
    policy_version = serializers.IntegerField()
    decision_id = serializers.CharField(
        allow_null=True, help_text="Accord's number of the decision to quote in an appeal."
    )
    valid_for = serializers.IntegerField(help_text="Seconds for which the answer may be kept.")


class EvaluationOutput(serializers.Serializer[Any]):
    decision = serializers.BooleanField()
    context = ContextOutput()  # type: ignore[assignment]


NO = {
    "decision": False,
    "context": {
        "reasons": [
            {
                "code": "suspended",
                "sentence": "Creating groups is suspended until 2 December 2026.",
                "until": "2026-12-02T12:00:00Z",
                "decision_ids": ["D-1042"],
            }
        ],
        "until": "2026-12-02T12:00:00Z",
        "policy_version": 1,
        "decision_id": "D-1042",
        "valid_for": 60,
    },
}
YES = {
    "decision": True,
    "context": {
        "reasons": [],
        "until": None,
        "policy_version": 1,
        "decision_id": None,
        "valid_for": 60,
    },
}
EXAMPLES = [
    OpenApiExample(
        "create_group",
        summary="May this account create a group of 250?",
        value={
            "subject": {"type": "account", "id": "p-000117"},
            "action": {"name": "create_group"},
            "resource": {"type": "group", "properties": {"size": 250}},
        },
        request_only=True,
    ),
    OpenApiExample("no", summary="No, until then", value=NO, response_only=True),
    OpenApiExample("yes", summary="Yes", value=YES, response_only=True),
]


class EvaluationView(PartnerView):
    required_scopes: ClassVar[list[str]] = ["access"]

    @extend_schema(
        operation_id="evaluate_access",
        summary="May this account create, own or manage a group?",
        description="AuthZEN 1.0 access evaluation. An account Accord does not know has the "
        "starting standing. The answer says why and until when, never a score. Keep it for "
        "`valid_for` seconds at most; a webhook tells you of changes.",
        tags=["Access"],
        parameters=[
            OpenApiParameter(
                "X-Request-ID", str, OpenApiParameter.HEADER, description="Comes back as sent."
            )
        ],
        request=EvaluationInput,
        responses={200: OpenApiResponse(EvaluationOutput, "The answer, yes or no.")},
        examples=EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        return answer(request, request.data, platform=self.platform)


def answer(request: Request, question: Any, *, platform: Platform) -> Response:
    """Answer one question. Raises MalformedEvaluation."""
    verdict = ask(parse(question), platform=platform)
    return addressed(Response(render(verdict)), request, valid_for=verdict.evaluation.valid_for)


def ask(data: dict[str, Any], *, platform: Platform) -> evaluation.Verdict:
    resource = data["resource"]
    return evaluation.evaluate(
        platform=platform,
        account_id=data["subject"]["id"],
        action=Action(data["action"]["name"]),
        group_id=resource.get("id"),
        group_size=resource.get("properties", data.get("context", {})).get("size"),
        at=timezone.now(),
    )


def addressed(response: Response, request: Request, *, valid_for: int) -> Response:
    response["Cache-Control"] = f"private, max-age={valid_for}"
    if sent := request.headers.get("X-Request-ID"):
        response["X-Request-ID"] = sent
    return response


def parse(sent: Any) -> dict[str, Any]:
    """Read one question. Raises MalformedEvaluation."""
    try:
        data: dict[str, Any] = QUESTION.run_validation(sent)
    except ValidationError as error:
        raise malformed(error) from error
    return data


def malformed(error: ValidationError) -> MalformedEvaluation:
    failed = problems.expected(error)
    return MalformedEvaluation(str(failed), **(failed.params if failed else {}))


def render(verdict: evaluation.Verdict) -> dict[str, Any]:
    found = verdict.evaluation
    return {
        "decision": found.decision,
        "context": {
            "reasons": [
                {
                    "code": reason.code,
                    "sentence": reason.sentence,
                    "until": reason.until,
                    "decision_ids": verdict.quote(reason.decision_ids),
                }
                for reason in found.reasons
            ],
            "until": found.until,
            "policy_version": found.policy_version,
            "decision_id": next(iter(verdict.quote(found.decision_ids)), None),
            "valid_for": found.valid_for,
        },
    }
