"""Cases and flags as records. The work on a case happens in its workspace."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, ChoicesDropdownFilter
from unfold.decorators import display

from groups.admin.duties import SEVERITY_TAGS
from groups.models import Case, Flag, Group
from identity.models import Account
from portal.core.admin import columns, filters, panels
from portal.core.admin.base import RecordAdmin
from portal.core.admin.holds import Holdable
from portal.core.models import Hold
from portal.core.templatetags import ui

STATE_TAGS = {
    "WITH_OWNER": "info",
    "WITH_STAFF": "warning",
    "WITH_SENIOR": "danger",
    "DECIDED": "success",
    "CLOSED": "neutral",
}


def state_tag(case: Case) -> Any:
    return panels.tag(case.get_state_display(), STATE_TAGS[case.state])


def due_tag(case: Any) -> Any:
    """Show how long an open case or appeal has left, or how late it is."""
    if case.due_at is None:
        return panels.NOTHING
    now = timezone.now()
    left = case.due_at - now
    if left.total_seconds() <= 0:
        return panels.tag(f"{ui.span(left)} late", "danger")
    return panels.tag(f"{ui.span(left)} left", "warning" if left < ui.SOON else "neutral")


@admin.register(Case)
class CaseAdmin(Holdable):
    hold_scope = Hold.Scope.CASE
    reference_prefix = "C"
    linked_by = ("group", "subject", "rule", "owner_at_opening")
    list_display = ("ref", "of_group", "of_rule", "severity_of", "state_of", "due", "worker")
    list_select_related = ("group", "rule", "assignee")
    list_filter = (
        filters.PlatformFilter,
        ("state", ChoicesCheckboxFilter),
        ("severity", ChoicesCheckboxFilter),
        filters.due(),
        filters.since("opened_at", "opened"),
    )
    search_fields = ("group__name", "group__external_id__exact", "subject__external_id__exact")
    search_help_text = "C-24029, group, or the platform's id"
    ids_to_search = ("id", "group", "subject")
    ordering = ("-number",)
    fieldsets = (
        (None, {"fields": ("ref", "work", "group", "subject", "rule", "platform")}),
        ("State", {"fields": ("state_of", "severity_of", "due_at", "breached_at", "version")}),
        ("People", {"fields": ("worker", "leased_until", "owner_at_opening")}),
        ("Course", {"fields": ("opened_at", "answered_at", "decided_at", "closed_at")}),
    )

    @display(description="Case")
    def ref(self, case: Case) -> str:
        return case.reference

    @display(description="Group")
    def of_group(self, case: Case) -> str:
        return str(case.group)

    @display(description="Rule")
    def of_rule(self, case: Case) -> str:
        return case.rule.title

    @display(description="Severity")
    def severity_of(self, case: Case) -> Any:
        return panels.tag(case.get_severity_display(), SEVERITY_TAGS[case.severity])

    @display(description="State")
    def state_of(self, case: Case) -> Any:
        return state_tag(case)

    @display(description="Deadline")
    def due(self, case: Case) -> Any:
        return due_tag(case) if case.is_open else panels.NOTHING

    @display(description="Assigned to")
    def worker(self, case: Case) -> str:
        return str(case.assignee or panels.NOTHING)

    @display(description="Work")
    def work(self, case: Case) -> Any:
        url = reverse("admin:work_case", args=[case.pk])
        return format_html(
            '<a href="{}">Open<span class="ac-sr"> {}</span></a>', url, case.reference
        )


@admin.register(Flag)
class FlagAdmin(RecordAdmin):
    """What reporters sent. Their words are for the people who work on cases."""

    linked_by = ("case",)
    known_as = columns.shown("external_id", "Platform's id")
    list_display = ("received_at", "of_case", "source", "known_as", "platform")
    list_select_related = ("case", "platform")
    list_filter = (
        filters.PlatformFilter,
        ("source", ChoicesDropdownFilter),
        filters.since("received_at", "received"),
    )
    search_fields = ("external_id__exact",)
    search_help_text = "The platform's id of the report"
    ids_to_search = ("id", "case")
    ordering = ("-id",)
    fieldsets = ((None, {"fields": ("received_at", "case", "source", "known_as", "platform")}),)

    def title_of(self, flag: Flag) -> str:
        return f"Report in {flag.case.reference}"

    @display(description="Case")
    def of_case(self, flag: Flag) -> str:
        return flag.case.reference


def _flags(request: HttpRequest, case: Case) -> panels.Panel:
    return panels.Panel(
        title="Reports",
        note="Words and excerpts are shown in the workspace.",
        head=["Received", "From", "The platform's id"],
        rows=[
            [
                panels.link(flag, panels.moment(flag.received_at)),
                flag.get_source_display(),
                flag.external_id or panels.NOTHING,
            ]
            for flag in case.flags.order_by("received_at", "id")[:50]
        ],
    )


def _timeline(request: HttpRequest, case: Case) -> panels.Panel:
    entries = case.timeline.select_related("by_user", "by_account").order_by("at", "id")
    return panels.Panel(
        title="Timeline",
        head=["When", "What", "By", "Seen by the group"],
        rows=[
            [
                panels.moment(entry.at),
                entry.get_kind_display(),
                entry.by_user or entry.by_account or "Accord",
                "Yes" if entry.is_public else "No",
            ]
            for entry in entries[:200]
        ],
    )


HEAD = ["Case", "Rule", "State", "Opened", "Deadline"]


def row(case: Case) -> list[Any]:
    """Return the cells of HEAD."""
    return [
        panels.link(case),
        case.rule,
        state_tag(case),
        panels.moment(case.opened_at),
        due_tag(case) if case.is_open else panels.NOTHING,
    ]


def _of_group(request: HttpRequest, group: Group) -> panels.Panel:
    cases, more = panels.first_rows(group.cases.select_related("rule").order_by("-number"))
    more_url = panels.list_of(Case, group=group.pk) if more else ""
    rows = [row(case) for case in cases]
    return panels.Panel(title="Cases", head=HEAD, rows=rows, more_url=more_url)


def _about_account(request: HttpRequest, account: Account) -> panels.Panel:
    found = account.cases_about.select_related("rule").order_by("-number")
    cases, more = panels.first_rows(found)
    more_url = panels.list_of(Case, subject=account.pk) if more else ""
    rows = [row(case) for case in cases]
    return panels.Panel(title="Cases about it", head=HEAD, rows=rows, more_url=more_url)


admin.site.add_panel(Case, _flags)
admin.site.add_panel(Case, _timeline, place=90)
admin.site.add_panel(Group, _of_group, place=20)
admin.site.add_panel(Account, _about_account, place=45)
