"""A platform's programs that sign in: its administrators add them, in dialogs."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from identity.actions import clients
from identity.models import ApiClient
from portal.core.actors import Actor
from portal.core.admin import dialogs, filters, new_secrets, panels
from portal.core.admin.base import RecordAdmin
from portal.core.admin.choosing import PlatformForm


class AddForm(PlatformForm):
    name = forms.CharField(max_length=120, help_text="Such as the program that signs in with it.")


class NewSecretForm(BaseDialogForm):
    # What the person was shown.
    seen = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        client = ApiClient.objects.filter(pk=self.object_id).first()
        if client is not None:
            self.initial = {"seen": client.updated.isoformat()}


ADD: dict[str, Any] = {
    "title": "Add an API client",
    "description": "It sees and sends what belongs to its platform. You see its secret once.",
    "form_class": AddForm,
    "form_submit_text": "Add and show the secret",
}
NEW_SECRET: dict[str, Any] = {
    "title": "Make a new secret",
    "description": "The present secret and the tokens it brought end at once: the program is "
    "refused until it has the new one. You see it once.",
    "form_class": NewSecretForm,
    "form_submit_text": "Make and show it",
}
DISABLE: dict[str, Any] = {
    "title": "Disable this client",
    "description": "It gets no more tokens, and those it has end at once.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "Disable",
}
ENABLE: dict[str, Any] = {
    "title": "Enable this client again",
    "description": "It gets tokens with the secret that it had.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "Enable",
}


@admin.register(ApiClient)
class ApiClientAdmin(RecordAdmin):
    permissions = ("administer",)
    actions_list = ("add_client",)
    actions_detail = ("new_secret", "disable_client", "enable_client")
    list_display = ("name", "client_id", "platform", "state", "created")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter,)
    search_fields = ("name", "client_id__exact")
    ordering = ("platform", "name")
    # The secret is stored as a hash, and shown once when it is made.
    fieldsets = (
        (None, {"fields": ("name", "client_id", "platform", "authorization_grant_type")}),
        ("State", {"fields": ("state", "created", "updated", "disabled_at")}),
    )

    @display(description="State")
    def state(self, client: ApiClient) -> Any:
        disabled = client.disabled_at is not None
        return panels.tag("Disabled", "danger") if disabled else panels.tag("Active", "success")

    def has_administer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(self.platform_ids(request))

    def has_client_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._find(request, object_id) is not None

    def has_disable_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self._find(request, object_id)
        return found is not None and found.disabled_at is None

    def has_enable_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self._find(request, object_id)
        return found is not None and found.disabled_at is not None

    def _find(self, request: HttpRequest, object_id: Any) -> ApiClient | None:
        return self.get_object(request, object_id) if object_id else None

    def _get(self, request: HttpRequest, object_id: str) -> ApiClient:
        found = self._find(request, object_id)
        if found is None:
            raise Http404
        return found

    @action(description="Add an API client", icon="add", permissions=["administer"], dialog=ADD)
    def add_client(self, request: HttpRequest, form: AddForm) -> HttpResponse:
        chosen = {name: form.cleaned_data[name] for name in ("platform", "name")}

        def make() -> new_secrets.Made:
            issued = clients.add(**chosen, by=Actor.user(request.user), at=timezone.now())
            return _made(issued, f"{issued.client} can sign in.")

        return new_secrets.answer(request, form=form, dialog=ADD, make=make)

    @action(description="New secret", icon="key", permissions=["client"], dialog=NEW_SECRET)
    def new_secret(self, request: HttpRequest, form: NewSecretForm, object_id: str) -> HttpResponse:
        client = self._get(request, object_id)
        seen = form.cleaned_data["seen"]

        def make() -> new_secrets.Made:
            by, at = Actor.user(request.user), timezone.now()
            issued = clients.renew_secret(client=client, seen=seen, by=by, at=at)
            return _made(issued, f"{issued.client} has a new secret.")

        return new_secrets.answer(request, form=form, dialog=NEW_SECRET, make=make)

    @action(description="Disable", icon="block", permissions=["disable"], dialog=DISABLE)
    def disable_client(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        client = self._get(request, object_id)

        def do() -> str:
            clients.disable(client=client, by=Actor.user(request.user), at=timezone.now())
            return f"{client} gets no more tokens, and those it had have ended."

        back = panels.page_of(client)
        return dialogs.answer(request, form=form, dialog=DISABLE, do=do, back=back)

    @action(description="Enable again", icon="check_circle", permissions=["enable"], dialog=ENABLE)
    def enable_client(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        client = self._get(request, object_id)

        def do() -> str:
            clients.enable(client=client, by=Actor.user(request.user), at=timezone.now())
            return f"{client} gets tokens again, with the secret that it had."

        back = panels.page_of(client)
        return dialogs.answer(request, form=form, dialog=ENABLE, do=do, back=back)


def _made(issued: clients.Issued, title: str) -> new_secrets.Made:
    return new_secrets.Made(
        title=title,
        note="It gets a token at the token address with grant type client_credentials. The quick "
        "start for partners shows how.",
        record=issued.client,
        secret=issued.secret,
        facts=[
            ("Client id", issued.client.client_id),
            ("Token address", settings.PUBLIC_URL + reverse("identity-api:token")),
        ],
    )
