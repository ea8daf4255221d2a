"""From the bytes of a table to its rows: CSV or JSON, each row by itself."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from portal.core import cells
from portal.core.errors import Invalid

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 10_000
DELIMITERS = (",", ";", "\t")
# What the file of refused rows has beside the columns: corrected, it can be brought as it is.
NOTES = ("row", "problem")
Cell = str | int | None


class NotATable(Invalid):
    """The file as a whole cannot be read; nothing of it was taken."""

    code = "not-a-table"
    title = "This file cannot be read"


@dataclass(frozen=True, slots=True)
class Source:
    """One row of the file, with a `problem` when it could not be read.

    `number` is its row as a spreadsheet counts (the head is 1), or its place in a JSON array.
    """

    number: int
    cells: Mapping[str, str]
    problem: str = ""


def decode(body: bytes) -> str:
    """Return the text of a file. Raises NotATable."""
    if len(body) > MOST_BYTES:
        raise NotATable("The file is larger than 10 MiB. Split it into parts, each with the head.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise NotATable(
            f"Line {line} is not UTF-8. Save the file as UTF-8 and try again."
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise NotATable(f"Line {line} contains a NUL character. Remove it and try again.")
    return text


def read(text: str, *, form: str, columns: Sequence[str], needed: Sequence[str]) -> list[Source]:
    """Return the rows of a table with these `columns`, of which the `needed` have to be there.

    Raises NotATable when the head is wrong, the format is, or there are too many rows.
    """
    found = _csv_rows(text, columns, needed) if form == "CSV" else _json_rows(text, columns, needed)
    rows: list[Source] = []
    for row in found:
        if len(rows) == MOST_ROWS:
            raise NotATable(f"There are more than {MOST_ROWS:,} rows. Split the file into parts.")
        rows.append(row)
    if not rows:
        raise NotATable("The file has no rows.")
    return rows


def _csv_rows(text: str, columns: Sequence[str], needed: Sequence[str]) -> Iterator[Source]:
    first = text.lstrip().partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    head: list[str] | None = None
    try:
        for number, cells_of_row in enumerate(reader, start=1):
            if not any(cell.strip() for cell in cells_of_row):
                continue
            if head is None:
                head = [cell.strip().lower() for cell in cells_of_row]
                _check_head(head, columns, needed)
                continue
            yield _csv_row(number, head, cells_of_row)
    except csv.Error as error:
        raise NotATable(f"Line {reader.line_num} is not CSV: {error}.") from error


def _csv_row(number: int, head: Sequence[str], found: Sequence[str]) -> Source:
    named = {name: cells.restore(cell) for name, cell in zip(head, found, strict=False)}
    if len(found) != len(head):
        problem = f"It has {len(found)} cells, and the head has {len(head)}."
        return Source(number, named, f"{problem} Put cells with a separator in double quotes.")
    return Source(number, named)


def _json_rows(text: str, columns: Sequence[str], needed: Sequence[str]) -> Iterator[Source]:
    try:
        raw = msgspec.json.decode(text, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotATable(f"The file is not a JSON array of objects: {error}.") from error
    decoder = msgspec.json.Decoder(dict[str, Cell])
    for number, one in enumerate(raw, start=1):
        try:
            row = decoder.decode(one)
        except (msgspec.DecodeError, RecursionError) as error:
            yield Source(number, {}, f"It is no object of texts, whole numbers and nulls: {error}.")
            continue
        named = {name.strip().lower(): "" if v is None else str(v) for name, v in row.items()}
        try:
            _check_head(list(named), columns, needed)
        except NotATable as error:
            yield Source(number, named, str(error))
            continue
        yield Source(number, named)


def _check_head(head: Sequence[str], columns: Sequence[str], needed: Sequence[str]) -> None:
    names = ", ".join(columns)
    if missing := [name for name in needed if name not in head]:
        raise NotATable(f"The column {missing[0]} is missing. The columns are: {names}.")
    if unknown := [name for name in head if name not in (*columns, *NOTES)]:
        named = unknown[0][:40] or "without a name"
        raise NotATable(f"The column {named} is not known. The columns are: {names}.")
    if len(set(head)) != len(head):
        raise NotATable("Two columns have the same name. Remove one of them.")
