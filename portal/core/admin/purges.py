"""Runs of the purge and the certificates they leave."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import dateformat, timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from portal.core.admin import columns, panels
from portal.core.admin.base import RecordAdmin
from portal.core.models import PurgeCertificate, PurgeRun

RUN_TAGS = {"RUNNING": "info", "DONE": "success", "FAILED": "danger"}

ONCE = (
    "A row that is kept counts once. Holds can cover the same rows, so their own numbers overlap."
)


class OverAllPlatforms(RecordAdmin):
    """A purge runs over all platforms and names no person, so whoever may see one sees all."""

    permissions = ("run_purge", "view_audit")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = self.model._default_manager.all()
        return found if self.platform_ids(request) else found.none()


def name_of(run: PurgeRun) -> str:
    started = dateformat.format(timezone.localtime(run.started_at), "j M Y, H:i")
    return f"{'Dry run' if run.is_dry else 'Purge'} of {started}"


@admin.register(PurgeRun)
class PurgeRunAdmin(OverAllPlatforms):
    shown_once = (("Error", "error"),)
    list_display = ("started_at", "kind", "as_of", "state_tag", "finished_at", "run_by")
    list_filter = (("state", ChoicesDropdownFilter), ("is_dry", BooleanRadioFilter))
    ordering = ("-started_at",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "kind",
                    "state_tag",
                    "as_of",
                    "started_at",
                    "finished_at",
                    "run_by",
                )
            },
        ),
        ("Error", {"fields": ("error",)}),
    )

    def title_of(self, run: PurgeRun) -> str:
        return name_of(run)

    @display(description="Kind")
    def kind(self, run: PurgeRun) -> str:
        return "Dry run" if run.is_dry else "Purge"

    @display(description="State")
    def state_tag(self, run: PurgeRun) -> Any:
        return panels.tag(run.get_state_display(), RUN_TAGS[run.state])


@admin.register(PurgeCertificate)
class PurgeCertificateAdmin(OverAllPlatforms):
    reference_prefix = "P"
    digest = columns.shown("sha256", "SHA-256")
    key = columns.shown("key_id", "Key")
    list_display = ("ref", "deleted", "kept", "of_run", "issued_at")
    list_select_related = ("run",)
    search_fields = ("sha256__startswith",)
    search_help_text = "P-12 or digest"
    ordering = ("-number",)
    linked_by = ("run",)
    fieldsets = (
        (
            "What was deleted",
            {"description": ONCE, "fields": ("ref", "deleted", "kept", "of_run")},
        ),
        (
            "Proof",
            {"fields": ("digest", "signature", "key", "issued_at")},
        ),
        ("Signed document", {"classes": ["collapse"], "fields": ("signed",)}),
    )

    @display(description="Certificate", ordering="number")
    def ref(self, certificate: PurgeCertificate) -> str:
        return certificate.reference

    @display(description="Run")
    def of_run(self, certificate: PurgeCertificate) -> Any:
        return panels.link(certificate.run, name_of(certificate.run))

    @display(description="As signed")
    def signed(self, certificate: PurgeCertificate) -> Any:
        return format_html("<pre>{}</pre>", json.dumps(certificate.document, indent=2))


HEAD = ["Data", "Kept for", "Goes when older than", "Due", "Kept by holds", "Which holds", "Notes"]


def _rows(classes: Any) -> list[list[Any]]:
    """Return the cells of HEAD, what has anything to delete or keep first."""
    found = sorted(classes, key=lambda row: not (row.get("due") or row.get("kept")))
    return [
        [
            str(row.get("class", panels.NOTHING)).capitalize(),
            _window(row),
            panels.moment(parse_datetime(row.get("cutoff", ""))),
            row.get("due", 0),
            row.get("kept", 0),
            _in_words(row.get("kept_by", {})),
            _in_words(row.get("details", [])),
        ]
        for row in found
    ]


def _window(row: dict[str, Any]) -> str:
    days, starts = row.get("window_days", 0), row.get("starts", panels.NOTHING)
    return f"{days} day{'' if days == 1 else 's'} after {starts}"


def _plan(request: HttpRequest, run: PurgeRun) -> panels.Panel:
    empty = "Nothing was due."
    return panels.Panel("Plan", head=HEAD, rows=_rows(run.plan), empty=empty, note=ONCE)


def _classes(request: HttpRequest, certificate: PurgeCertificate) -> panels.Panel:
    found = certificate.document.get("classes", [])
    return panels.Panel("What it certifies", head=HEAD, rows=_rows(found), note=ONCE)


def _in_words(value: Any) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{hold}: {count}" for hold, count in value.items()) or panels.NOTHING
    return ", ".join(value) or panels.NOTHING if isinstance(value, list) else value


def _certificate(request: HttpRequest, run: PurgeRun) -> panels.Panel:
    found = PurgeCertificate.objects.filter(run=run)
    return panels.Panel(
        title="Certificate",
        head=["Certificate", "Deleted", "Kept by a hold", "Issued"],
        rows=[
            [panels.link(row), row.deleted, row.kept, panels.moment(row.issued_at)] for row in found
        ],
        empty="None: a dry run deletes nothing.",
    )


admin.site.add_panel(PurgeRun, _plan)
admin.site.add_panel(PurgeCertificate, _classes)
admin.site.add_panel(PurgeRun, _certificate)
