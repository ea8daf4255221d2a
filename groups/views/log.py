"""The log of a group, for those who own or manage it now.

Accounts stand there by the platform's own ids, and attributes stay away: what a platform adds to an
event for its staff is not for the group. Accounts that the platform has and accounts that nobody
has answer alike.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from groups import access, log_downloads, log_formats
from groups.log_filters import OwnersLogFilter, in_words
from groups.models import Group, LogEntry
from groups.queries import dashboard, log_pages
from groups.queries.log_pages import Names, Wanted
from groups.views import visitor
from groups.views.my_groups import frame_of
from identity.models import Account


@require_safe
@login_required
def show(request: HttpRequest, id: str) -> HttpResponse:
    user, at = visitor.user_of(request), visitor.now()
    group = access.get_group_for_owner(user, id)
    form = OwnersLogFilter(request.GET)
    shown = frame_of(request, group, dashboard.get_role(user=user, group=group), "log")
    shown |= {"form": form, "is_filtered": any(request.GET.get(name) for name in form.fields)}
    if not form.is_valid():
        return render(request, "groups/log.html", shown, status=422)
    page = log_pages.get_page(
        wanted=_wanted(group, form),
        cursor=request.GET.get("cursor") or None,
        size=visitor.PAGE,
        at=at,
    )
    names = Names.of(page.rows)
    shown |= {
        "rows": [_row(entry, names) for entry in page.rows],
        "newer_url": _url(request, page.previous),
        "older_url": _url(request, page.next),
        "query": urlencode({name: request.GET[name] for name in form.filters()}),
    }
    return render(request, "groups/log.html", shown)


@require_safe
@login_required
def download(request: HttpRequest, id: str, form: str) -> HttpResponseBase:
    """Send what the page shows, all pages of it, as one file."""
    group = access.get_group_for_owner(visitor.user_of(request), id)
    if form not in log_formats.MEDIA_TYPES:
        raise Http404
    found = OwnersLogFilter(request.GET)
    if not found.is_valid():
        return show(request, id)
    return log_downloads.send(
        wanted=_wanted(group, found),
        form=form,
        filters={"group": group.external_id, **found.filters()},
        by=visitor.actor_of(request),
        at=visitor.now(),
        is_whole=False,
    )


def _wanted(group: Group, form: OwnersLogFilter) -> Wanted:
    asked = form.cleaned_data
    accounts = Account.objects.filter(
        platform_id=group.platform_id, external_id=asked["account"]
    ).values_list("pk", flat=True)
    return Wanted(
        platform_ids=frozenset([group.platform_id]),
        group_ids=(group.pk,),
        account_ids=tuple(accounts) if asked["account"] else None,
        kind=asked["kind"] or None,
        since=asked["since"],
        until=asked["until"],
    )


def _row(entry: LogEntry, names: Names) -> dict[str, Any]:
    return {
        "entry": entry,
        "what": in_words(entry.kind),
        "actor": names.account(entry.actor_id),
        "subject": names.account(entry.subject_id),
    }


def _url(request: HttpRequest, cursor: str | None) -> str:
    if cursor is None:
        return ""
    kept = {name: value for name, value in request.GET.items() if value}
    return f"?{urlencode(kept | {'cursor': cursor})}"
