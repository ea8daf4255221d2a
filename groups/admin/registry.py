"""Bring your groups: a table is uploaded, looked at, and taken; or what is here is taken out."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from groups.actions import registry
from groups.admin import pages
from groups.models import RegistryUpload
from groups.registry import plans, reading, tables
from groups.registry.plans import Kind, Line, Plan
from identity.roles import Permission
from portal.core import cells
from portal.core.admin import panels
from portal.core.errors import AccordError
from portal.core.models import Platform

MOST_SHOWN = 200
TITLE = "Bring your groups"
FORMS = {"csv": "text/csv; charset=utf-8", "json": "application/json; charset=utf-8"}
WORDS = {
    Kind.NEW: ("New", "success"),
    Kind.CHANGED: ("Changed", "info"),
    Kind.SAME: ("As it is", "neutral"),
    Kind.REFUSED: ("Refused", "danger"),
}
# What each table holds, for whoever makes one.
COLUMNS = [
    ("Groups", "group, name, members, language", "group is the id on the service. Bring it first."),
    ("Accounts", "account, name", "account is the id on the service. Names are shown to staff."),
    (
        "Roles",
        "group, account, role, since, until",
        "role: owner or manager. since: UTC without a zone, now if empty. until: empty so far.",
    ),
]


class UploadForm(forms.Form):
    platform = forms.ModelChoiceField(
        Platform.objects.none(), label="Service", empty_label=None, widget=forms.Select
    )
    table = forms.ChoiceField(label="What it holds", choices=RegistryUpload.Table.choices)
    file = forms.FileField(
        label="File",
        help_text="CSV or JSON, up to 10 MiB and 10,000 rows. So many take up to half a minute.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
        widget=forms.FileInput({"accept": ".csv,.json,text/csv,application/json"}),
    )

    def __init__(self, *args: Any, platforms: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["platform"].queryset = platforms

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > reading.MOST_BYTES:
            raise forms.ValidationError(
                "The file is larger than 10 MiB. Split it into parts, each with the head."
            )
        if not file.name.lower().endswith((".csv", ".json")):
            raise forms.ValidationError("Its name has to end in .csv or .json.")
        return file


def _platforms(request: HttpRequest) -> Any:
    ids = pages.platforms(request, Permission.ADMINISTER)
    return Platform.objects.filter(pk__in=ids).order_by("name")


def _get(request: HttpRequest, id: UUID) -> RegistryUpload:
    found = RegistryUpload.objects.filter(pk=id, platform__in=_platforms(request))
    upload = found.select_related("platform", "uploaded_by").first()
    if upload is None:
        raise Http404
    return upload


@require_http_methods(["GET", "HEAD", "POST"])
def bring(request: HttpRequest) -> HttpResponse:
    """Take a table in for a look at it; below, the earlier ones and the way out."""
    platforms = _platforms(request)
    form = UploadForm(request.POST or None, request.FILES or None, platforms=platforms)
    status = 200
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            with transaction.atomic():
                upload = registry.upload(
                    platform=form.cleaned_data["platform"],
                    table=form.cleaned_data["table"],
                    form="JSON" if file.name.lower().endswith(".json") else "CSV",
                    name=file.name,
                    body=file.read(),
                    by=pages.actor(request),
                    at=pages.now(),
                )
            return redirect("admin:bring_table", upload.pk)
        except AccordError as error:
            form.add_error("file", str(error))
    if form.errors:
        status = 422
    return pages.render(
        request,
        "admin/accord/registry.html",
        title=TITLE,
        trail=(pages.home(),),
        status=status,
        form=form,
        columns=COLUMNS,
        uploads=_uploads(platforms),
        platforms=platforms,
        forms=list(FORMS),
    )


def _uploads(platforms: Any) -> panels.Panel:
    found = RegistryUpload.objects.filter(platform__in=platforms).defer("body")
    return panels.Panel(
        title="Brought lately",
        head=["File", "What", "Service", "Uploaded", "By", "What came of it"],
        note="Kept for a day. What a table changed stays in the history of each record.",
        rows=[
            [
                panels.link_to(reverse("admin:bring_table", args=[one.pk]), one),
                one.get_table_display(),
                one.platform,
                panels.moment(one.uploaded_at),
                one.uploaded_by,
                _came_of(one),
            ]
            for one in found.select_related("platform", "uploaded_by").order_by("-uploaded_at")[:25]
        ],
        is_wide=True,
    )


def _came_of(upload: RegistryUpload) -> Any:
    if upload.applied_at is None:
        return panels.tag("Not confirmed", "warning")
    counted = f"{upload.added:,} new, {upload.changed:,} changed, {upload.refused:,} refused"
    return panels.tag(counted, "success" if not upload.refused else "warning")


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show what the table would change; confirmed, take it. Then show what came of it."""
    upload = _get(request, id)
    status, problem = 200, ""
    if request.method == "POST":
        try:
            with transaction.atomic():
                registry.take(
                    upload=upload,
                    seen=request.POST.get("seen", ""),
                    by=pages.actor(request),
                    at=pages.now(),
                )
            messages.success(request, "The table was taken.")
            return redirect("admin:bring_table", upload.pk)
        except AccordError as error:
            status, problem = error.status, f"{error} {error.advice}"
            upload.refresh_from_db()
    if upload.applied_at:
        return _draw(request, upload, status=status, problem=problem, refused=upload.refused)
    plan = registry.foresee(upload=upload, by=pages.actor(request), at=pages.now())
    shown = [line for line in plan.lines if line.kind != Kind.SAME]
    return _draw(
        request,
        upload,
        status=status,
        problem=problem,
        plan=plan,
        counts=[(WORDS[kind], len(plan.of(kind))) for kind in Kind],
        takes=len(plan.to_take),
        refused=len(plan.of(Kind.REFUSED)),
        lines=_lines(shown[:MOST_SHOWN], plan),
        hidden=max(len(shown) - MOST_SHOWN, 0),
    )


