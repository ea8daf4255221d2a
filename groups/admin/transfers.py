from typing import Any

from django.contrib import admin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from groups.models import Claim, Transfer
from portal.core.admin import filters, panels
from portal.core.admin.base import RecordAdmin

STATE_TAGS = {"OFFERED": "info", "ACCEPTED": "success", "DECLINED": "danger"}


@admin.register(Transfer)
class TransferAdmin(RecordAdmin):
    platform_path = "group__platform"
    linked_by = ("group",)
    list_display = ("of_group", "from_account", "to_account", "state_tag", "offered_at")
    list_select_related = ("group", "from_account", "to_account")
    list_filter = (filters.PlatformFilter, ("state", ChoicesDropdownFilter))
    search_fields = ("group__external_id__exact", "group__name")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("group", "from_account", "to_account", "state_tag")}),
        ("When", {"fields": ("offered_at", "expires_at", "ended_at")}),
    )

    @display(description="Group")
    def of_group(self, transfer: Transfer) -> str:
        return str(transfer.group)

    @display(description="State")
    def state_tag(self, transfer: Transfer) -> Any:
        kind = STATE_TAGS.get(transfer.state, "neutral")
        return panels.tag(transfer.get_state_display(), kind)


@admin.register(Claim)
class ClaimAdmin(RecordAdmin):
    platform_path = "group__platform"
    linked_by = ("group",)
    list_display = ("of_group", "account", "state_tag", "claimed_at", "expires_at")
    list_select_related = ("group", "account")
    list_filter = (filters.PlatformFilter, ("state", ChoicesDropdownFilter))
    search_fields = ("group__external_id__exact", "group__name")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("group", "account", "state_tag")}),
        ("When", {"fields": ("claimed_at", "expires_at", "ended_at", "decider")}),
    )

    @display(description="Group")
    def of_group(self, claim: Claim) -> str:
        return str(claim.group)

    @display(description="State")
    def state_tag(self, claim: Claim) -> Any:
        return panels.tag(claim.get_state_display(), STATE_TAGS.get(claim.state, "neutral"))

    @display(description="Decided by")
    def decider(self, claim: Claim) -> str:
        return str(claim.decided_by or panels.NOTHING)
