"""Runs of the purge and the certificates they leave."""

import json
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import dateformat, timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import action, display

from portal.core import certificate_pdf, certificates, tasks
from portal.core.actions import purge
from portal.core.actors import Actor
from portal.core.admin import columns, dialogs, following, panels, people, purge_panels
from portal.core.admin.base import RecordAdmin
from portal.core.data_classes import registry
from portal.core.models import PurgeCertificate, PurgeRun

RUN = "run_purge"
RUN_TAGS = {"WAITING": "neutral", "RUNNING": "info", "DONE": "success", "FAILED": "danger"}
FORMS = {"json": "application/json", "pdf": "application/pdf"}

ONCE = (
    "A row that is kept counts once. Holds can cover the same rows, so their own numbers overlap."
)
DRY_RUN = {
    "title": "Start a dry run",
    "description": "It says what a purge would delete now, and why the rest stays. "
    "Nothing is deleted.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "Start the dry run",
}
PURGE = {
    "title": "Purge what this dry run shows",
    "description": "Everything older than these cut-offs is deleted for ever, on all platforms, "
    "unless a hold covers it by then. A signed certificate says what went.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "Delete it",
}


class OverAllPlatforms(RecordAdmin):
    """A purge runs over all platforms and names no person, so whoever may see one sees all."""

    permissions = (RUN, "view_audit")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = self.model._default_manager.all()
        return found if self.platform_ids(request) else found.none()


def name_of(run: PurgeRun) -> str:
    as_of = dateformat.format(timezone.localtime(run.started_at or run.as_of), "j M Y, H:i")
    return f"{'Dry run' if run.is_dry else 'Purge'} of {as_of}"


def _how_far(run: PurgeRun) -> dict[str, Any] | None:
    """Say at which class a run that is under way is, and how many rows it has come to so far."""
    if not run.is_under_way or not run.plan:
        return None
    rows = sum(line.get("due" if run.is_dry else "deleted", 0) for line in run.plan)
    return {
        "name": capfirst(run.plan[-1]["class"]),
        "place": len(run.plan),
        "classes": len(registry.classes),
        "rows": rows,
        "seen": f"{len(run.plan)}-{rows}",
    }


def _say(run: PurgeRun) -> str:
    what = "What would go" if run.is_dry else "What it deleted"
    said = {
        "WAITING": "waits for a worker.",
        "RUNNING": "is under way.",
        "DONE": f"is done. {what} is on this page.",
        "FAILED": "was interrupted. The reason is on this page.",
    }
    return f"The {'dry run' if run.is_dry else 'purge'} {said[run.state]}"


