"""Reports, each frozen with the digests of its files."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from identity.models import User
from identity.roles import Permission
from portal.core import days
from portal.core.actors import Actor
from portal.core.admin import columns, dialogs, filters, panels
from portal.core.admin.base import RecordAdmin
from portal.core.admin.choosing import PlatformForm
from reports import access, views
from reports.actions import runs
from reports.models import ReportRun, ReportSchedule

STATE_TAGS = {"WAITING": "info", "RUNNING": "info", "DONE": "success", "FAILED": "danger"}


class AskForm(PlatformForm):
    """A period by its first and last day, in UTC as the report counts."""

    permission = Permission.VIEW_REPORTS
    first = dialogs.DayField(label="First day")
    last = dialogs.DayField(label="Last day")
    correction_note = forms.CharField(
        label="What changed since the version before",
        help_text="Only when this period was reported before.",
        max_length=500,
        required=False,
    )


ASK = {
    "title": "Run a transparency report",
    "description": "It is counted as of now, made in the background and frozen with its digests.",
    "form_class": AskForm,
    "form_submit_text": "Run it",
}
PUBLISH = {
    "title": "Publish this report",
    "description": "Everybody can read and download it from then on. It cannot be taken back.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "Publish",
}


@admin.register(ReportRun)
class ReportRunAdmin(RecordAdmin):
    permissions = ("view_reports",)
    done = columns.shown("progress", "Progress", unit="%")
    actions_list = ("run_report",)
    actions_detail = ("publish_report",)
    list_display = ("name", "platform", "version", "state_tag", "done", "as_of", "finished_at")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter, ("state", ChoicesDropdownFilter))
    ordering = ("-requested_at",)
    fieldsets = (
        (None, {"fields": ("name", "platform", "version", "correction_note", "state_tag")}),
        ("Covers", {"fields": ("period_from", "period_to", "as_of")}),
        (
            "Made",
            {
                "fields": (
                    "requester",
                    "requested_at",
                    "attempts",
                    "started_at",
                    "finished_at",
                    "error",
                )
            },
        ),
        (
            "Files",
            {"fields": ("downloads", "json_sha256", "csv_sha256", "pdf_sha256", "published_at")},
        ),
    )

    def title_of(self, run: ReportRun) -> str:
        return f"{self.name(run)}, version {run.version}"

    @display(description="Report")
    def name(self, run: ReportRun) -> str:
        return f"{run.get_kind_display()}, {run.period_from:%-d %b %Y} to {run.period_to:%-d %b %Y}"

    @display(description="State")
    def state_tag(self, run: ReportRun) -> Any:
        return panels.tag(run.get_state_display(), STATE_TAGS[run.state])

    def has_ask_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(self.platform_ids(request))

    def has_publish_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        run = self.get_object(request, object_id) if object_id else None
        if run is None or run.state != ReportRun.State.DONE or run.published_at is not None:
            return False
        return run.platform_id in self.admin_site.platform_ids(request, [Permission.ADMINISTER])

    def get_urls(self) -> list[Any]:
        download = self.admin_site.admin_view(self.download)
        return [
            path("<uuid:run_id>/report.<str:form>", download, name="reports_reportrun_download"),
            *super().get_urls(),
        ]

    def download(self, request: HttpRequest, run_id: UUID, form: str) -> HttpResponse:
        """Send a file of a report, published or not yet, to whoever may run it."""
        assert isinstance(request.user, User)
        run = access.get_run_for(request.user, run_id)
        file = views.send_file(run, form)
        runs.record_export(run=run, form=form, by=Actor.user(request.user), at=timezone.now())
        return file

    @action(description="Run a report", icon="add_chart", permissions=["ask"], dialog=ASK)
    def run_report(self, request: HttpRequest, form: AskForm) -> HttpResponse:
        chosen = form.cleaned_data

        def do() -> str:
            run = runs.request(
                platform=chosen["platform"],
                period_from=days.begin_of(chosen["first"]),
                period_to=days.end_of(chosen["last"]),
                correction_note=chosen["correction_note"],
                by=Actor.user(request.user),
                at=timezone.now(),
            )
            return f"{run} is being made. It appears here when it is done."

        back = reverse("admin:reports_reportrun_changelist")
        return dialogs.answer(request, form=form, dialog=ASK, do=do, back=back)

    @action(description="Publish", icon="public", permissions=["publish"], dialog=PUBLISH)
    def publish_report(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        run = self.get_object(request, object_id)
        if run is None:
            raise Http404

        def do() -> str:
            runs.publish(run=run, by=Actor.user(request.user), at=timezone.now())
            return f"{run} is public."

        return dialogs.answer(request, form=form, dialog=PUBLISH, do=do, back=panels.page_of(run))

    @display(description="Files")
    def downloads(self, run: ReportRun) -> Any:
        if run.state != ReportRun.State.DONE:
            return panels.NOTHING
        return format_html_join(
            " · ",
            '<a href="{}">{}</a>',
            (
                (reverse("admin:reports_reportrun_download", args=[run.pk, form]), form.upper())
                for form in ("json", "csv", "pdf")
            ),
        )

    @display(description="Asked for by")
    def requester(self, run: ReportRun) -> str:
        return str(run.requested_by or "The schedule")


@admin.register(ReportSchedule)
class ReportScheduleAdmin(RecordAdmin):
    permissions = ("view_reports",)
    enabled = columns.yes_or_no("is_enabled", "In use")
    list_display = ("kind", "platform", "every", "next_run_at", "enabled")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter,)
    ordering = ("platform", "kind")
    fieldsets = ((None, {"fields": ("kind", "platform", "every", "next_run_at", "enabled")}),)
