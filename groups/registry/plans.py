"""What a table would change, row by row, compared with what is known."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import tablib

from groups.models import RegistryUpload
from groups.registry import reading, tables
from groups.registry.rows import Row
from portal.core import cells
from portal.core.models import Platform


class Kind(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


_KINDS = {"new": Kind.NEW, "update": Kind.CHANGED, "skip": Kind.SAME}


@dataclass(frozen=True, slots=True)
class Line:
    """One row: what stands in it, and what it changes, as (column, before, after)."""

    number: int
    kind: Kind
    cells: Mapping[str, str]
    row: Any = None
    changes: Sequence[tuple[str, str, str]] = ()
    problem: str = ""

    def refused(self, problem: str) -> "Line":
        return replace(self, kind=Kind.REFUSED, problem=problem, changes=(), row=None)


@dataclass(frozen=True, slots=True)
class Plan:
    columns: Sequence[str]
    lines: Sequence[Line]
    # What follows of it, a sentence each.
    consequences: Sequence[str] = field(default_factory=tuple)

    def of(self, kind: Kind) -> list[Line]:
        return [line for line in self.lines if line.kind == kind]

    @property
    def counts(self) -> dict[str, int]:
        names = {"added": Kind.NEW, "changed": Kind.CHANGED, "unchanged": Kind.SAME}
        counts = {name: len(self.of(kind)) for name, kind in names.items()}
        return counts | {"refused": len(self.of(Kind.REFUSED))}

    @property
    def to_take(self) -> list[Line]:
        return [line for line in self.lines if line.kind in (Kind.NEW, Kind.CHANGED)]

    @property
    def mark(self) -> str:
        """Tell this plan from another one: the same table can change other things later."""
        told = [(line.number, line.kind.value, line.changes, line.problem) for line in self.lines]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def make(
    *, table: str, platform: Platform, sources: Sequence[reading.Source], at: datetime
) -> Plan:
    """Compare the rows of a file with what is known."""
    resource = tables.TABLES[table](platform=platform, at=at)
    sound = [source for source in sources if not source.problem]
    dataset = tablib.Dataset(headers=["#", *resource.columns])
    for source in sound:
        found = [source.cells.get(name, "") for name in resource.columns]
        dataset.append([str(source.number), *found])
    result = resource.import_data(dataset, dry_run=True, raise_errors=False)
    for error in result.base_errors:
        raise error.error
    lines = [
        _line(resource, source, found) for source, found in zip(sound, result.rows, strict=True)
    ]
    lines += [
        Line(source.number, Kind.REFUSED, source.cells, problem=source.problem)
        for source in sources
        if source.problem
    ]
    return Plan(resource.columns, sorted(lines, key=lambda line: line.number))


def of_upload(upload: RegistryUpload, *, at: datetime) -> Plan:
    """Compare what was uploaded with what is known now. Raises NotATable."""
    table = tables.TABLES[upload.table]
    columns = table(platform=upload.platform, at=at).columns
    sources = reading.read(upload.body, form=upload.form, columns=columns, needed=table.needed)
    return make(table=upload.table, platform=upload.platform, sources=sources, at=at)


def of_sources(plan: Plan, *, table: str, platform: Platform, at: datetime) -> Plan:
    """Compare the rows of a plan that could be read once more, with what is known now."""
    sources = [reading.Source(line.number, line.cells) for line in plan.to_take]
    return make(table=table, platform=platform, sources=sources, at=at)


def _line(resource: tables.Table, source: reading.Source, found: Any) -> Line:
    if found.errors:
        raise found.errors[0].error
    if found.validation_error is not None:
        return Line(source.number, Kind.REFUSED, source.cells, problem=_words(found))
    kind = _KINDS[found.import_type]
    row: Row = found.instance
    changes = []
    for each in resource.get_import_fields():
        before = each.export(found.original) if found.original else ""
        after = each.export(row)
        if kind != Kind.SAME and before != after:
            changes.append((str(each.column_name), str(before), str(after)))
    return Line(source.number, kind, source.cells, row, tuple(changes))


def _words(found: Any) -> str:
    error = found.validation_error
    if not hasattr(error, "error_dict"):
        return str(error.messages[0])
    by_column = error.message_dict.items()
    said = [f"“{name}” {text}." for name, texts in by_column for text in texts if name != "__all__"]
    return " ".join(said) or str(error.messages[0])


def with_refusals(plan: Plan, problems: Mapping[int, str]) -> Plan:
    """Return the plan with the rows refused that turned out to be impossible, by number."""
    lines = [
        line.refused(problems[line.number]) if line.number in problems else line
        for line in plan.lines
    ]
    return replace(plan, lines=lines)


def refused_as_csv(plan: Plan) -> str:
    """Write the refused rows with their reasons; corrected, the table can be brought again."""
    head = ["row", "problem", *plan.columns]
    rows = [
        [line.number, line.problem, *(line.cells.get(name, "") for name in plan.columns)]
        for line in plan.of(Kind.REFUSED)
    ]
    return cells.as_csv([head, *rows])
