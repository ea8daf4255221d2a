"""Cells of tables that people open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def neutralise(cell: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would take for a formula (CWE-1236).

    Text that begins so behind apostrophes gets one more, so that `restore` loses nothing.
    """
    return f"'{cell}" if isinstance(cell, str) and _is_formula(cell) else cell


def restore(text: str) -> str:
    """Undo `neutralise`."""
    return text[1:] if text.startswith("'") and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    return text.lstrip("'").startswith(FORMULA_STARTS)


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
