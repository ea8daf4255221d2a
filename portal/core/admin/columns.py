"""Columns of records under the name that people use for them, with a unit where they have one."""

from collections.abc import Callable
from typing import Any

from unfold.decorators import display

from portal.core import languages
from portal.core.admin import panels


def shown(column: str, label: str, *, unit: str = "") -> Callable[..., Any]:
    """Show a column as it is; `unit` follows a number."""

    @display(description=label)
    def value(self: Any, record: Any) -> Any:
        found = getattr(record, column)
        if found is None or found == "":
            return panels.NOTHING
        return f"{found} {unit}" if unit else found

    return value


def yes_or_no(column: str, label: str) -> Callable[..., Any]:
    @display(description=label, boolean=True)
    def value(self: Any, record: Any) -> bool:
        return bool(getattr(record, column))

    return value


def language(column: str = "language") -> Callable[..., Any]:
    """Show a language by its English name, not by its code."""

    @display(description="Language")
    def value(self: Any, record: Any) -> str:
        code = getattr(record, column)
        return languages.name_of(code) if code else panels.NOTHING

    return value
