"""The governance log: pages of its own, because Django's admin takes no composite key.

Paged by keyset; the names of groups and accounts come in two more queries for the whole page.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from unfold.decorators import display

from groups import log_downloads, log_formats
from groups.admin import pages
from groups.log_filters import StaffLogFilter, in_words
from groups.models import Group, HeldLogEntry, LogEntry
from groups.queries import log_pages
from groups.queries.log_pages import Wanted
from identity.models import Account
from identity.roles import Permission
from portal.core.admin import paging, panels
from portal.core.admin.base import RecordAdmin
from portal.core.models import Platform

SIZE = 50
HEAD = ["When", "Kind", "Group", "By", "About", "Role", "Reason"]
LINES = 10


@dataclass(frozen=True, slots=True)
class Records:
    """The groups and accounts that a page of the log names, by id."""

    groups: dict[UUID, Group]
    accounts: dict[UUID, Account]

    @classmethod
    def of(cls, entries: list[LogEntry]) -> "Records":
        groups, accounts = log_pages.ids_in(entries)
        return cls(Group.objects.in_bulk(groups), Account.objects.in_bulk(accounts))

    def group(self, pk: UUID | None) -> Any:
        return panels.link(self.groups.get(pk)) if pk else "The whole platform"

    def account(self, pk: UUID | None) -> Any:
        return panels.link(self.accounts.get(pk)) if pk else panels.NOTHING


def _wanted(request: HttpRequest, form: StaffLogFilter) -> Wanted | None:
    """Turn what was filled in into what to look for; the form says what is wrong with it."""
    platform_ids = frozenset(pages.platforms(request, Permission.VIEW_RECORDS))
    if not form.is_valid():
        return None
    asked = form.cleaned_data

    def find(model: type[Model], name: str) -> tuple[UUID, ...] | None:
        if not asked[name]:
            return None
        found = model._default_manager.filter(_is(asked[name]), platform_id__in=platform_ids)
        ids = tuple(found.order_by("pk").values_list("pk", flat=True))
        if not ids:
            form.add_error(name, f"There is no {name} with this id, or it is not yours to see.")
        return ids

    groups, accounts = find(Group, "group"), find(Account, "account")
    if form.errors:
        return None
    return Wanted(
        platform_ids=platform_ids,
        group_ids=groups,
        account_ids=accounts,
        kind=asked["kind"] or None,
        since=asked["since"],
        until=asked["until"],
    )


def _is(text: str) -> Q:
    try:
        return Q(pk=UUID(text))
    except ValueError:
        return Q(external_id=text)


def address(entry: LogEntry) -> str:
    return reverse("admin:log_entry", args=[entry.occurred_at.isoformat(), entry.event_key])


def _row(entry: LogEntry, records: Records) -> list[Any]:
    """Return the cells of HEAD."""
    link = format_html('<a href="{}">{}</a>', address(entry), panels.moment(entry.occurred_at))
    return [
        link,
        in_words(entry.kind),
        records.group(entry.group_id),
        records.account(entry.actor_id),
        records.account(entry.subject_id),
        entry.role or panels.NOTHING,
        entry.reason or panels.NOTHING,
    ]


@require_safe
def show_log(request: HttpRequest) -> HttpResponse:
    form = StaffLogFilter(request.GET)
    wanted = _wanted(request, form)
    if wanted is None:
        return _draw(request, form, panels.Panel(title="Log", head=HEAD), status=422)
    page = log_pages.get_page(
        wanted=wanted, cursor=request.GET.get(paging.CURSOR) or None, size=SIZE, at=pages.now()
    )
    records = Records.of(page.rows)
    table = panels.Panel(
        title="Log",
        head=HEAD,
        rows=[_row(entry, records) for entry in page.rows],
        empty="Nothing fits so far. Go on with older events."
        if page.next
        else "No events. Filters may hide some.",
        is_wide=True,
    )
    return _draw(
        request,
        form,
        table,
        next_url=_url(request, page.next),
        previous_url=_url(request, page.previous),
        files=[
            (form_name.upper(), f"{reverse('admin:log_file', args=[form_name])}{_query(form)}")
            for form_name in log_formats.MEDIA_TYPES
        ],
    )


def _draw(
    request: HttpRequest, form: StaffLogFilter, table: panels.Panel, **context: Any
) -> HttpResponse:
    return pages.render(
        request,
        "admin/accord/log.html",
        title="Log",
        trail=(pages.home(),),
        form=form,
        table=table,
        **context,
    )


def _query(form: StaffLogFilter) -> str:
    kept = {name: form.data[name] for name in form.filters()}
    return f"?{urlencode(kept)}" if kept else ""


def _url(request: HttpRequest, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    kept = {key: value for key, value in request.GET.items() if value and key != paging.CURSOR}
    return f"?{urlencode(kept | {paging.CURSOR: cursor})}"


@require_safe
def download(request: HttpRequest, form: str) -> HttpResponseBase:
    """Send what the page shows, all pages of it, as one file."""
    found = StaffLogFilter(request.GET)
    wanted = _wanted(request, found)
    if form not in log_formats.MEDIA_TYPES:
        raise Http404
    if wanted is None:
        return show_log(request)
    return log_downloads.send(
        wanted=wanted,
        form=form,
        filters=found.filters(),
        by=pages.actor(request),
        at=pages.now(),
    )


@require_safe
def show_entry(request: HttpRequest, occurred_at: str, event_key: UUID) -> HttpResponse:
    try:
        at = parse_datetime(occurred_at)
    except ValueError as error:
        raise Http404 from error
    if at is None or at.tzinfo is None:
        raise Http404
    platform_ids = pages.platforms(request, Permission.VIEW_RECORDS)
    entry = LogEntry.objects.filter(
        platform_id__in=platform_ids, occurred_at=at, event_key=event_key
    ).first()
    if entry is None:
        raise Http404
    records = Records.of([entry])
    platform = Platform.objects.get(pk=entry.platform_id)
    facts = [
        ("Occurred", panels.moment(entry.occurred_at)),
        ("Received", panels.moment(entry.received_at)),
        ("Kind", in_words(entry.kind)),
        ("Platform", platform),
        ("Group", records.group(entry.group_id)),
        ("By", records.account(entry.actor_id)),
        ("About", records.account(entry.subject_id)),
        ("Role", entry.role),
        ("Role before", entry.old_role),
        ("Reason", entry.reason),
        ("Until", panels.moment(entry.until)),
        ("Source", entry.source),
        ("Event id", entry.event_id),
        ("Caused by", entry.caused_by),
    ]
    return pages.render(
        request,
        "admin/accord/log_entry.html",
        title=in_words(entry.kind),
        trail=(pages.home(), ("Log", reverse("admin:log"))),
        facts=[
            (name, value if value not in (None, "") else panels.NOTHING) for name, value in facts
        ],
        attributes=entry.attributes,
    )


@admin.register(HeldLogEntry)
class HeldLogEntryAdmin(RecordAdmin):
    """Log rows that a hold kept when their day was purged."""

    platform_path = "platform_id"
    linked_by = ("hold",)
    keyset = paging.Keyset("-id")
    list_display = ("occurred_at", "event_key", "hold", "copied_at")
    list_select_related = ("hold",)
    fieldsets = ((None, {"fields": ("occurred_at", "event_key", "hold", "copied_at", "shown")}),)

    def title_of(self, entry: HeldLogEntry) -> str:
        return f"Kept by {entry.hold}"

    @display(description="Row")
    def shown(self, entry: HeldLogEntry) -> Any:
        lines = [f"{key}: {value}" for key, value in entry.row.items() if value is not None]
        return format_html("<pre>{}</pre>", "\n".join(lines))


def _last_lines(record: Any, *, of: str, without: Collection[str] = (), **ids: Any) -> panels.Panel:
    """Show the last lines about a record, without what all of them would say."""
    wanted = Wanted(platform_ids=frozenset([record.platform_id]), **ids)
    page = log_pages.get_page(wanted=wanted, cursor=None, size=LINES, at=pages.now())
    records = Records.of(page.rows)
    shown = [n for n, name in enumerate(HEAD) if name not in without]
    rows = [_row(entry, records) for entry in page.rows]
    return panels.Panel(
        title="Log",
        head=[HEAD[n] for n in shown],
        rows=[[row[n] for n in shown] for row in rows],
        empty="No events inside the window.",
        more_url=f"{reverse('admin:log')}?{urlencode({of: record.pk})}",
        is_wide=True,
    )


def _of_group(request: HttpRequest, group: Group) -> panels.Panel:
    return _last_lines(group, of="group", without=["Group"], group_ids=(group.pk,))


def _of_account(request: HttpRequest, account: Account) -> panels.Panel:
    return _last_lines(account, of="account", account_ids=(account.pk,))


admin.site.add_panel(Group, _of_group, place=30)
admin.site.add_panel(Account, _of_account, place=30)
admin.site.add_page("groups/log/", show_log, "log")
admin.site.add_page("groups/log.<str:form>", download, "log_file")
admin.site.add_page("groups/log/<str:occurred_at>/<uuid:event_key>/", show_entry, "log_entry")
