"""Attestations: which level, until when. Provider, reference and person tag are not shown here:
looking at them needs a stated purpose."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from identity import queries
from identity.models import (
    Account,
    IdentityAccess,
    User,
    Verification,
)
from portal.core.admin import filters, panels
from portal.core.admin.base import RecordAdmin


class ValidityFilter(filters.DropdownFilter):
    title = "validity"
    parameter_name = "valid"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Valid"), ("expired", "Expired"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        match self.value():
            case "yes":
                return queryset.valid_at(now)
            case "expired":
                return queryset.filter(expires_at__lte=now, revoked_at=None)
            case "revoked":
                return queryset.exclude(revoked_at=None)
        return queryset


@admin.register(Verification)
class VerificationAdmin(RecordAdmin):
    platform_path = "account__platform"
    linked_by = ("account",)
    list_display = ("person", "level", "state", "verified_at", "expires_at")
    list_select_related = ("account",)
    list_filter = (filters.PlatformFilter, ("level", ChoicesDropdownFilter), ValidityFilter)
    search_fields = ("account__external_id__exact", "account__display_name")
    search_help_text = "Account's id or name"
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("account", "level", "state")}),
        ("Validity", {"fields": ("verified_at", "expires_at", "revoked_at")}),
    )

    def title_of(self, verification: Verification) -> str:
        return f"{verification.account}, {verification.get_level_display().lower()}"

    @display(description="Account")
    def person(self, verification: Verification) -> str:
        return str(verification.account)

    @display(description="State")
    def state(self, verification: Verification) -> Any:
        return validity(verification)


def validity(verification: Verification) -> Any:
    if verification.revoked_at:
        return panels.tag("Revoked", "danger")
    if verification.expires_at <= timezone.now():
        return panels.tag("Expired", "warning")
    return panels.tag("Valid", "success")


@admin.register(IdentityAccess)
class IdentityAccessAdmin(RecordAdmin):
    """Who looked at whose identity details, for which purpose."""

    permissions = ("view_audit",)
    platform_path = "account__platform"
    list_display = ("at", "user", "account", "purpose", "until")
    list_select_related = ("user", "account")
    list_filter = (filters.PlatformFilter, filters.since("at", "time"))
    search_fields = ("user__name", "account__external_id__exact")
    ordering = ("-at",)
    fieldsets = ((None, {"fields": ("at", "user", "account", "purpose", "until")}),)

    def title_of(self, seen: IdentityAccess) -> str:
        return f"{seen.user} saw {seen.account}"


def _verifications(request: HttpRequest, account: Account) -> panels.Panel:
    found = queries.list_verifications(account=account)[:20]
    is_open = isinstance(request.user, User) and queries.may_look(
        account=account, user=request.user, at=timezone.now()
    )
    details = ["Provider", "Method", "Reference"] if is_open else []
    return panels.Panel(
        title="Verifications",
        note="You stated a purpose: for 15 minutes you see the details. The person hears of it."
        if is_open
        else "Level and dates only. Seeing more needs a stated purpose, which is recorded.",
        head=["Level", "State", "From", "Until", *details],
        rows=[
            [
                panels.link(row, row.get_level_display()),
                validity(row),
                panels.moment(row.verified_at),
                panels.moment(row.expires_at),
                *([row.provider, row.method, row.reference or panels.NOTHING] if is_open else []),
            ]
            for row in found
        ],
        is_wide=is_open,
    )


admin.site.add_panel(Account, _verifications)
