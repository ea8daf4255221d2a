from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display

from groups.admin.cases import due_tag
from groups.models import Appeal, Decision
from portal.core.admin import filters, panels
from portal.core.admin.base import RecordAdmin

STATE_TAGS = {
    "SUBMITTED": "warning",
    "IN_REVIEW": "info",
    "UPHELD": "neutral",
    "PARTIALLY_REVERSED": "success",
    "REVERSED": "success",
    "OMITTED": "neutral",
}


def state_tag(appeal: Appeal) -> Any:
    return panels.tag(appeal.get_state_display().capitalize(), STATE_TAGS[appeal.state])


@admin.register(Appeal)
class AppealAdmin(RecordAdmin):
    reference_prefix = "A"
    shown_once = (
        ("Outcome", "reviewed_at"),
        ("Leads to", "resulting_decision_id"),
    )
    linked_by = ("decision", "appellant")
    list_display = ("ref", "of_decision", "appellant", "state_of", "submitted_at", "due")
    list_select_related = ("decision", "appellant")
    list_filter = (
        filters.PlatformFilter,
        ("state", ChoicesCheckboxFilter),
        filters.due(),
        filters.since("submitted_at", "submitted"),
    )
    search_fields = ("appellant__external_id__exact", "appellant__display_name")
    search_help_text = "A-24029, account's id or name"
    ids_to_search = ("id", "decision", "appellant")
    ordering = ("-number",)
    fieldsets = (
        (None, {"fields": ("ref", "work", "decision", "appellant", "by_reporter", "state_of")}),
        ("What they say", {"fields": ("grounds", "new_facts")}),
        ("Course", {"fields": ("submitted_at", "due_at", "breached_at", "version")}),
        ("Outcome", {"fields": ("person", "reviewed_at", "outcome_reasons")}),
        ("Leads to", {"fields": ("resulting_decision",)}),
    )

    @display(description="Appeal")
    def ref(self, appeal: Appeal) -> str:
        return appeal.reference

    @display(description="Decision")
    def of_decision(self, appeal: Appeal) -> str:
        return appeal.decision.reference

    @display(description="State")
    def state_of(self, appeal: Appeal) -> Any:
        return state_tag(appeal)

    @display(description="Deadline")
    def due(self, appeal: Appeal) -> Any:
        return due_tag(appeal) if appeal.state in Appeal.OPEN_STATES else panels.NOTHING

    @display(description="By")
    def by_reporter(self, appeal: Appeal) -> str:
        return "The reporter" if appeal.flag_id else "The person or group decided about"

    @display(description="Reviewed by")
    def person(self, appeal: Appeal) -> str:
        return str(appeal.reviewer or panels.NOTHING)

    @display(description="Work")
    def work(self, appeal: Appeal) -> Any:
        url = reverse("admin:work_appeal", args=[appeal.pk])
        name = appeal.reference
        return format_html('<a href="{}">Open<span class="ac-sr"> {}</span></a>', url, name)


def _of_decision(request: HttpRequest, decision: Decision) -> panels.Panel:
    return panels.Panel(
        title="Appeals",
        head=["Appeal", "By", "State", "Submitted"],
        rows=[
            [
                panels.link(row),
                panels.link(row.appellant),
                state_tag(row),
                panels.moment(row.submitted_at),
            ]
            for row in decision.appeals.select_related("appellant").order_by("number")
        ],
    )


admin.site.add_panel(Decision, _of_decision)
