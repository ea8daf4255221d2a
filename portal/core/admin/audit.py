"""Who did what to which record."""

import json
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from portal.core.admin import filters, paging, panels, people
from portal.core.admin.base import RecordAdmin
from portal.core.models import AuditEntry, PurgeCertificate, PurgeRun, WindowChange

# Windows are those of all platforms, and a purge runs over all: auditors of any see it.
OF_NO_PLATFORM = [model._meta.label for model in (PurgeRun, PurgeCertificate, WindowChange)]


class RecordTypeFilter(filters.DropdownFilter):
    title = "kind of record"
    parameter_name = "record_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        labels = [model._meta.label for model in apps.get_models() if _is_ours(model)]
        return [(label, label) for label in sorted(labels)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(record_type=self.value()) if self.value() else queryset


def _is_ours(model: Any) -> bool:
    return model._meta.app_label in ("core", "identity", "credit", "groups", "reports")


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordAdmin):
    permissions = ("view_audit",)
    platform_path = "platform_id"
    keyset = paging.Keyset("-id")
    linked_by = ("record_id", "actor_id")
    list_display = ("when", "action", "record", "actor", "change")
    list_display_links = ("when",)
    list_filter = (
        filters.PlatformFilter,
        filters.since("at", "time"),
        RecordTypeFilter,
        ("actor_kind", ChoicesDropdownFilter),
    )
    search_fields = ("record_id__exact", "action__startswith", "request_id__exact")
    search_help_text = "Action (cases.), record id or request id"
    fieldsets = (
        ("What", {"fields": ("when", "action", "record", "old_values", "new_values")}),
        ("Who", {"fields": ("actor", "actor_kind", "request_id")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        visible = Q(platform_id__in=self.platform_ids(request)) | Q(
            platform_id=None, record_type__in=OF_NO_PLATFORM
        )
        entries = AuditEntry.objects.filter(visible)
        return people.with_names(entries, actor_name="actor_id")

    def title_of(self, entry: AuditEntry) -> str:
        return entry.action

    @display(description="When")
    def when(self, entry: AuditEntry) -> Any:
        return panels.moment(entry.at)

    @display(description="Record")
    def record(self, entry: AuditEntry) -> Any:
        try:
            model = apps.get_model(entry.record_type)
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
            url = reverse(name, args=[entry.record_id])
        except (LookupError, ValueError, NoReverseMatch):
            return entry.record_type
        return format_html('<a href="{}">{}</a>', url, model._meta.verbose_name.capitalize())

    @display(description="By")
    def actor(self, entry: AuditEntry) -> str:
        return entry.actor_name or entry.actor_label

    @display(description="Change")
    def change(self, entry: AuditEntry) -> Any:
        return format_html('<span class="ac-clip">{}</span>', _in_words(entry.old, entry.new))

    @display(description="Before")
    def old_values(self, entry: AuditEntry) -> Any:
        return format_html("<pre>{}</pre>", json.dumps(entry.old, indent=2))

    @display(description="After")
    def new_values(self, entry: AuditEntry) -> Any:
        return format_html("<pre>{}</pre>", json.dumps(entry.new, indent=2))


def _in_words(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Say what changed in one line: `state: WITH_OWNER → WITH_STAFF`."""
    parts = []
    for key in [*new, *(key for key in old if key not in new)]:
        before, after = old.get(key), new.get(key)
        parts.append(f"{key}: {before} → {after}" if key in old else f"{key}: {after}")
    return ", ".join(parts) or panels.NOTHING
