"""Expected errors of the pages become a page, or a line in it, with the sentence of the API."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portal.core import error_pages, problems


class ExpectedErrorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request_id := problems.request_id():
            response.setdefault("X-Request-ID", request_id)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, error_pages.LEFT_TO_DJANGO):
            return None
        error = problems.expected(exception)
        return None if error is None else error_pages.answer(request, error)
