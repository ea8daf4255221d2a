"""The files of a report: JSON, CSV and PDF, made once from the same figures."""

import csv
import io
import json
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from portal.core import cells
from reports import tables
from reports.publishing import hide_small


def to_json(figures: dict[str, Any]) -> bytes:
    return json.dumps(hide_small(figures), indent=2, ensure_ascii=False, sort_keys=True).encode()


def to_csv(figures: dict[str, Any]) -> bytes:
    """Write one row a figure (RFC 4180, UTF-8): section, item, measure, value."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(["section", "item", "measure", "value"])
    for table in tables.build(hide_small(figures), month=str):
        for row in table.rows:
            for heading, value in zip(table.headings[1:], row[1:], strict=True):
                line = [table.title, row[0], heading, "" if value is None else value]
                writer.writerow([cells.neutralise(cell) for cell in line])
    return buffer.getvalue().encode()


def to_pdf(figures: dict[str, Any], *, version: int, correction_note: str) -> bytes:
    """Typeset the report; nothing is fetched from outside."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    public = hide_small(figures)
    first, until = (datetime.fromisoformat(text) for text in public["period"])
    html = render_to_string(
        "reports/pdf.html",
        {
            "figures": public,
            "period": tables.period(first, until),
            "as_of": tables.moment(datetime.fromisoformat(public["as_of"])),
            "chart": tables.chart(public),
            "legend": tables.LEGEND,
            "tables": tables.build(public, month=tables.month_name),
            "cards": tables.cards(public),
            "version": version,
            "correction_note": correction_note,
        },
    )
    fetcher = URLFetcher(allowed_protocols=["data"])
    pdf: bytes = HTML(string=html, url_fetcher=fetcher).write_pdf(pdf_tags=True)
    return pdf
