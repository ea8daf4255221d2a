"""What platforms are told, where, and whether it arrived. A secret is shown when it is made."""

import json
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from portal.core.actions import webhooks
from portal.core.actors import Actor
from portal.core.admin import (
    columns,
    dialogs,
    endpoint_forms,
    filters,
    new_secrets,
    paging,
    panels,
)
from portal.core.admin.base import RecordAdmin
from portal.core.event_types import EVENT_TYPES
from portal.core.models import OutboxEvent, WebhookDelivery, WebhookEndpoint

DELIVERY_TAGS = {"WAITING": "info", "DELIVERED": "success", "PARKED": "danger"}


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(RecordAdmin):
    permissions = ("administer",)
    actions_list = ("add_endpoint",)
    actions_detail = (
        *("change_events", "new_secret", "end_previous_secret"),
        *("disable_endpoint", "enable_endpoint"),
    )
    address = columns.shown("url", "Address")
    list_display = ("address", "platform", "state", "types", "created_at")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter,)
    search_fields = ("url",)
    ordering = ("platform", "url")
    fieldsets = (
        (None, {"fields": ("address", "platform", "hears_of", "secrets", "created_at")}),
        ("State", {"fields": ("state", "disabled_at", "disabled_reason")}),
    )

    @display(description="State")
    def state(self, endpoint: WebhookEndpoint) -> Any:
        disabled = endpoint.disabled_at is not None
        return panels.tag("Disabled", "danger") if disabled else panels.tag("Active", "success")

    @display(description="Events")
    def types(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(endpoint.event_types) or "All"

    @display(description="Events")
    def hears_of(self, endpoint: WebhookEndpoint) -> Any:
        """Name each event in words and, as the receiver knows it, by its code."""
        items = ((EVENT_TYPES.get(code, ""), code) for code in endpoint.event_types)
        line = '<li>{} <code class="ac-muted ac-small">{}</code></li>'
        found = format_html_join("", line, items)
        return format_html('<ul class="ac-lines">{}</ul>', found) if found else "All"

    @display(description="Signed with")
    def secrets(self, endpoint: WebhookEndpoint) -> str:
        both = "The present secret and the previous one, until you end it"
        return both if endpoint.previous_secret is not None else "One secret"

    def has_administer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(self.platform_ids(request))

    def has_endpoint_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._find(request, object_id) is not None

    def has_rotation_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self._find(request, object_id)
        return found is not None and found.previous_secret is not None

    def has_new_secret_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self._find(request, object_id)
        return found is not None and found.previous_secret is None

    def has_disable_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self._find(request, object_id)
        return found is not None and found.disabled_at is None

    def has_enable_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self._find(request, object_id)
        return found is not None and found.disabled_at is not None

    def _find(self, request: HttpRequest, object_id: Any) -> WebhookEndpoint | None:
        return self.get_object(request, object_id) if object_id else None

    def _get(self, request: HttpRequest, object_id: str) -> WebhookEndpoint:
        found = self._find(request, object_id)
        if found is None:
            raise Http404
        return found

    @action(
        description="Add an endpoint",
        icon="add",
        permissions=["administer"],
        dialog=endpoint_forms.ADD,
    )
    def add_endpoint(self, request: HttpRequest, form: endpoint_forms.AddForm) -> HttpResponse:
        chosen = {name: form.cleaned_data[name] for name in ("platform", "url", "event_types")}

        def make() -> new_secrets.Made:
            made = webhooks.register(**chosen, by=Actor.user(request.user), at=timezone.now())
            return _made(made, "The endpoint is added.")

        return new_secrets.answer(request, form=form, dialog=endpoint_forms.ADD, make=make)

    @action(
        description="Change",
        icon="edit",
        permissions=["endpoint"],
        dialog=endpoint_forms.CHANGE,
    )
    def change_events(
        self, request: HttpRequest, form: endpoint_forms.ChangeForm, object_id: str
    ) -> HttpResponse:
        chosen = {name: form.cleaned_data[name] for name in ("seen", "event_types")}
        endpoint = self._get(request, object_id)

        def do() -> str:
            by, at = Actor.user(request.user), timezone.now()
            webhooks.change(endpoint=endpoint, **chosen, by=by, at=at)
            return "From now on it hears of what you chose."

        return _answer(request, form, endpoint_forms.CHANGE, do, endpoint)

    @action(
        description="New secret",
        icon="key",
        permissions=["new_secret"],
        dialog=endpoint_forms.NEW_SECRET,
    )
    def new_secret(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        endpoint = self._get(request, object_id)

        def make() -> new_secrets.Made:
            by, at = Actor.user(request.user), timezone.now()
            made = webhooks.rotate_secret(endpoint=endpoint, by=by, at=at)
            return _made(made, "Both secrets sign until you end the previous one.")

        dialog = endpoint_forms.NEW_SECRET
        return new_secrets.answer(request, form=form, dialog=dialog, make=make)

    @action(
        description="End the previous secret",
        icon="key_off",
        permissions=["rotation"],
        dialog=endpoint_forms.END_PREVIOUS,
    )
    def end_previous_secret(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        endpoint = self._get(request, object_id)

        def do() -> str:
            by, at = Actor.user(request.user), timezone.now()
            webhooks.end_rotation(endpoint=endpoint, by=by, at=at)
            return "Only the present secret signs now."

        return _answer(request, form, endpoint_forms.END_PREVIOUS, do, endpoint)

    @action(
        description="Disable",
        icon="block",
        permissions=["disable"],
        dialog=endpoint_forms.DISABLE,
    )
    def disable_endpoint(
        self, request: HttpRequest, form: endpoint_forms.DisableForm, object_id: str
    ) -> HttpResponse:
        endpoint = self._get(request, object_id)
        reason = form.cleaned_data["reason"]

        def do() -> str:
            by, at = Actor.user(request.user), timezone.now()
            webhooks.disable(endpoint=endpoint, reason=reason, by=by, at=at)
            return "Nothing is sent to it any more."

        return _answer(request, form, endpoint_forms.DISABLE, do, endpoint)

    @action(
        description="Enable again",
        icon="check_circle",
        permissions=["enable"],
        dialog=endpoint_forms.ENABLE,
    )
    def enable_endpoint(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        endpoint = self._get(request, object_id)

        def do() -> str:
            webhooks.enable(endpoint=endpoint, by=Actor.user(request.user), at=timezone.now())
            return "It hears of what happens from now on, after what waited."

        return _answer(request, form, endpoint_forms.ENABLE, do, endpoint)


def _made(endpoint: WebhookEndpoint, title: str) -> new_secrets.Made:
    return new_secrets.Made(
        title=title,
        note="Give it to whoever runs the receiver, as it is: libraries of Standard Webhooks take "
        "it with whsec_ in front.",
        record=endpoint,
        secret=endpoint.secret,
        facts=[("Address", endpoint.url)],
    )


def _answer(request: HttpRequest, form: Any, dialog: Any, do: Any, record: Any) -> HttpResponse:
    return dialogs.answer(request, form=form, dialog=dialog, do=do, back=panels.page_of(record))


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(RecordAdmin):
    permissions = ("administer",)
    platform_path = "endpoint__platform"
    keyset = paging.Keyset("-id")
    linked_by = ("endpoint", "event")
    actions_detail = ("send_again",)
    list_display = (
        "type",
        "about",
        "endpoint",
        "state_tag",
        "attempts",
        "next_attempt",
    )
    list_select_related = ("event", "endpoint")
    list_filter = (filters.PlatformFilter, ("state", ChoicesDropdownFilter))
    search_fields = ("event__subject__exact",)
    ids_to_search = ("id", "event")
    search_help_text = "Webhook id or subject"
    fieldsets = (
        (
            None,
            {"fields": ("webhook_id", "event", "endpoint", "state_tag", "attempts")},
        ),
        ("When", {"fields": ("next_attempt_at", "delivered_at")}),
    )

    def title_of(self, delivery: WebhookDelivery) -> str:
        return str(delivery.event)

    @display(description="Webhook id")
    def webhook_id(self, delivery: WebhookDelivery) -> str:
        return str(delivery.pk)

    @display(description="Subject")
    def about(self, delivery: WebhookDelivery) -> str:
        return delivery.event.subject

    @display(description="Event")
    def type(self, delivery: WebhookDelivery) -> str:
        return delivery.event.type

    @display(description="State")
    def state_tag(self, delivery: WebhookDelivery) -> Any:
        return panels.tag(delivery.get_state_display(), DELIVERY_TAGS[delivery.state])

    @display(description="Next attempt")
    def next_attempt(self, delivery: WebhookDelivery) -> Any:
        waits = delivery.state == WebhookDelivery.State.WAITING
        return panels.moment(delivery.next_attempt_at) if waits else panels.NOTHING

    def has_parked_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self.get_object(request, object_id) if object_id else None
        return found is not None and found.state == WebhookDelivery.State.PARKED

    @action(
        description="Send again",
        icon="replay",
        permissions=["parked"],
        dialog=endpoint_forms.SEND_AGAIN,
    )
    def send_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        delivery = self.get_object(request, object_id)
        if delivery is None:
            raise Http404

        def do() -> str:
            webhooks.replay(delivery=delivery, by=Actor.user(request.user), at=timezone.now())
            if delivery.endpoint.disabled_at is not None:
                return "It waits, and is sent once the endpoint is enabled again."
            return "It is sent again within seconds."

        return _answer(request, form, endpoint_forms.SEND_AGAIN, do, delivery)


@admin.register(OutboxEvent)
class OutboxEventAdmin(RecordAdmin):
    permissions = ("administer",)
    keyset = paging.Keyset("-id")
    list_display = ("created_at", "type", "subject", "platform", "handed_over")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter, filters.since("created_at", "time"))
    search_fields = ("subject__exact", "type__startswith")
    search_help_text = "Subject or type"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "type",
                    "subject",
                    "platform",
                    "created_at",
                    "handed_over",
                    "sent",
                )
            },
        ),
    )

    @display(description="Handed to the webhooks")
    def handed_over(self, event: OutboxEvent) -> Any:
        return panels.moment(event.fanned_out_at, "Not yet")

    @display(description="Data")
    def sent(self, event: OutboxEvent) -> Any:
        return format_html("<pre>{}</pre>", json.dumps(event.data, indent=2))


def _deliveries(request: HttpRequest, endpoint: WebhookEndpoint) -> panels.Panel:
    found = endpoint.deliveries.select_related("event").order_by("-id")
    rows, more = panels.first_rows(found)
    return panels.Panel(
        title="Latest deliveries",
        head=["Event", "Subject", "State", "Attempts"],
        rows=[
            [
                panels.link(row, row.event.type),
                row.event.subject,
                panels.tag(row.get_state_display(), DELIVERY_TAGS[row.state]),
                row.attempts,
            ]
            for row in rows
        ],
        more_url=panels.list_of(WebhookDelivery, endpoint=endpoint.pk) if more else "",
    )


def _attempts(request: HttpRequest, delivery: WebhookDelivery) -> panels.Panel:
    return panels.Panel(
        title="Attempts",
        head=["When", "Answer", "Took"],
        rows=[
            [panels.moment(row.at), row.status or row.error, f"{row.duration_ms} ms"]
            for row in delivery.attempt_rows.order_by("-at")[:50]
        ],
    )


admin.site.add_panel(WebhookEndpoint, _deliveries)
admin.site.add_panel(WebhookDelivery, _attempts)
