"""What platforms are told, and whether it arrived. Secrets are never shown."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from portal.core.admin import columns, filters, paging, panels
from portal.core.admin.base import RecordAdmin
from portal.core.models import OutboxEvent, WebhookDelivery, WebhookEndpoint

DELIVERY_TAGS = {"WAITING": "info", "DELIVERED": "success", "PARKED": "danger"}


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(RecordAdmin):
    permissions = ("administer",)
    address = columns.shown("url", "Address")
    list_display = ("address", "platform", "state", "types", "created_at")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter,)
    search_fields = ("url",)
    ordering = ("platform", "url")
    fieldsets = (
        (None, {"fields": ("address", "platform", "types", "created_at")}),
        ("State", {"fields": ("state", "disabled_at", "disabled_reason")}),
    )

    @display(description="State")
    def state(self, endpoint: WebhookEndpoint) -> Any:
        disabled = endpoint.disabled_at is not None
        return panels.tag("Disabled", "danger") if disabled else panels.tag("Active", "success")

    @display(description="Events")
    def types(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(endpoint.event_types) or "All"


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(RecordAdmin):
    permissions = ("administer",)
    platform_path = "endpoint__platform"
    keyset = paging.Keyset("-id")
    linked_by = ("endpoint", "event")
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
