"""Groups, and on the page of each: who answered for it when, and what was reported."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from groups.models import Group, ImportRun, Tenure
from groups.models.tenures import Role
from portal.core.admin import columns, filters, panels
from portal.core.admin.base import RecordAdmin
from portal.core.admin.holds import Holdable
from portal.core.models import Hold

STATE_TAGS = {"ACTIVE": "success", "ORPHANED": "warning", "FROZEN": "danger", "CLOSED": "neutral"}


def state_tag(group: Group) -> Any:
    return panels.tag(group.get_state_display(), STATE_TAGS[group.state])


@admin.register(Group)
class GroupAdmin(Holdable):
    known_as = columns.shown("external_id", "Platform's id")
    members = columns.shown("size", "Members")
    speaks = columns.language()
    hold_scope = Hold.Scope.GROUP
    list_display = ("title", "known_as", "platform", "state_of", "owner", "members", "speaks")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter, ("state", ChoicesDropdownFilter))
    search_fields = ("external_id__exact", "name")
    search_help_text = "The platform's id, or name"
    ids_to_search = ("id",)
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("title", "known_as", "platform", "state_of", "owner")}),
        ("What the platform says", {"fields": ("members", "speaks", "archived_at")}),
        ("Since when", {"fields": ("first_seen_at", "orphaned_at", "frozen_at", "closed_at")}),
        ("Claim by", {"fields": ("claim_due_at", "has_imported_history")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        owners = Tenure.objects.current().filter(group=OuterRef("pk"), role=Role.OWNER)
        return (
            super()
            .get_queryset(request)
            .annotate(
                owner_name=Subquery(owners.values("account__display_name")[:1]),
                owner_id=Subquery(owners.values("account__external_id")[:1]),
            )
        )

    @display(description="Group")
    def title(self, group: Group) -> str:
        return str(group)

    @display(description="State")
    def state_of(self, group: Group) -> Any:
        return state_tag(group)

    @display(description="Owner")
    def owner(self, group: Any) -> str:
        return group.owner_name or group.owner_id or panels.NOTHING


@admin.register(ImportRun)
class ImportRunAdmin(RecordAdmin):
    list_display = ("file_name", "platform", "started_at", "finished_at", "accepted", "refused")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter,)
    ordering = ("-started_at",)
    fieldsets = (
        (None, {"fields": ("file_name", "file_sha256", "platform", "with_history", "rebased_by")}),
        (
            "Lines",
            {"fields": ("lines_done", "accepted", "duplicate", "refused", "not_logged")},
        ),
        ("When", {"fields": ("started_at", "finished_at")}),
    )
