"""The governance log: pages of its own, because Django's admin takes no composite key.

Paged by keyset; the names of groups and accounts come in two more queries for the whole page.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.views.decorators.http import require_safe
from unfold.decorators import display

from groups import events
from groups.admin import pages
from groups.models import Group, HeldLogEntry, LogEntry
from identity.models import Account
from identity.roles import Permission
from portal.core.admin import paging, panels
from portal.core.admin.base import RecordAdmin
from portal.core.models import Platform

KEYSET = paging.Keyset("-occurred_at", "-event_key")
SIZE = 50
HEAD = ["When", "Kind", "Group", "By", "About", "Role", "Reason"]


class LogFilter(forms.Form):
    """What to look for; every field may stay empty."""

    kind = forms.ChoiceField(required=False, choices=lambda: _kinds())
    group = forms.CharField(required=False, max_length=200, help_text="The platform's id")
    account = forms.CharField(required=False, max_length=200, help_text="The platform's id")
    until = forms.DateTimeField(
        required=False,
        label="Not after",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )


def _kinds() -> list[tuple[str, str]]:
    return [("", "All kinds"), *((kind, in_words(kind)) for kind in sorted(events.KINDS))]


def in_words(kind: str) -> str:
    """Write "member.role_changed" as "Member role changed"."""
    return capfirst(kind.replace(".", " ").replace("_", " "))


@dataclass(frozen=True, slots=True)
class Names:
    """The groups and accounts that a page of the log names, by id."""

    groups: dict[UUID, Group]
    accounts: dict[UUID, Account]

    @classmethod
    def of(cls, entries: list[LogEntry]) -> "Names":
        people = {entry.actor_id for entry in entries} | {entry.subject_id for entry in entries}
        return cls(
            Group.objects.in_bulk({entry.group_id for entry in entries} - {None}),
            Account.objects.in_bulk(people - {None}),
        )

    def group(self, pk: UUID | None) -> Any:
        return panels.link(self.groups.get(pk)) if pk else "The whole platform"

    def account(self, pk: UUID | None) -> Any:
        return panels.link(self.accounts.get(pk)) if pk else panels.NOTHING


def _visible(request: HttpRequest) -> QuerySet[LogEntry]:
    ids = pages.platforms(request, Permission.VIEW_RECORDS)
    return LogEntry.objects.filter(platform_id__in=ids)


def _narrow(entries: QuerySet[LogEntry], wanted: dict[str, Any]) -> QuerySet[LogEntry]:
    if wanted.get("kind"):
        entries = entries.filter(kind=wanted["kind"])
    if group := wanted.get("group", "").replace("\0", ""):
        found = Group.objects.filter(_is(group)).values_list("pk", flat=True)
        entries = entries.filter(group_id__in=list(found[:50]))
    if account := wanted.get("account", "").replace("\0", ""):
        found = Account.objects.filter(_is(account)).values_list("pk", flat=True)
        people = list(found[:50])
        entries = entries.filter(Q(subject_id__in=people) | Q(actor_id__in=people))
    if wanted.get("until"):
        entries = entries.filter(occurred_at__lte=wanted["until"])
    return entries


def _is(text: str) -> Q:
    try:
        return Q(pk=UUID(text))
    except ValueError:
        return Q(external_id=text)


def address(entry: LogEntry) -> str:
    return reverse("admin:log_entry", args=[entry.occurred_at.isoformat(), entry.event_key])


def _row(entry: LogEntry, names: Names) -> list[Any]:
    """Return the cells of HEAD."""
    link = format_html('<a href="{}">{}</a>', address(entry), panels.moment(entry.occurred_at))
    return [
        link,
        in_words(entry.kind),
        names.group(entry.group_id),
        names.account(entry.actor_id),
        names.account(entry.subject_id),
        entry.role or panels.NOTHING,
        entry.reason or panels.NOTHING,
    ]


@require_safe
def show_log(request: HttpRequest) -> HttpResponse:
    form = LogFilter(request.GET)
    entries = _visible(request)
    if form.is_valid():
        entries = _narrow(entries, form.cleaned_data)
    page = KEYSET.page(entries, cursor=request.GET.get(paging.CURSOR) or None, size=SIZE)
    names = Names.of(page.rows)
    table = panels.Panel(
        title="Log",
        head=HEAD,
        rows=[_row(entry, names) for entry in page.rows],
        empty="No events. Filters may hide some.",
    )
    return pages.render(
        request,
        "admin/accord/log.html",
        title="Log",
        trail=(pages.home(),),
        form=form,
        table=table,
        next_url=_url(request, page.next),
        previous_url=_url(request, page.previous),
    )


def _url(request: HttpRequest, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    kept = {key: value for key, value in request.GET.items() if value and key != paging.CURSOR}
    return f"?{urlencode(kept | {paging.CURSOR: cursor})}"


@require_safe
def show_entry(request: HttpRequest, occurred_at: str, event_key: UUID) -> HttpResponse:
    try:
        at = parse_datetime(occurred_at)
    except ValueError as error:
        raise Http404 from error
    if at is None or at.tzinfo is None:
        raise Http404
    entry = _visible(request).filter(occurred_at=at, event_key=event_key).first()
    if entry is None:
        raise Http404
    names = Names.of([entry])
    platform = Platform.objects.get(pk=entry.platform_id)
    facts = [
        ("Occurred", panels.moment(entry.occurred_at)),
        ("Received", panels.moment(entry.received_at)),
        ("Kind", in_words(entry.kind)),
        ("Platform", platform),
        ("Group", names.group(entry.group_id)),
        ("By", names.account(entry.actor_id)),
        ("About", names.account(entry.subject_id)),
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


def _of_group(request: HttpRequest, group: Group) -> panels.Panel:
    entries = LogEntry.objects.filter(group_id=group.pk).order_by("-occurred_at")[:10]
    names = Names.of(list(entries))
    return panels.Panel(
        title="Log",
        head=HEAD[:2] + HEAD[3:],
        rows=[[*_row(entry, names)[:2], *_row(entry, names)[3:]] for entry in entries],
        empty="No events inside the window.",
        more_url=f"{reverse('admin:log')}?{urlencode({'group': group.pk})}",
    )


admin.site.add_panel(Group, _of_group, place=30)
admin.site.add_page("groups/log/", show_log, "log")
admin.site.add_page("groups/log/<str:occurred_at>/<uuid:event_key>/", show_entry, "log_entry")