def _draw(request: HttpRequest, upload: RegistryUpload, **context: Any) -> HttpResponse:
    return pages.render(
        request,
        "admin/accord/registry_table.html",
        title=f"{upload.get_table_display()} from {upload.file_name}",
        trail=(pages.home(), (TITLE, reverse("admin:bring"))),
        upload=upload,
        **context,
    )


def _lines(lines: list[Line], plan: Plan) -> panels.Panel:
    return panels.Panel(
        title="Row by row",
        head=["Row", "", "About", "What changes"],
        rows=[
            [
                str(line.number),
                panels.tag(*WORDS[line.kind]),
                ", ".join(filter(None, (line.cells.get(name, "") for name in plan.columns[:2])))
                or panels.NOTHING,
                line.problem or _changes(line),
            ]
            for line in lines
        ],
        empty="It changes nothing: everything in it is here already.",
        is_wide=True,
    )


def _changes(line: Line) -> str:
    if line.kind == Kind.NEW:
        return "; ".join(f"{name}: {after}" for name, _, after in line.changes)
    return "; ".join(
        f"{name}: {before or 'nothing'} → {after}" for name, before, after in line.changes
    )


@require_POST
def discard(request: HttpRequest, id: UUID) -> HttpResponse:
    upload = _get(request, id)
    try:
        with transaction.atomic():
            registry.discard(upload=upload, by=pages.actor(request), at=pages.now())
    except AccordError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The table was deleted. Nothing was changed.")
    return redirect("admin:bring")


@require_GET
def download_refused(request: HttpRequest, id: UUID) -> HttpResponse:
    """Send the rows that were, or would be, refused, with the reasons."""
    upload, by, at = _get(request, id), pages.actor(request), pages.now()
    text = upload.body
    if upload.applied_at is None:
        plan = registry.foresee(upload=upload, by=by, at=at)
        text = plans.refused_as_csv(plan)
    registry.record_refused(upload=upload, by=by, at=at)
    response = HttpResponse(text, content_type=FORMS["csv"])
    response["Content-Disposition"] = 'attachment; filename="refused.csv"'
    return response


@require_GET
def take_out(request: HttpRequest, slug: str, table: str, form: str) -> StreamingHttpResponse:
    """Send all rows of a table; brought again, they change nothing."""
    platform = _platforms(request).filter(slug=slug).first()
    made = tables.TABLES.get(table.upper())
    if platform is None or made is None or form not in FORMS:
        raise Http404
    at = pages.now()
    registry.record_export(
        platform=platform, table=table.upper(), form=form, by=pages.actor(request), at=at
    )
    resource = made(platform=platform, at=at)
    write = _as_csv if form == "csv" else _as_json
    response = StreamingHttpResponse(write(resource), content_type=FORMS[form])
    name = f"{platform.slug}-{table}-{at:%Y-%m-%d}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _as_csv(resource: tables.Table) -> Iterator[str]:
    yield cells.as_csv([resource.columns])
    for row in resource.rows():
        yield cells.as_csv([resource.export_resource(row)])


def _as_json(resource: tables.Table) -> Iterator[str]:
    before = "[\n"
    for row in resource.rows():
        exported = dict(zip(resource.columns, resource.export_resource(row), strict=True))
        yield before + json.dumps(exported, ensure_ascii=False)
        before = ",\n"
    yield "\n]\n" if before != "[\n" else "[]\n"


admin.site.add_page("groups/bring/", bring, "bring")
admin.site.add_page("groups/bring/<uuid:id>/", show, "bring_table")
admin.site.add_page("groups/bring/<uuid:id>/discard/", discard, "bring_discard")
admin.site.add_page("groups/bring/<uuid:id>/refused.csv", download_refused, "bring_refused")
admin.site.add_page("groups/<slug:slug>-<str:table>.<str:form>", take_out, "take_out")