@admin.register(PurgeRun)
class PurgeRunAdmin(OverAllPlatforms):
    shown_once = (("Error", "error"),)
    actions_list = ("start_dry_run",)
    actions_detail = ("start_purge",)
    change_form_outer_before_template = "admin/accord/purge_progress.html"
    list_display = ("name", "kind", "state_tag", "as_of", "finished_at", "runner")
    list_filter = (("state", ChoicesDropdownFilter), ("is_dry", BooleanRadioFilter))
    ordering = (F("started_at").desc(nulls_first=True), "-pk")
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
                    "runner",
                    "along_with",
                )
            },
        ),
        ("Error", {"fields": ("error",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return people.with_names(super().get_queryset(request), runner_name="run_by_user")

    def title_of(self, run: PurgeRun) -> str:
        return name_of(run)

    def get_urls(self) -> list[Any]:
        progress = self.admin_site.admin_view(self.progress)
        return [
            path("<uuid:run_id>/progress/", progress, name="core_purgerun_progress"),
            *super().get_urls(),
        ]

    def progress(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        return following.answer(self, request, run_id, say=_say, how_far=_how_far)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        run = self.get_object(request, object_id) if object_id else None
        context = {"far": _how_far(run) if run else None, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def has_dry_run_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(self.admin_site.platform_ids(request, [RUN]))

    def has_purge_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        run = self.get_object(request, object_id) if object_id else None
        return (
            run is not None
            and purge.may_be_followed(dry_run=run)
            and self.has_dry_run_permission(request)
        )

    @action(description="Start a dry run", icon="rule", permissions=["dry_run"], dialog=DRY_RUN)
    def start_dry_run(self, request: HttpRequest, form: Any) -> HttpResponse:
        return self._ask(request, form, DRY_RUN, purge.request_dry_run)

    @action(
        description="Purge what it shows",
        icon="auto_delete",
        permissions=["purge"],
        dialog=PURGE,
    )
    def start_purge(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        dry_run = self.get_object(request, object_id)
        if dry_run is None:
            raise Http404
        return self._ask(request, form, PURGE, purge.request, dry_run=dry_run)

    def _ask(
        self, request: HttpRequest, form: Any, dialog: Any, ask: Any, **about: Any
    ) -> HttpResponse:
        """Ask for a run, wake a worker, and lead to the run's page."""
        asked: list[PurgeRun] = []

        def do() -> str:
            asked.append(ask(by=Actor.user(request.user), at=timezone.now(), **about))
            transaction.on_commit(tasks.wake_purge)
            return f"{name_of(asked[0])} begins as soon as a worker is free."

        back = lambda: panels.page_of(asked[0])  # noqa: E731
        return dialogs.answer(request, form=form, dialog=dialog, do=do, back=back)

    @display(description="Run", ordering="started_at")
    def name(self, run: PurgeRun) -> str:
        return name_of(run)

    @display(description="Kind")
    def kind(self, run: PurgeRun) -> str:
        return "Dry run" if run.is_dry else "Purge"

    @display(description="State")
    def state_tag(self, run: PurgeRun) -> Any:
        return panels.tag(run.get_state_display(), RUN_TAGS[run.state])

    @display(description="Run by")
    def runner(self, run: Any) -> str:
        return run.runner_name or run.run_by

    @display(description="Belongs to")
    def along_with(self, run: PurgeRun) -> Any:
        if run.follows_id:
            return panels.link(run.follows, name_of(run.follows))
        follower = PurgeRun.objects.filter(follows=run).first()
        return panels.link(follower, name_of(follower)) if follower else panels.NOTHING


@admin.register(PurgeCertificate)
class PurgeCertificateAdmin(OverAllPlatforms):
    reference_prefix = "P"
    digest = columns.shown("sha256", "SHA-256")
    key = columns.shown("key_id", "Key id")
    public = columns.shown("public_key", "Public key")
    list_display = ("ref", "deleted", "kept", "of_run", "issued_at")
    list_select_related = ("run",)
    search_fields = ("sha256__startswith",)
    search_help_text = "P-12 or digest"
    ordering = ("-number",)
    linked_by = ("run",)
    fieldsets = (
        (
            "What was deleted",
            {"description": ONCE, "fields": ("ref", "deleted", "kept", "of_run", "downloads")},
        ),
        (
            "Proof",
            {"fields": ("digest", "signature", "public", "key", "issued_at", "compare")},
        ),
        ("Signed document", {"classes": ["collapse"], "fields": ("signed",)}),
    )

    def get_urls(self) -> list[Any]:
        download = self.admin_site.admin_view(self.download)
        return [
            path(
                "<uuid:certificate_id>/certificate.<str:form>",
                download,
                name="core_purgecertificate_download",
            ),
            *super().get_urls(),
        ]

    def download(self, request: HttpRequest, certificate_id: UUID, form: str) -> HttpResponse:
        """Send the certificate as a file that `verify_certificate` checks offline."""
        certificate = self.get_object(request, str(certificate_id))
        if certificate is None or form not in FORMS:
            raise Http404
        if form == "pdf":
            data = certificate_pdf.to_pdf(certificate, at=timezone.now())
        else:
            data = certificates.to_json(certificate).encode()
        response = HttpResponse(data, content_type=FORMS[form])
        name = f"{certificate.reference}.{form}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    @display(description="Certificate", ordering="number")
    def ref(self, certificate: PurgeCertificate) -> str:
        return certificate.reference

    @display(description="Run")
    def of_run(self, certificate: PurgeCertificate) -> Any:
        return panels.link(certificate.run, name_of(certificate.run))

    @display(description="Files")
    def downloads(self, certificate: PurgeCertificate) -> Any:
        return format_html_join(
            " · ",
            '<a href="{}">{}</a>',
            (
                (
                    reverse("admin:core_purgecertificate_download", args=[certificate.pk, form]),
                    form.upper(),
                )
                for form in ("pdf", "json")
            ),
        )

    @display(description="Compare with")
    def compare(self, certificate: PurgeCertificate) -> Any:
        return panels.link_to(reverse("certificate_keys"), "The published keys")

    @display(description="As signed")
    def signed(self, certificate: PurgeCertificate) -> Any:
        return format_html("<pre>{}</pre>", json.dumps(certificate.document, indent=2))


def _plan(request: HttpRequest, run: PurgeRun) -> panels.Panel | None:
    if run.is_under_way:
        return None
    rows = purge_panels.plan(run.plan) if run.is_dry else purge_panels.deleted(run.plan)
    head = purge_panels.PLAN if run.is_dry else purge_panels.DELETED
    empty = "The run has not begun with any kind of data yet."
    return panels.Panel(
        "What would go, and why the rest stays" if run.is_dry else "What was deleted",
        head=head,
        rows=rows,
        empty=empty,
        note=ONCE,
    )


def _classes(request: HttpRequest, certificate: PurgeCertificate) -> panels.Panel:
    rows = purge_panels.deleted(certificate.document.get("classes", []))
    return panels.Panel("What it certifies", head=purge_panels.DELETED, rows=rows, note=ONCE)


def _digests(request: HttpRequest, certificate: PurgeCertificate) -> panels.Panel:
    return panels.Panel(
        "Digests",
        head=purge_panels.DIGESTS,
        rows=purge_panels.digests(certificate.document.get("classes", [])),
        empty="Nothing was deleted.",
        note="SHA-256 over the keys of what was deleted, key by key in the order of deletion.",
    )


def _certificate(request: HttpRequest, run: PurgeRun) -> panels.Panel | None:
    found = PurgeCertificate.objects.filter(run=run)
    if run.is_dry or run.is_under_way:
        return None
    return panels.Panel(
        title="Certificate",
        head=["Certificate", "Deleted", "Kept by a hold", "Issued"],
        rows=[
            [panels.link(row), row.deleted, row.kept, panels.moment(row.issued_at)] for row in found
        ],
        empty="None: the run was made before interrupted ones were certified.",
    )


admin.site.add_panel(PurgeRun, _plan)
admin.site.add_panel(PurgeCertificate, _classes)
admin.site.add_panel(PurgeCertificate, _digests)
admin.site.add_panel(PurgeRun, _certificate, place=40)
