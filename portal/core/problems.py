"""Every error of the API as RFC 9457 problem details, and the same sentences for the pages."""

import json
import math
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import structlog
from django.conf import settings
from django.core import exceptions as django_exceptions
from django.core.serializers.json import DjangoJSONEncoder
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions as drf

from portal.core import errors, http_errors

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
API_PREFIXES = ("/api/", "/access/")
# The API answers these itself; html is for people who open an address in a browser.
API_DOCS = "/api/docs/"


_FROM_DRF: dict[type[drf.APIException], tuple[type[errors.AccordError], str]] = {
    drf.NotFound: (
        errors.NotFound,
        "There is no such record, or it is not one you may see.",
    ),
    drf.PermissionDenied: (errors.Forbidden, "Your client may not do this."),
    drf.NotAuthenticated: (
        http_errors.NotSignedIn,
        "Send an access token as a Bearer token.",
    ),
    drf.AuthenticationFailed: (
        http_errors.NotSignedIn,
        "The access token is not valid.",
    ),
    drf.NotAcceptable: (
        http_errors.NotAcceptable,
        "None of the media types you accept can be sent.",
    ),
    drf.UnsupportedMediaType: (http_errors.UnsupportedMediaType, ""),
    drf.MethodNotAllowed: (http_errors.MethodNotAllowed, ""),
    drf.ParseError: (http_errors.Malformed, ""),
    drf.Throttled: (http_errors.Throttled, "Your client sent too many requests."),
}


def exception_handler(exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Answer what Accord expects; what it does not goes on to Django, its log and handler500."""
    request: HttpRequest | None = context.get("request")
    error = expected(exception, reads_only=bool(request and request.method in ("GET", "HEAD")))
    if error is None:
        return None
    response = as_response(error)
    if authenticate := getattr(exception, "auth_header", None):
        response["WWW-Authenticate"] = authenticate
    return response


def expected(exception: BaseException, *, reads_only: bool = False) -> errors.AccordError | None:
    """Translate an exception into an Accord error, or return None for an unforeseen one."""
    match exception:
        case errors.AccordError():
            return exception
        case drf.ValidationError():
            return _invalid(exception.detail, reads_only)
        case django_exceptions.ValidationError():
            detail = getattr(exception, "error_dict", None) and exception.message_dict
            return _invalid(detail or exception.messages, reads_only)
        case Http404() | django_exceptions.PermissionDenied():
            found = isinstance(exception, django_exceptions.PermissionDenied)
            return expected(drf.PermissionDenied() if found else drf.NotFound())
        case OperationalError() | InterfaceError():
            log.error("database_unavailable", exc_info=exception)
            return errors.Unavailable("Accord cannot reach its database. Try again in a moment.")
        case django_exceptions.RequestDataTooBig():
            return http_errors.TooLarge("The body is larger than Accord takes in one request.")
        case django_exceptions.BadRequest() | django_exceptions.SuspiciousOperation():
            return http_errors.Malformed("The request could not be read.")
        case drf.APIException():
            return _from_drf(exception)
    return None


def as_response(error: errors.AccordError) -> HttpResponse:
    """Render problem details. The bytes are ASCII, so that no text can break the encoding."""
    body = json.dumps(document(error), cls=DjangoJSONEncoder)
    response = HttpResponse(body, status=error.status, content_type=CONTENT_TYPE)
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


def document(error: errors.AccordError) -> dict[str, Any]:
    return error.params | {
        "type": type_uri(error.code),
        "title": str(error.title),
        "status": error.status,
        "detail": str(error),
        "code": error.code,
        "request_id": request_id(),
    }


def type_uri(code: str) -> str:
    return f"{settings.PUBLIC_URL}/problems/{code}/"


def request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def is_for_a_program(request: HttpRequest) -> bool:
    """Say whether an error of this request is answered as problem details, not as a page."""
    if request.path == API_DOCS:
        return False
    return request.path.startswith(API_PREFIXES)


def _from_drf(exception: drf.APIException) -> errors.AccordError | None:
    for source, (kind, sentence) in _FROM_DRF.items():
        if isinstance(exception, source):
            error = kind(sentence or str(exception.detail))
            if wait := getattr(exception, "wait", None):
                error.retry_after = max(1, math.ceil(wait))
            return error
    return None


def _invalid(detail: Any, reads_only: bool) -> http_errors.ValidationFailed:
    named = [
        {"parameter": path[0], "detail": text}
        if reads_only and path
        else {"pointer": _pointer(path), "detail": text}
        for path, text in _flatten(detail, ())
    ]
    first = f"{len(named)} fields are not valid." if len(named) > 1 else "A field is not valid."
    return http_errors.ValidationFailed(
        f"{first} Correct what `errors` names and send it again.", errors=named
    )


def _flatten(detail: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            whole = name in ("non_field_errors", django_exceptions.NON_FIELD_ERRORS)
            yield from _flatten(inner, path if whole else (*path, str(name)))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            # A list of texts belongs to one field; a list of objects is a list in the body.
            nested = isinstance(inner, dict | list)
            yield from _flatten(inner, (*path, str(index)) if nested else path)
    elif detail:
        yield path, str(detail)


def _pointer(path: tuple[str, ...]) -> str:
    """Write a JSON pointer as a URI fragment (RFC 6901 section 6)."""
    return "#" + "".join("/" + quote(p.replace("~", "~0").replace("/", "~1")) for p in path)
