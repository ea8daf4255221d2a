"""How the file of a person's own data reads as a page: facts, tables, lists, in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

# Where the name of a column is not its words.
WORDS = {
    "group__name": "Group",
    "case__number": "Case",
    "decision__number": "Decision",
    "provider__name": "Provider",
    "duties__version": "Version of the duties",
    "ip": "Network address",
    "user_agent": "Browser",
    "read_at": "You read it",
    "mailed_at": "Mailed",
    "standing": "Your standing",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One value and how it is drawn: as `text`, `moment`, `items`, `facts` or `table`."""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    shown: Shown

    @property
    def count(self) -> int | None:
        """How many rows a table has; null where that says nothing."""
        return len(self.shown.value[1]) if self.shown.kind == "table" else None


@dataclass(frozen=True, slots=True)
class Account:
    service: str
    sections: Sequence[Section]
    empty: Sequence[str]
    """The titles of what nothing is held of."""

    @classmethod
    def of(cls, held: Mapping[str, Any]) -> Self:
        plain = {key: value for key, value in held.items() if not isinstance(value, list | dict)}
        others = {key: value for key, value in held.items() if key not in plain}
        sections = [Section("Account", show(plain))]
        sections += [section(key, value) for key, value in others.items() if value]
        empty = [words(key) for key, value in others.items() if not value]
        return cls(held["service"], sections, empty)


def section(key: str, value: Any) -> Section:
    return Section(words(key), show(value))


def show(value: Any) -> Shown:
    """Choose how a value is drawn; what is in it is chosen for in turn."""
    if isinstance(value, Mapping):
        return Shown("facts", [(words(key), show(each)) for key, each in value.items()])
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        columns = [words(key) for key in value[0]]
        rows = [
            [(column, show(each)) for column, each in zip(columns, row.values(), strict=True)]
            for row in value
        ]
        return Shown("table", (columns, rows))
    if isinstance(value, list):
        return Shown("items", [show(each) for each in value])
    if isinstance(value, datetime):
        return Shown("moment", value)
    return Shown("text", _text(value))


def words(key: str) -> str:
    """Write a key as people read it: `first_seen_at` as "First seen"."""
    plain = key.removesuffix("_at").replace("__", " ").replace("_", " ")
    return WORDS.get(key) or plain.capitalize()


def _text(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    text = str(value)
    # A stored choice, such as IN_REVIEW.
    is_choice = text.isupper() and text.replace("_", "").isalpha() and len(text) > 3
    return text.replace("_", " ").capitalize() if is_choice else text
