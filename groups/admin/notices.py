"""What people were told, as it was sent."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from groups.models import Case, Decision, Measure, Notice, NoticeTemplate
from portal.core.admin import columns, filters, paging, panels
from portal.core.admin.base import RecordAdmin

HEAD = ["Notice", "To", "Kind", "Sent", "Mailed", "Read"]


@admin.register(Notice)
class NoticeAdmin(RecordAdmin):
    speaks = columns.language()
    keyset = paging.Keyset("-id")
    linked_by = ("recipient", "case", "decision", "appeal", "group")
    list_display = ("subject_line", "kind", "person", "speaks", "created_at", "mailed", "read")
    list_select_related = ("recipient",)
    list_filter = (
        filters.PlatformFilter,
        ("kind", ChoicesDropdownFilter),
        filters.since("created_at", "time"),
    )
    search_fields = ("recipient__external_id__exact",)
    search_help_text = "The platform's id of the recipient"
    ids_to_search = ("id", "recipient", "case", "decision", "appeal")
    fieldsets = (
        (None, {"fields": ("recipient", "kind", "speaks", "template")}),
        ("As sent", {"fields": ("subject", "body")}),
        ("Delivery", {"fields": ("created_at", "mail_due_at", "mailed_at", "mail_attempts")}),
        ("Read", {"fields": ("read_at",)}),
        ("About", {"fields": ("group", "case", "decision", "appeal")}),
    )

    @display(description="Notice")
    def subject_line(self, notice: Notice) -> str:
        return notice.subject

    @display(description="To")
    def person(self, notice: Notice) -> str:
        return str(notice.recipient)

    @display(description="Mailed")
    def mailed(self, notice: Notice) -> Any:
        return mailed(notice)

    @display(description="Read")
    def read(self, notice: Notice) -> Any:
        return panels.moment(notice.read_at, "Not yet")


def mailed(notice: Notice) -> Any:
    if notice.mailed_at:
        return panels.moment(notice.mailed_at)
    return "Waits" if notice.mail_due_at else "In the dashboard only"


def row(notice: Notice) -> list[Any]:
    """Return the cells of HEAD."""
    return [
        panels.link(notice, notice.subject),
        panels.link(notice.recipient),
        notice.get_kind_display(),
        panels.moment(notice.created_at),
        mailed(notice),
        panels.moment(notice.read_at, "Not yet"),
    ]


def _of(request: HttpRequest, record: Case | Decision) -> panels.Panel:
    found = record.notices.select_related("recipient").order_by("-created_at", "-id")
    rows = [row(notice) for notice in found[:50]]
    return panels.Panel(title="Notices", head=HEAD, rows=rows, empty="Nobody was told yet.")


@admin.register(NoticeTemplate)
class NoticeTemplateAdmin(RecordAdmin):
    speaks = columns.language()
    of_rule = columns.shown("rule_code", "Rule")
    list_display = ("kind", "of_rule", "measure", "speaks", "version", "platform", "state")
    list_select_related = ("platform",)
    list_filter = (
        filters.PlatformFilter,
        ("kind", ChoicesDropdownFilter),
    )
    search_fields = ("subject", "rule_code__iexact")
    ordering = ("platform", "kind", "rule_code", "language", "-version")
    fieldsets = (
        (None, {"fields": ("kind", "of_rule", "measure", "speaks", "version")}),
        ("Words", {"fields": ("subject", "body")}),
        ("In use", {"fields": ("platform", "state", "published_at", "retired_at")}),
    )

    @display(description="Measure")
    def measure(self, template: NoticeTemplate) -> str:
        kind = template.measure_kind
        return str(Measure.Kind(kind).label) if kind else panels.NOTHING

    @display(description="State")
    def state(self, template: NoticeTemplate) -> Any:
        return panels.tag("Retired") if template.retired_at else panels.tag("In use", "success")


admin.site.add_panel(Case, _of)
admin.site.add_panel(Decision, _of)
