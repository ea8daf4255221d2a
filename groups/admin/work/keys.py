"""The single keys of the work: which there are, and the switch that turns them off."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from groups.admin import pages
from identity.actions import users

KEYS = (
    ("J", "The next one in the queue"),
    ("K", "The one before"),
    ("C", "Claim the case, or take the appeal"),
    ("1 to 9", "Choose an outcome"),
    ("N", "Write a note"),
    ("/", "Search"),
    ("?", "This list"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """List the keys; a POST switches them on or off for the reader."""
    if request.method == "POST":
        on = request.POST.get("keys") == "on"
        users.switch_single_keys(user=request.user, on=on, by=pages.actor(request), at=pages.now())
        messages.success(request, f"Single keys are {'on' if on else 'off'}.")
        return HttpResponseRedirect(_back(request, request.POST.get("back", "")))
    is_fragment = request.headers.get("HX-Request") == "true"
    return pages.render(
        request,
        f"admin/accord/work/{'keys_body' if is_fragment else 'keys'}.html",
        title="Keyboard shortcuts",
        trail=(pages.home(),),
        keys=KEYS,
        is_dialog=is_fragment,
        back=_back(request, request.headers.get("HX-Current-URL", "")),
    )


def _back(request: HttpRequest, url: str) -> str:
    """Return the page to go back to, if it is one of ours."""
    if url_has_allowed_host_and_scheme(url, {request.get_host()}):
        parts = urlsplit(url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return reverse("admin:work_keys")
