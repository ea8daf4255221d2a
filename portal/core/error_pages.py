"""What a person sees when something fails, and the public page of every problem type."""

import sys
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    SuspiciousOperation,
    ValidationError,
)
from django.http import Http404, HttpRequest, HttpResponse
from django.template import loader
from django.views.decorators.http import require_safe

from portal.core import error_catalogue, errors, http_errors, problems

# Django turns these into its handlers below; a ValidationError of a page is a bug, not an answer.
LEFT_TO_DJANGO = (
    Http404,
    PermissionDenied,
    BadRequest,
    SuspiciousOperation,
    ValidationError,
)


def answer(request: HttpRequest, error: errors.AccordError) -> HttpResponse:
    """Answer with problem details, a line for htmx, or a page; the status is the error's."""
    if problems.is_for_a_program(request):
        return problems.as_response(error)
    if request.headers.get("HX-Request") == "true":
        response = _render("errors/inline.html", None, error)
        # htmx swaps error responses only where the page says so; it puts them here.
        response["HX-Retarget"] = "#problem"
        response["HX-Reswap"] = "innerHTML"
    elif error.status >= 500:
        # The shell of the pages may need the database that is away.
        response = _render("errors/standalone.html", None, error)
    else:
        response = _render("errors/page.html", request, error)
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    error = problems.expected(exception) or http_errors.Malformed("The request could not be read.")
    return answer(request, error)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, errors.Forbidden("Your account may not open this page."))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(
        request,
        errors.NotFound(
            "There is nothing at this address, or not for your account. Check the address."
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what nobody expected, and a database that is away outside of the views."""
    cause = sys.exc_info()[1]
    error = problems.expected(cause) if cause else None
    if error is None or error.status < 500:
        error = http_errors.Unexpected("This was not your doing. Try again in a moment.")
    return answer(request, error)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old (settings.CSRF_FAILURE_VIEW)."""
    return answer(
        request,
        StaleForm(
            "This form is too old or came from another site. "
            "Go back, reload the page and send it again."
        ),
    )


class StaleForm(errors.Forbidden):
    """The form you sent carries no valid token: it was open too long, or cookies are off."""

    code = "stale-form"
    title = "The form has expired"
    advice = "Go back, reload the page and send it again. Nothing was changed."


@require_safe
def list_problems(request: HttpRequest) -> HttpResponse:
    kinds = [_described(kind) for kind in error_catalogue.kinds().values()]
    context = {"kinds": sorted(kinds, key=lambda kind: kind["status"])}
    return HttpResponse(loader.render_to_string("errors/problems.html", context, request))


@require_safe
def show_problem(request: HttpRequest, code: str) -> HttpResponse:
    kind = error_catalogue.kinds().get(code)
    if kind is None:
        raise Http404
    context = {"kind": _described(kind)}
    return HttpResponse(loader.render_to_string("errors/problem.html", context, request))


def _described(kind: type[errors.AccordError]) -> dict[str, Any]:
    """Say what a template shows. The meaning is the docstring of the class or of its family."""
    meaning = next(" ".join(base.__doc__.split()) for base in kind.__mro__ if base.__doc__)
    return {
        "code": kind.code,
        "status": kind.status,
        "title": kind.title,
        "meaning": meaning,
        "advice": kind.advice,
        "type_uri": problems.type_uri(kind.code),
    }


def _render(template: str, request: HttpRequest | None, error: errors.AccordError) -> HttpResponse:
    context: dict[str, Any] = {"error": error, "request_id": problems.request_id()}
    return HttpResponse(loader.render_to_string(template, context, request), status=error.status)
