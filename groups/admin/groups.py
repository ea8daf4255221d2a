"""Groups, and on the page of each: who answered for it when, and what was reported."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from groups.actions import ownerless
from groups.models import Group, ImportRun, Tenure
from groups.models.tenures import Role
from groups.queries import gaps as gap_queries
from groups.queries import ownerless as ownerless_queries
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.admin import columns, dialogs, filters, panels
from portal.core.admin.base import RecordAdmin
from portal.core.admin.holds import Holdable
from portal.core.models import Hold

STATE_TAGS = {"ACTIVE": "success", "ORPHANED": "warning", "FROZEN": "danger", "CLOSED": "neutral"}


def state_tag(group: Group) -> Any:
    return panels.tag(group.get_state_display(), STATE_TAGS[group.state])


class RiskFilter(filters.DropdownFilter):
    title = "risk"
    parameter_name = "at_risk"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "One person alone, idle for 30 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.exclude(at_risk_from=None) if self.value() == "yes" else queryset


class MoreTimeForm(BaseDialogForm):
    reason = forms.CharField(
        label="Why it gets more time",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stays in the history of the group.",
    )


MORE_TIME = {
    "title": "Give this group more time to be claimed",
    "description": "Whatever happened because nobody claimed it is undone: it is neither frozen "
    "nor closed, and can be claimed for 30 days. Its managers are told.",
    "form_class": MoreTimeForm,
    "form_submit_text": "Give more time",
}


@admin.register(Group)
class GroupAdmin(Holdable):
    known_as = columns.shown("external_id", "Platform's id")
    members = columns.shown("size", "Members")
    speaks = columns.language()
    hold_scope = Hold.Scope.GROUP
    list_display = ("title", "known_as", "platform", "state_of", "owner", "members", "speaks")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter, ("state", ChoicesDropdownFilter), RiskFilter)
    search_fields = ("external_id__exact", "name")
    search_help_text = "The platform's id, or name"
    ids_to_search = ("id",)
    ordering = ("-id",)
    actions_detail = (*Holdable.actions_detail, "give_more_time")
    fieldsets = (
        (None, {"fields": ("title", "known_as", "platform", "state_of", "owner")}),
        ("What the platform says", {"fields": ("members", "speaks", "archived_at")}),
        ("Since when", {"fields": ("first_seen_at", "orphaned_at", "frozen_at", "closed_at")}),
        ("Claim by", {"fields": ("claim_due_at", "has_imported_history")}),
        ("Nobody claimed it", {"fields": ("unclaimed_frozen_at", "unclaimed_closed_at")}),
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

    def has_give_more_time_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self.get_object(request, object_id) if object_id else None
        allowed = self.admin_site.platform_ids(request, [Permission.DECIDE_CASES])
        if found is None or found.platform_id not in allowed or found.archived_at is not None:
            return False
        is_closed = found.unclaimed_closed_at is not None and found.closed_at is None
        return bool(found.waits_for_owner or is_closed)

    @action(
        description="Give more time",
        icon="more_time",
        permissions=["give_more_time"],
        dialog=MORE_TIME,
    )
    def give_more_time(
        self, request: HttpRequest, form: MoreTimeForm, object_id: str
    ) -> HttpResponse:
        group = self.get_object(request, object_id)

        def do() -> str:
            ownerless.reopen(
                group=group,
                reason=form.cleaned_data["reason"],
                by=Actor.user(request.user),
                at=timezone.now(),
            )
            return "The group can be claimed for another 30 days."

        back = panels.page_of(group)
        return dialogs.answer(request, form=form, dialog=MORE_TIME, do=do, back=back)


def _steps(request: HttpRequest, group: Group) -> panels.Panel:
    return panels.Panel(
        title="While it had no owner",
        head=["What happened", "When", "Deadline", "By", "Why"],
        rows=[
            [
                step.get_kind_display(),
                panels.moment(step.at),
                panels.moment(step.due_at),
                str(step.by_user or "Accord"),
                step.reason or panels.NOTHING,
            ]
            for step in ownerless_queries.list_steps(group=group)[:20]
        ],
    )


def _gaps(request: HttpRequest, group: Group) -> panels.Panel:
    return panels.Panel(
        title="What it lacks",
        head=["Gap", "What helps"],
        rows=[
            [gap.sentence, gap.advice]
            for gap in gap_queries.list_gaps(group=group, at=timezone.now())
        ],
    )


admin.site.add_panel(Group, _gaps)
admin.site.add_panel(Group, _steps)


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
