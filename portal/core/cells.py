"""Cells of tables that people open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def neutralise(cell: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would take for a formula (CWE-1236)."""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell


def as_csv(rows: Iterable[Sequence[Any]]) -> str:
    """Write rows as CSV (RFC 4180), each cell neutralised."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([neutralise(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def download(name: str, rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """Answer with a table to save as `name` (CSV, UTF-8)."""
    response = HttpResponse(as_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
