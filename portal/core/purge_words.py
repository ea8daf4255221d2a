"""A run's plan in words: the same on its page, in the certificate's PDF and on a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.utils.text import capfirst

from portal.core.purging import Line, Progress


@dataclass(frozen=True, slots=True)
class Went:
    """The rows of one model that were deleted, and the digest over their keys."""

    what: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class InWords:
    """One data class of a run. What an old certificate does not have is empty."""

    name: str
    kept_for: str
    cutoff: datetime | None
    due: int
    deleted: int | None
    went: Sequence[Went]
    kept: int
    kept_by: str
    waiting: str
    notes: str
    is_interrupted: bool

    @property
    def says_something(self) -> bool:
        return bool(self.due or self.deleted or self.kept or self.went)


def put(line: Line) -> InWords:
    cutoff = line.get("cutoff")
    return InWords(
        name=capfirst(line.get("class", "–")),
        kept_for=kept_for(line.get("window_days", 0), line.get("starts", "–")),
        cutoff=datetime.fromisoformat(cutoff) if cutoff else None,
        due=line.get("due", 0),
        deleted=line.get("deleted"),
        went=[
            Went(_name_of(label), gone["rows"], gone["sha256"])
            for label, gone in line.get("gone", {}).items()
        ],
        kept=line.get("kept", 0),
        kept_by=", ".join(f"{hold}: {count}" for hold, count in line.get("kept_by", {}).items()),
        waiting=_waiting(line),
        notes=", ".join(line.get("details", ())),
        is_interrupted=line.get("progress") == Progress.BEGUN,
    )


def put_all(lines: Sequence[Line]) -> list[InWords]:
    """Put first what has anything to delete or keep."""
    return sorted(map(put, lines), key=lambda row: not row.says_something)


def kept_for(days: int, starts: str) -> str:
    if not days:
        return f"until {starts}"
    return f"{days} day{'' if days == 1 else 's'} after {starts}"


def _waiting(line: Line) -> str:
    if not line.get("waiting"):
        return ""
    return f"{line['waiting']}, as {line['waits_for']}"


def _name_of(label: str) -> str:
    """Name a model in the plural; one that was there when the certificate was made may be gone."""
    try:
        return str(apps.get_model(label)._meta.verbose_name_plural)
    except LookupError:
        return label
