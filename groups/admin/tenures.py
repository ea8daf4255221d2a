"""Who held which role when, and the role events that it follows from."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from groups.models import Group, RoleEvent, Tenure
from identity.models import Account
from portal.core.admin import columns, filters, paging, panels
from portal.core.admin.base import RecordAdmin


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
    found = group.tenures.select_related("account").order_by("-period")
    rows, more = panels.first_rows(found, 15)
    return panels.Panel(
        title="Who answered for it",
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
            for row in rows
        ],
        empty="Nobody yet.",
        more_url=panels.list_of(Tenure, group=group.pk) if more else "",
    )


def _of_account(request: HttpRequest, account: Account) -> panels.Panel:
    found = account.tenures.select_related("group").order_by("-period")
    rows, more = panels.first_rows(found, 15)
    return panels.Panel(
        title="Roles in groups",
        head=["Group", "Role", "From", "Until", "Ended"],
        rows=[
            [
                panels.link(row.group),
                row.get_role_display(),
                panels.moment(row.period.lower),
                panels.moment(row.period.upper, "Now"),
                row.get_ended_display() if row.ended else panels.NOTHING,
            ]
            for row in rows
        ],
        more_url=panels.list_of(Tenure, account=account.pk) if more else "",
    )


admin.site.add_panel(Group, _of_group, place=10)
admin.site.add_panel(Account, _of_account, place=40)
