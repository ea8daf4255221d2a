"""Many questions in one request: the Access Evaluations API of AuthZEN 1.0, section 7."""

from enum import StrEnum
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from groups.api import evaluation
from groups.api.evaluation import EvaluationOutput, MalformedEvaluation
from identity.api.base import PartnerView

MOST = 100
PARTS = ("subject", "action", "resource", "context")


class Semantic(StrEnum):
    EXECUTE_ALL = "execute_all"
    DENY_ON_FIRST_DENY = "deny_on_first_deny"
    PERMIT_ON_FIRST_PERMIT = "permit_on_first_permit"

    def ends_with(self, decision: bool) -> bool:
        return self is {True: self.PERMIT_ON_FIRST_PERMIT, False: self.DENY_ON_FIRST_DENY}[decision]


class OptionsInput(serializers.Serializer[Any]):
    evaluations_semantic = serializers.ChoiceField(
        [semantic.value for semantic in Semantic],
        default=Semantic.EXECUTE_ALL.value,
        help_text="Whether to stop at the first no, or the first yes.",
    )


class EvaluationsInput(serializers.Serializer[Any]):
    evaluations = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        max_length=MOST,
        help_text=f"Up to {MOST} questions. What one leaves out is as at the top.",
    )
    options = OptionsInput(required=False)


class EvaluationsDocs(EvaluationsInput):
    """For the OpenAPI document: the parts that every question shares."""

    subject = evaluation.SubjectInput(required=False)
    action = evaluation.ActionInput(required=False)
    resource = evaluation.ResourceInput(required=False)
    context = evaluation.SizeInput(required=False)  # type: ignore[assignment]


class EvaluationsOutput(serializers.Serializer[Any]):
    evaluations = EvaluationOutput(many=True)


class EvaluationsView(PartnerView):
    required_scopes: ClassVar[list[str]] = ["access"]

    @extend_schema(
        operation_id="evaluate_access_of_many",
        summary="Up to 100 of these questions at once",
        description="AuthZEN 1.0 access evaluations: each answered as by itself, in order. A "
        "question that cannot be answered is a no with the error in its context, and stops no "
        "other. Without `evaluations` it is one question, and answered like one.",
        tags=["Access"],
        request=EvaluationsDocs,
        responses={200: OpenApiResponse(EvaluationsOutput, "The answers, in order.")},
        examples=[
            OpenApiExample(
                "two groups",
                summary="May this account take on one of these groups?",
                value={
                    "subject": {"type": "account", "id": "p-000117"},
                    "action": {"name": "own_group"},
                    "evaluations": [
                        {"resource": {"type": "group", "id": "g-00042"}},
                        {"resource": {"type": "group", "id": "g-00043"}},
                    ],
                },
                request_only=True,
            ),
            OpenApiExample(
                "yes and no",
                value={"evaluations": [evaluation.YES, evaluation.NO]},
                response_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        sent = request.data if isinstance(request.data, dict) else {}
        given = EvaluationsInput(data=sent)
        if not given.is_valid():
            raise evaluation.malformed(ValidationError(given.errors))
        shared = {name: sent[name] for name in PARTS if name in sent}
        questions = given.validated_data.get("evaluations")
        if not questions:
            return evaluation.answer(request, shared, platform=self.platform)
        options = given.validated_data.get("options", {})
        semantic = Semantic(options.get("evaluations_semantic", Semantic.EXECUTE_ALL))
        answers: list[dict[str, Any]] = []
        for question in questions:
            answers.append(self._answer(shared | question))
            if semantic.ends_with(answers[-1]["decision"]):
                break
        valid_for = min(answer["context"].get("valid_for", 0) for answer in answers)
        response = Response({"evaluations": answers})
        return evaluation.addressed(response, request, valid_for=valid_for)

    def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        try:
            data = evaluation.parse(question)
        except MalformedEvaluation as error:
            problem = {"status": error.status, "message": str(error), "code": error.code}
            return {"decision": False, "context": {"error": problem | error.params}}
        verdict = evaluation.ask(data, platform=self.platform)
        return evaluation.render(verdict)
