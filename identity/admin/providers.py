"""Whom a platform accepts attestations from: added and changed in dialogs by its administrators."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from identity.actions import providers
from identity.models import VerificationProvider
from identity.models.verifications import Level
from identity.openid import issuers
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.admin import columns, dialogs, filters, panels
from portal.core.admin.base import RecordAdmin
from portal.core.admin.choosing import PlatformForm

KINDS = {
    "MANUAL": "Manual: an identity officer checks",
    "PARTNER": "Partner: the service attests by the API",
    "EMAIL": "Email: a link shows that the address is read (Basic only)",
}


class ProviderForm(BaseDialogForm):
    name = forms.CharField(max_length=120, help_text="People read it when they ask.")
    level = forms.ChoiceField(
        choices=Level.choices, help_text="An email link attests Basic, never more."
    )
    validity_days = forms.IntegerField(
        label="Holds for how many days", min_value=1, max_value=providers.LONGEST, initial=730
    )


class AddForm(ProviderForm, PlatformForm):
    kind = forms.ChoiceField(choices=list(KINDS.items()))
    field_order = ("platform", "name", "kind", "level", "validity_days")


class ChangeForm(ProviderForm):
    is_enabled = forms.BooleanField(
        label="In use",
        required=False,
        help_text="Switched off, it attests nobody new. What it attested stays.",
    )
    # What the person was shown.
    seen = forms.JSONField(widget=forms.HiddenInput)

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        provider = VerificationProvider.objects.filter(pk=self.object_id).first()
        if provider is not None:
            values = provider.terms
            self.initial = values | {"seen": values}

    def clean_seen(self) -> dict[str, Any]:
        seen = self.cleaned_data["seen"]
        wanted = {"name": str, "level": str, "validity_days": int, "is_enabled": bool}
        if not isinstance(seen, dict) or {k: type(v) for k, v in seen.items()} != wanted:
            raise forms.ValidationError("Reload the page and change the provider again.")
        return seen


class ConnectionForm(BaseDialogForm):
    issuer = forms.URLField(
        max_length=500,
        assume_scheme="https",
        help_text="As the provider writes it, to the letter. Accord asks it before it saves.",
    )
    client_id = forms.CharField(label="Client id", max_length=255)
    client_secret = forms.CharField(
        label="Client secret",
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Kept encrypted, and never shown again.",
    )


class AddOpenIdForm(ConnectionForm, AddForm):
    kind = None  # type: ignore[assignment]
    field_order = (
        *("platform", "name", "issuer", "client_id", "client_secret", "level", "validity_days"),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["level"].help_text = (
            "At most. What the provider says of its checks can make it less, and one that says "
            "nothing attests Basic."
        )


class ReconnectForm(ConnectionForm):
    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        secret = self.fields["client_secret"]
        secret.required = False
        secret.help_text = "One is set. Leave this empty to keep it."
        provider = VerificationProvider.objects.filter(pk=self.object_id).first()
        if provider is not None:
            self.initial = {"issuer": provider.issuer, "client_id": provider.client_id}


BACK_TO = "Register this address at the provider for people to come back to: "
ADD_OPENID = {
    "title": "Add an OpenID Connect provider",
    "description": BACK_TO + settings.PUBLIC_URL + "/verifications/back/",
    "form_class": AddOpenIdForm,
    "form_submit_text": "Ask the issuer and add",
}
RECONNECT = {
    "title": "Change the connection",
    "description": BACK_TO + settings.PUBLIC_URL + "/verifications/back/",
    "form_class": ReconnectForm,
    "form_submit_text": "Ask the issuer and save",
}
ADD = {
    "title": "Add a provider",
    "description": "The platform accepts what it attests from now on.",
    "form_class": AddForm,
    "form_submit_text": "Add",
}
CHANGE = {
    "title": "Change this provider",
    "description": "What it attested before keeps its level and its end.",
    "form_class": ChangeForm,
    "form_submit_text": "Save",
}


@admin.register(VerificationProvider)
class VerificationProviderAdmin(RecordAdmin):
    permissions = ("review_verifications", "administer")
    actions_list = ("add_provider", "add_openid")
    actions_detail = ("change_provider", "reconnect")
    valid_for = columns.shown("validity_days", "Valid for", unit="days")
    enabled = columns.yes_or_no("is_enabled", "In use")
    list_display = ("name", "platform", "kind", "level", "valid_for", "enabled")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter, ("kind", ChoicesDropdownFilter))
    ordering = ("platform", "name")
    fieldsets = (
        (None, {"fields": ("name", "platform", "kind", "level", "valid_for", "enabled")}),
        ("OpenID Connect", {"fields": ("issuer", "client_id")}),
    )
    shown_once = (("OpenID Connect", "issuer"),)

    def has_add_provider_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(self.admin_site.platform_ids(request, [Permission.ADMINISTER]))

    def has_change_provider_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._own(request, object_id) is not None

    def _own(self, request: HttpRequest, object_id: Any) -> VerificationProvider | None:
        """Return the provider if the reader administers its platform."""
        found = self.get_object(request, object_id) if object_id else None
        allowed = self.admin_site.platform_ids(request, [Permission.ADMINISTER])
        return found if found is not None and found.platform_id in allowed else None

    @action(description="Add a provider", icon="add", permissions=["add_provider"], dialog=ADD)
    def add_provider(self, request: HttpRequest, form: AddForm) -> HttpResponse:
        chosen = {name: form.cleaned_data[name] for name in AddForm.field_order}
        made: list[VerificationProvider] = []

        def do() -> str:
            made.append(providers.add(**chosen, by=Actor.user(request.user), at=timezone.now()))
            return f"{made[0]} can be used from now on."

        def back() -> str:
            return panels.page_of(made[0])

        return dialogs.answer(request, form=form, dialog=ADD, do=do, back=back)

    @action(
        description="Add an OpenID Connect provider",
        icon="add_link",
        permissions=["add_provider"],
        dialog=ADD_OPENID,
    )
    def add_openid(self, request: HttpRequest, form: AddOpenIdForm) -> HttpResponse:
        chosen = {name: form.cleaned_data[name] for name in AddOpenIdForm.field_order}
        made: list[VerificationProvider] = []

        def do() -> str:
            # Before anything is written: the issuer may take its time, or be another.
            issuers.get_metadata(chosen["issuer"], is_fresh=True)
            by, at = Actor.user(request.user), timezone.now()
            made.append(providers.add_openid(**chosen, by=by, at=at))
            return f"{made[0]} answers, and can be used from now on."

        def back() -> str:
            return panels.page_of(made[0])

        return dialogs.answer(request, form=form, dialog=ADD_OPENID, do=do, back=back)

    def has_reconnect_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self._own(request, object_id)
        return found is not None and found.kind == VerificationProvider.Kind.OIDC

    @action(description="Connection", icon="link", permissions=["reconnect"], dialog=RECONNECT)
    def reconnect(self, request: HttpRequest, form: ReconnectForm, object_id: str) -> HttpResponse:
        provider = self._own(request, object_id)
        if provider is None:
            raise Http404
        chosen = {name: form.cleaned_data[name] for name in ConnectionForm.base_fields}
        chosen.pop("_form_submitted", None)

        def do() -> str:
            issuers.get_metadata(chosen["issuer"], is_fresh=True)
            by, at = Actor.user(request.user), timezone.now()
            providers.reconnect(provider=provider, **chosen, by=by, at=at)
            return f"{provider} answers, and is used as you set it."

        back = panels.page_of(provider)
        return dialogs.answer(request, form=form, dialog=RECONNECT, do=do, back=back)

    @action(description="Change", icon="edit", permissions=["change_provider"], dialog=CHANGE)
    def change_provider(
        self, request: HttpRequest, form: ChangeForm, object_id: str
    ) -> HttpResponse:
        provider = self._own(request, object_id)
        if provider is None:
            raise Http404
        names = ("seen", "name", "level", "validity_days", "is_enabled")
        chosen = {name: form.cleaned_data[name] for name in names}

        def do() -> str:
            by, at = Actor.user(request.user), timezone.now()
            return f"{providers.change(provider=provider, **chosen, by=by, at=at)} was changed."

        back = panels.page_of(provider)
        return dialogs.answer(request, form=form, dialog=CHANGE, do=do, back=back)
