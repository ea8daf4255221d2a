"""Privileges taken away, for how long, and by which decision."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from credit.models import Sanction
from identity.models import Account
from portal.core.admin import filters, panels
from portal.core.admin.base import RecordAdmin

HEAD = ["Sanction", "State", "From", "Until", "Where"]


class InForceFilter(filters.DropdownFilter):
    title = "state"
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "In force"), ("lifted", "Lifted"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        match self.value():
            case "yes":
                return queryset.in_force_at(now)
            case "lifted":
                return queryset.exclude(lifted_at=None)
            case "over":
                return queryset.filter(lifted_at=None, ends_at__lte=now)
        return queryset


@admin.register(Sanction)
class SanctionAdmin(RecordAdmin):
    linked_by = ("account", "decision_id")
    shown_once = (("Lifted", "lifted_at"),)
    list_display = ("what", "person", "state", "where", "starts_at", "until")
    list_select_related = ("account",)
    list_filter = (
        filters.PlatformFilter,
        InForceFilter,
        ("kind", ChoicesDropdownFilter),
        ("privilege", ChoicesDropdownFilter),
    )
    search_fields = ("account__external_id__exact", "account__display_name")
    ids_to_search = ("decision_id", "account")
    search_help_text = "Account's id or name, or decision's id"
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("account", "kind", "privilege", "where", "outcome")}),
        ("Period", {"fields": ("starts_at", "until")}),
        ("Who", {"fields": ("imposer", "approver")}),
        ("Lifted", {"fields": ("lifted_at", "lifter", "lift", "lift_reason")}),
    )

    def title_of(self, sanction: Sanction) -> str:
        return f"{sanction}, {sanction.account}"

    @display(description="Sanction")
    def what(self, sanction: Sanction) -> str:
        return str(sanction)

    @display(description="Account")
    def person(self, sanction: Sanction) -> str:
        return str(sanction.account)

    @display(description="State")
    def state(self, sanction: Sanction) -> Any:
        return state_of(sanction, with_reason=False)

    @display(description="State")
    def outcome(self, sanction: Sanction) -> Any:
        return state_of(sanction)

    @display(description="Where")
    def where(self, sanction: Sanction) -> str:
        return "One group" if sanction.scope_group_id else "Whole platform"

    @display(description="Until")
    def until(self, sanction: Sanction) -> Any:
        return panels.moment(sanction.ends_at, "Until lifted")

    @display(description="Imposed by")
    def imposer(self, sanction: Sanction) -> str:
        return str(sanction.imposed_by)

    @display(description="Approved by")
    def approver(self, sanction: Sanction) -> str:
        return str(sanction.approved_by)

    @display(description="Lifted by")
    def lifter(self, sanction: Sanction) -> str:
        return str(sanction.lifted_by or panels.NOTHING)


def state_of(sanction: Sanction, *, with_reason: bool = True) -> Any:
    """Say whether it is in force or how it ended: "Lifted early on 3 Nov 2026 by staff: why"."""
    end = sanction.end_by(timezone.now())
    if end is None:
        return panels.tag("In force", "danger")
    reason = f" by staff: {end.reason}" if end.reason and with_reason else ""
    return format_html("{} on {}{}", panels.tag(end.words), panels.moment(end.at), reason)


def row(sanction: Sanction) -> list[Any]:
    """Return the cells of HEAD."""
    return [
        panels.link(sanction),
        state_of(sanction),
        panels.moment(sanction.starts_at),
        panels.moment(sanction.ends_at, "Until lifted"),
        "One group" if sanction.scope_group_id else "Whole platform",
    ]


def of_account(request: HttpRequest, account: Account) -> panels.Panel:
    return panels.Panel(
        title="Sanctions",
        head=HEAD,
        rows=[row(sanction) for sanction in account.sanctions.order_by("-starts_at")[:50]],
        empty="None: no privilege was ever taken away.",
    )


admin.site.add_panel(Account, of_account, place=30)
