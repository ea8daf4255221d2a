"""Cells of tables that people open in a spreadsheet."""

from typing import Any

# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def neutralise(cell: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would take for a formula (CWE-1236)."""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell
