"""Accounts of people. What is known of their identity stays behind a stated purpose."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, Exists, OuterRef, QuerySet, Subquery, Value, When
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from identity.models import Account, Verification
from portal.core.admin import columns, filters, panels
from portal.core.admin.holds import Holdable
from portal.core.models import Hold

HIGHEST_FIRST = Case(
    When(level="HIGH", then=Value(0)), When(level="SUBSTANTIAL", then=Value(1)), default=Value(2)
)


@admin.register(Account)
class AccountAdmin(Holdable):
    known_as = columns.shown("external_id", "Platform's id")
    hold_scope = Hold.Scope.ACCOUNT
    list_display = ("name", "known_as", "platform", "verified", "portal", "created_at")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter, filters.since("created_at", "first seen"))
    search_fields = ("external_id__exact", "display_name")
    ids_to_search = ("id",)
    search_help_text = "The platform's id, or name"
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("name", "known_as", "platform", "created_at")}),
        ("Identity", {"fields": ("verified", "portal")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        valid = Verification.objects.valid_at(timezone.now()).filter(account=OuterRef("pk"))
        best = valid.order_by(HIGHEST_FIRST, "-expires_at")
        return (
            super()
            .get_queryset(request)
            .annotate(
                level=Subquery(best.values("level")[:1]),
                is_verified=Exists(valid),
            )
        )

    @display(description="Name")
    def name(self, account: Account) -> str:
        return str(account)

    @display(description="Verified")
    def verified(self, account: Any) -> Any:
        if not account.is_verified:
            return panels.tag("Not verified")
        return panels.tag(f"Verified, {account.level.lower()}", "success")

    @display(description="Uses the dashboard")
    def portal(self, account: Account) -> str:
        return "Yes" if account.user_id else "No"
