"""A page that follows work which others do, and shows in place what comes of it.

Its template extends admin/accord/progress.html, which asks every two seconds.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import reselect, retarget, trigger_client_event

from portal.core.admin.base import RecordAdmin


def answer(
    model_admin: RecordAdmin,
    request: HttpRequest,
    record_id: UUID,
    *,
    say: Callable[[Any], str],
    how_far: Callable[[Any], Mapping[str, Any] | None] = lambda record: None,
) -> HttpResponse:
    """Answer with what is another than the page shows: all of it, how far the work is, or nothing.

    A new state is said as well, and once. `how_far` names in `seen` what a page of it shows.
    """
    record = model_admin.get_object(request, str(record_id))
    if record is None:
        raise Http404
    if request.GET.get("state") != record.state:
        page = retarget(model_admin.change_view(request, str(record_id)), "#content-main")
        page = reselect(page, "#content-main")
        return trigger_client_event(page, "accord:said", {"text": say(record)})
    far = how_far(record)
    if far is None or request.GET.get("seen") == far["seen"]:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    context = {"original": record, "opts": model_admin.opts, "far": far}
    page = render(request, model_admin.change_form_outer_before_template, context)
    return reselect(page, "#progress")
