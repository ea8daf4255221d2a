"""Published transparency reports, for everybody."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal.core.errors import NotFound
from reports import access, tables
from reports.models import ReportRun
from reports.models.runs import FILES
from reports.publishing import hide_small

CONTENT_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
}


@require_safe
def list_reports(request: HttpRequest) -> HttpResponse:
    runs = access.published().defer("figures", *FILES).order_by("-period_to", "-version")[:100]
    rows = [(run, tables.period(run.period_from, run.period_to)) for run in runs]
    return render(request, "reports/list.html", {"rows": rows})


@require_safe
def show_report(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run = access.get_published(run_id)
    assert run.figures is not None  # the database publishes finished reports only
    figures = hide_small(run.figures)
    return render(
        request,
        "reports/report.html",
        {
            "run": run,
            "trail": [(reverse("reports:list"), "Transparency reports"), ("", run.platform.name)],
            "figures": figures,
            "period": tables.period(run.period_from, run.period_to),
            "as_of": tables.moment(run.as_of),
            "chart": tables.chart(figures),
            "legend": tables.LEGEND,
            "cards": tables.cards(figures),
            "tables": tables.build(figures, month=tables.month_name),
        },
    )


@require_safe
def download(request: HttpRequest, run_id: UUID, form: str) -> HttpResponse:
    return send_file(access.get_published(run_id), form)


def send_file(run: ReportRun, form: str) -> HttpResponse:
    """Send one of the files of a finished report. Raises NotFound for an unknown form."""
    file = getattr(run, form) if form in FILES else None
    if file is None:
        raise NotFound(access.MISSING)
    response = HttpResponse(bytes(file), content_type=CONTENT_TYPES[form])
    name = f"transparency-{run.platform.slug}-{run.period_from:%Y-%m-%d}-v{run.version}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
