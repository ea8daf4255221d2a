"""What the pages may load and run (Content-Security-Policy), beyond the strict default."""

from collections.abc import Callable

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

Handler = Callable[[HttpRequest], HttpResponse]

# unfold evaluates Alpine expressions and writes its colours into the page; nothing else does.
FOR_ADMIN = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]}


def looser_policy_for_admin(get_response: Handler) -> Handler:
    loosened = csp_update(FOR_ADMIN)(get_response)

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(reverse("admin:index")):
            return loosened(request)  # type: ignore[return-value]
        return get_response(request)

    return middleware
