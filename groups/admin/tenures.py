"""Who held which role when, and the role events that it follows from."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from groups import pictures
from groups.models import Group, RoleEvent, Tenure, Transfer
from groups.queries import disputes
from groups.queries import tenures as tenure_queries
from identity.models import Account
from portal.core.admin import columns, filters, paging, panels
from portal.core.admin.base import RecordAdmin

# As many as the picture shows, so that the table says the same.
MOST_DRAWN = pictures.MOST_ROWS


@admin.register(Tenure)
class TenureAdmin(RecordAdmin):
    keyset = paging.Keyset("-id")
    imported = columns.yes_or_no("is_history", "From imported history")
    linked_by = ("group", "account")
    shown_once = (("Ended", "ended"),)
    list_display = ("person", "role_name", "of_group", "from_when", "until_when", "began", "ended")
    list_select_related = ("account", "group")
    list_filter = (
        filters.PlatformFilter,
        filters.current("ended"),
        ("role", ChoicesDropdownFilter),
    )
    search_fields = ("account__external_id__exact", "group__external_id__exact")
    search_help_text = "The platform's id of account or group"
    ids_to_search = ("id", "account", "group")
    fieldsets = (
        (None, {"fields": ("account", "role_name", "group", "platform")}),
        ("Began", {"fields": ("from_when", "began", "began_by", "began_with")}),
        ("Ended", {"fields": ("until_when", "ended", "ended_by", "ended_with")}),
        ("Origin", {"fields": ("imported",)}),
    )

    def title_of(self, tenure: Tenure) -> str:
        return f"{tenure.account}, {tenure.get_role_display().lower()} of {tenure.group}"

    @display(description="Account")
    def person(self, tenure: Tenure) -> str:
        return str(tenure.account)

    @display(description="Role")
    def role_name(self, tenure: Tenure) -> str:
        return tenure.get_role_display()

    @display(description="Group")
    def of_group(self, tenure: Tenure) -> str:
        return str(tenure.group)

    @display(description="From")
    def from_when(self, tenure: Tenure) -> Any:
        return panels.moment(tenure.period.lower)

    @display(description="Until")
    def until_when(self, tenure: Tenure) -> Any:
        return panels.moment(tenure.period.upper, "Now")

    @display(description="Began with")
    def began_with(self, tenure: Tenure) -> Any:
        return _event(tenure.began_event)

    @display(description="Ended with")
    def ended_with(self, tenure: Tenure) -> Any:
        return _event(tenure.ended_event)


def _event(key: UUID | None) -> Any:
    if key is None:
        return panels.NOTHING
    return panels.link_to(f"{panels.list_of(RoleEvent)}?q={key}", "The role event")


@admin.register(RoleEvent)
class RoleEventAdmin(RecordAdmin):
    keyset = paging.Keyset("-id")
    imported = columns.yes_or_no("is_history", "From imported history")
    linked_by = ("group", "account")
    list_display = ("occurred_at", "kind", "role", "account", "group", "origin")
    list_select_related = ("account", "group")
    list_filter = (
        filters.PlatformFilter,
        ("kind", ChoicesDropdownFilter),
        ("origin", ChoicesDropdownFilter),
    )
    search_fields = ("account__external_id__exact", "group__external_id__exact")
    search_help_text = "The platform's id of account or group"
    ids_to_search = ("event_key", "account", "group", "caused_by")
    fieldsets = (
        (None, {"fields": ("occurred_at", "kind", "role", "account", "group", "platform")}),
        ("Origin", {"fields": ("origin", "actor", "event_key", "sequence", "caused_by")}),
        ("Import", {"fields": ("imported",)}),
    )

    def title_of(self, event: RoleEvent) -> str:
        return f"{event.get_kind_display()}, {event.group}"


def _of_group(request: HttpRequest, group: Group) -> panels.Panel:
    at = timezone.now()
    found = list(tenure_queries.list_tenures(group=group)[: MOST_DRAWN + 1])
    contested = disputes.list_disputes(
        tenures=found, transfers=Transfer.objects.filter(group=group), at=at
    )
    gaps = tenure_queries.list_gaps(group=group, at=at)
    return panels.Panel(
        title="Who answered for it",
        picture=_draw(pictures.of_tenures(found, gaps=gaps, disputes=contested, at=at), contested),
        head=["Account", "Role", "From", "Until", "Began", "Ended"],
        rows=[
            [
                panels.link(row.account),
                row.get_role_display(),
                panels.moment(row.period.lower),
                panels.moment(row.period.upper, "Now"),
                row.get_began_display(),
                row.get_ended_display() if row.ended else panels.NOTHING,
            ]
            for row in found[:MOST_DRAWN]
        ],
        empty="Nobody yet.",
        more_url=panels.list_of(Tenure, group=group.pk) if len(found) > MOST_DRAWN else "",
    )


def _of_account(request: HttpRequest, account: Account) -> panels.Panel:
    at = timezone.now()
    found = list(tenure_queries.list_roles(account=account)[: MOST_DRAWN + 1])
    contested = disputes.list_disputes(
        tenures=found,
        transfers=Transfer.objects.filter(Q(from_account=account) | Q(to_account=account)),
        at=at,
    )
    picture = pictures.of_tenures(found, disputes=contested, at=at, name=lambda row: row.group)
    return panels.Panel(
        title="Roles in groups",
        picture=_draw(picture, contested),
        head=["Group", "Role", "From", "Until", "Ended"],
        rows=[
            [
                panels.link(row.group),
                row.get_role_display(),
                panels.moment(row.period.lower),
                panels.moment(row.period.upper, "Now"),
                row.get_ended_display() if row.ended else panels.NOTHING,
            ]
            for row in found[:MOST_DRAWN]
        ],
        more_url=panels.list_of(Tenure, account=account.pk) if len(found) > MOST_DRAWN else "",
    )


def _draw(picture: pictures.Picture | None, contested: list[disputes.Dispute]) -> SafeString:
    context = {"picture": picture, "disputes": contested}
    return format_html(
        "{}{}",
        render_to_string("groups/tenures_picture.html", context),
        render_to_string("groups/disputes.html", context),
    )


admin.site.add_panel(Group, _of_group, place=10)
admin.site.add_panel(Account, _of_account, place=40)
