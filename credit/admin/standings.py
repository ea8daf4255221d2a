from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from credit.models import Standing
from identity.models import Account
from portal.core.admin import filters, paging, panels
from portal.core.admin.base import RecordAdmin


class TierFilter(filters.DropdownFilter):
    """The tiers are named by each platform's policy, so they are read from the standings."""

    title = "level"
    parameter_name = "tier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = model_admin.get_queryset(request).order_by("tier").values_list("tier", flat=True)
        return [(tier, tier) for tier in found.distinct()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(tier=self.value()) if self.value() else queryset


@admin.register(Standing)
class StandingAdmin(RecordAdmin):
    keyset = paging.Keyset("-account_id")
    list_display = ("person", "level", "score", "policy", "next_change_at", "as_of")
    list_select_related = ("account", "policy__platform")
    list_filter = (filters.PlatformFilter, TierFilter)
    search_fields = ("account__external_id__exact", "account__display_name")
    search_help_text = "Account's id or name"
    fieldsets = (
        (None, {"fields": ("account", "level", "score", "policy")}),
        ("Projection", {"fields": ("as_of", "last_sequence", "next_change_at")}),
    )

    def title_of(self, standing: Standing) -> str:
        return str(standing.account)

    @display(description="Account")
    def person(self, standing: Standing) -> str:
        return str(standing.account)

    @display(description="Level")
    def level(self, standing: Standing) -> str:
        return standing.tier


def _standing(request: HttpRequest, account: Account) -> panels.Panel:
    found = Standing.objects.filter(account=account).select_related("policy__platform").first()
    rows = []
    if found:
        rows = [
            [
                panels.link(found, found.tier),
                found.score,
                panels.link(found.policy),
                panels.moment(found.next_change_at, "Nothing changes by itself"),
            ]
        ]
    return panels.Panel(
        title="Standing",
        head=["Level", "Score", "Policy", "Next change"],
        rows=rows,
        empty="No entries yet: the starting score and the best level of the policy.",
    )


admin.site.add_panel(Account, _standing, place=10)
