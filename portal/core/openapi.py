"""What every operation of the API document says alike: its problems and its Idempotency-Key."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from portal.core import error_catalogue, idempotency, problems

PROBLEMS = {
    "400": "Malformed",
    "401": "NotSignedIn",
    "403": "Forbidden",
    "404": "NotFound",
    "405": "MethodNotAllowed",
    "406": "NotAcceptable",
    "409": "Conflict",
    "413": "TooLarge",
    "415": "UnsupportedMediaType",
    "422": "Invalid",
    "429": "Throttled",
    "500": "Unexpected",
    "503": "Unavailable",
}
ONLY_WITH_BODY = {"409", "413", "415"}
WITH_RETRY_AFTER = {"409", "429", "503"}
METHODS = ("get", "put", "post", "patch", "delete", "head", "options")

PROBLEM = {
    "type": "object",
    "description": "Problem details as in RFC 9457. Each `type` has a page that says what to do.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {
            "type": "string",
            "description": "What happened and what to do next.",
        },
        "code": {"type": "string", "description": "Stable, for programs."},
        "request_id": {
            "type": "string",
            "description": "Tell us this when you ask for help.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer, RFC 6901.",
                    },
                    "parameter": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class AccordSchema(AutoSchema):
    """Document the Idempotency-Key of the methods that take one."""

    def get_override_parameters(self) -> list[Any]:
        handler = getattr(self.view, getattr(self.view, "action", None) or self.method.lower())
        if not idempotency.is_keyed(handler):
            return []
        return [
            OpenApiParameter(
                idempotency.HEADER,
                type={
                    "type": "string",
                    "minLength": 1,
                    "maxLength": idempotency.LONGEST_KEY,
                },
                location=OpenApiParameter.HEADER,
                description="Send the same key to repeat a request without a second effect: for "
                "24 hours the answer is the stored one, byte for byte.",
            )
        ]


def add_problems(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Give every operation the problems it may answer with (a postprocessing hook)."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = components.get("responses", {}) | {
        name: _response(status) for status, name in PROBLEMS.items()
    }
    for path in result.get("paths", {}).values():
        for method, operation in path.items():
            if method in METHODS:
                _add_to(operation)
    return result


def _add_to(operation: dict[str, Any]) -> None:
    for status, name in PROBLEMS.items():
        if status in ONLY_WITH_BODY and "requestBody" not in operation:
            continue
        reference = {"$ref": f"#/components/responses/{name}"}
        operation["responses"].setdefault(status, reference)


def _response(status: str) -> dict[str, Any]:
    kinds = [kind for kind in error_catalogue.kinds().values() if str(kind.status) == status]
    listed = ", ".join(f"[{kind.code}]({problems.type_uri(kind.code)})" for kind in kinds)
    response: dict[str, Any] = {
        "description": f"Problem: {listed}.",
        "content": {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in WITH_RETRY_AFTER:
        response["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait, where waiting helps.",
                "schema": {"type": "integer"},
            }
        }
    return response
