"""Attestations: which level, until when. Provider, reference and person tag are not shown here:
looking at them needs a stated purpose."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from identity import queries
from identity.actions import verifications
from identity.models import (
    Account,
    IdentityAccess,
    User,
    Verification,
)
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.admin import dialogs, filters, panels
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


class RevokeForm(BaseDialogForm):
    reason = forms.CharField(
        label="Why it is revoked",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The person reads it. No number of a document, no birth date.",
    )


REVOKE = {
    "title": "Revoke this attestation",
    "description": "It counts no longer from now on, without the time that an expired one has. "
    "The groups that the person has stay theirs. They are told, and can ask to be verified again.",
    "form_class": RevokeForm,
    "form_submit_text": "Revoke",
}


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
    actions_detail = ("revoke_verification",)
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

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self.get_object(request, object_id) if object_id else None
        allowed = self.admin_site.platform_ids(request, [Permission.REVIEW_VERIFICATIONS])
        if found is None or found.account.platform_id not in allowed:
            return False
        return found.revoked_at is None and found.expires_at > timezone.now()

    @action(description="Revoke", icon="block", permissions=["revoke"], dialog=REVOKE)
    def revoke_verification(
        self, request: HttpRequest, form: RevokeForm, object_id: str
    ) -> HttpResponse:
        verification = self.get_object(request, object_id)

        def do() -> str:
            verifications.revoke(
                verification=verification,
                reason=form.cleaned_data["reason"],
                by=Actor.user(request.user),
                at=timezone.now(),
            )
            return "The attestation counts no longer. The person is told."

        back = panels.page_of(verification)
        return dialogs.answer(request, form=form, dialog=REVOKE, do=do, back=back)


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
