"""The tables of a purge's page and of its certificate's: one row a kind of data."""

from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html

from portal.core import purge_words
from portal.core.admin import panels
from portal.core.purge_words import InWords
from portal.core.purging import Line

PLAN = ["Data", "Goes when older than", "Would go", "Kept by holds", "Which holds", "Remarks"]
DELETED = [*PLAN[:2], "Deleted", *PLAN[3:]]
DIGESTS = ["Data", "Records", "Rows", "SHA-256"]


def plan(lines: Sequence[Line]) -> list[list[Any]]:
    """Return the cells of PLAN."""
    return [_cells(row, row.due) for row in purge_words.put_all(lines)]


def deleted(lines: Sequence[Line]) -> list[list[Any]]:
    """Return the cells of DELETED; what hung on the rows is named below their number."""
    return [_cells(row, _number(row)) for row in purge_words.put_all(lines)]


def digests(lines: Sequence[Line]) -> list[list[Any]]:
    return [
        [row.name, gone.what, gone.rows, gone.sha256]
        for row in purge_words.put_all(lines)
        for gone in row.went
    ]


def _number(row: InWords) -> Any:
    if row.deleted is None:
        return panels.NOTHING
    if len(row.went) < 2:
        return row.deleted
    with_them = ", ".join(f"{gone.rows} {gone.what}" for gone in row.went)
    return f"{row.deleted} ({with_them})"


def _cells(row: InWords, number: Any) -> list[Any]:
    kept_for = format_html('{}<br><span class="ac-muted">{}</span>', row.name, row.kept_for)
    return [
        kept_for,
        panels.moment(row.cutoff),
        number,
        row.kept,
        row.kept_by or panels.NOTHING,
        "; ".join(filter(None, [row.waiting and f"Stay: {row.waiting}", row.notes]))
        or panels.NOTHING,
    ]
