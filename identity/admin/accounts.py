"""Accounts of people. What is known of their identity stays behind a stated purpose."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from identity import queries
from identity.actions import looks
from identity.admin import erasing
from identity.models import Account, Verification
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.admin import columns, dialogs, filters, panels
from portal.core.admin.holds import Holdable
from portal.core.models import Hold


class LookForm(BaseDialogForm):
    purpose = forms.CharField(
        label="What you need them for",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The person reads it. Name nobody else here.",
    )


LOOK = {
    "title": "See identity details",
    "description": "For 15 minutes you see provider, method and reference of the attestations of "
    "this person on this page. They read that an identity officer looked, when, and why.",
    "form_class": LookForm,
    "form_submit_text": "See the details",
}


@admin.register(Account)
class AccountAdmin(Holdable):
    known_as = columns.shown("external_id", "Platform's id")
    hold_scope = Hold.Scope.ACCOUNT
    actions_detail = (*Holdable.actions_detail, "see_identity", "erase")
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
        best = valid.order_by(queries.HIGHEST_FIRST, "-expires_at")
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

    def has_see_identity_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self.get_object(request, object_id) if object_id else None
        allowed = self.admin_site.platform_ids(request, [Permission.VIEW_IDENTITY])
        return found is not None and found.platform_id in allowed

    @action(
        description="See identity details",
        icon="visibility",
        permissions=["see_identity"],
        dialog=LOOK,
    )
    def see_identity(self, request: HttpRequest, form: LookForm, object_id: str) -> HttpResponse:
        account = self.get_object(request, object_id)

        def do() -> str:
            purpose = form.cleaned_data["purpose"]
            by, at = Actor.user(request.user), timezone.now()
            looks.start(account=account, purpose=purpose, by=by, at=at)
            return "You see the details for 15 minutes."

        return dialogs.answer(request, form=form, dialog=LOOK, do=do, back=panels.page_of(account))

    def has_erase_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self.get_object(request, object_id) if object_id else None
        allowed = self.admin_site.platform_ids(request, [Permission.ADMINISTER])
        return found is not None and found.platform_id in allowed and found.erased_at is None

    @action(description="Erase", icon="delete", permissions=["erase"], dialog=erasing.DIALOG)
    def erase(self, request: HttpRequest, form: erasing.EraseForm, object_id: str) -> HttpResponse:
        account = self.get_object(request, object_id)
        return erasing.answer(request, form=form, account=account)
