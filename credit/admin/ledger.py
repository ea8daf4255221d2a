"""What counts for or against whom, newest first, without ever counting the rows."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from credit.models import LedgerEntry
from identity.models import Account
from portal.core.admin import filters, paging, panels
from portal.core.admin.base import RecordAdmin

HEAD = ["No.", "Kind", "Points", "Reason", "In effect", "Expires"]


@admin.register(LedgerEntry)
class LedgerEntryAdmin(RecordAdmin):
    keyset = paging.Keyset("-id")
    linked_by = ("account", "decision_id")
    list_display = ("entry", "person", "kind", "signed_points", "reason", "effective_at", "expiry")
    list_select_related = ("account",)
    list_filter = (
        filters.PlatformFilter,
        ("kind", ChoicesDropdownFilter),
        filters.since("posted_at", "posted"),
    )
    search_fields = ("account__external_id__exact",)
    ids_to_search = ("id", "decision_id", "account")
    search_help_text = "Account's or decision's id"
    fieldsets = (
        (None, {"fields": ("entry", "account", "kind", "signed_points", "reason")}),
        ("When", {"fields": ("effective_at", "expiry", "posted_at")}),
        ("What it rests on", {"fields": ("policy", "undone_entry", "restored_entry")}),
        ("Who", {"fields": ("poster", "approver")}),
    )

    @display(description="Entry")
    def entry(self, entry: LedgerEntry) -> str:
        return f"#{entry.sequence}"

    @display(description="Account")
    def person(self, entry: LedgerEntry) -> str:
        return str(entry.account)

    @display(description="Points")
    def signed_points(self, entry: LedgerEntry) -> str:
        return points(entry)

    @display(description="Expires")
    def expiry(self, entry: LedgerEntry) -> Any:
        return panels.moment(entry.expires_at, "Never")

    def title_of(self, entry: LedgerEntry) -> str:
        return f"{entry.account}, entry #{entry.sequence}"

    @display(description="Reverses")
    def undone_entry(self, entry: LedgerEntry) -> Any:
        return _other(entry.reverses)

    @display(description="Gives a point back of")
    def restored_entry(self, entry: LedgerEntry) -> Any:
        return _other(entry.restores)

    @display(description="Posted by")
    def poster(self, entry: LedgerEntry) -> str:
        return str(entry.posted_by or "Accord, under the policy")

    @display(description="Approved by")
    def approver(self, entry: LedgerEntry) -> str:
        return str(entry.approved_by or panels.NOTHING)


def _other(entry: LedgerEntry | None) -> Any:
    return panels.link(entry, f"Entry #{entry.sequence}" if entry else "")


def points(entry: LedgerEntry) -> str:
    return panels.signed(entry.points)


def row(entry: LedgerEntry) -> list[Any]:
    """Return the cells of HEAD."""
    expired = entry.expires_at is not None and entry.expires_at <= timezone.now()
    return [
        panels.link(entry, f"#{entry.sequence}"),
        entry.get_kind_display(),
        points(entry),
        entry.reason,
        panels.moment(entry.effective_at),
        panels.tag("Expired") if expired else panels.moment(entry.expires_at, "Never"),
    ]


def _entries(request: HttpRequest, account: Account) -> panels.Panel:
    entries, more = panels.first_rows(account.ledger.order_by("-sequence"))
    return panels.Panel(
        title="Ledger",
        head=HEAD,
        rows=[row(entry) for entry in entries],
        empty="Nothing counts for or against this account.",
        more_url=panels.list_of(LedgerEntry, account=account.pk) if more else "",
    )


admin.site.add_panel(Account, _entries, place=20)
