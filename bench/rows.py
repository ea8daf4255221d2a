"""The rows that the same events become, for whatever Accord is measured against."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

COLUMNS = [
    "occurred_at",
    "event_key",
    "platform_id",
    "source",
    "event_id",
    "kind",
    "group_id",
    "actor_id",
    "subject_id",
    "role",
    "old_role",
    "reason",
    "until",
    "caused_by",
    "attributes",
    "sequence",
    "received_at",
]
COPY_IN = f"COPY groups_logentry ({', '.join(COLUMNS)}) FROM STDIN"
COPY_OUT = f"COPY (SELECT {', '.join(COLUMNS)} FROM groups_logentry) TO STDOUT"


def lines_of(database: psycopg.Connection, events: Sequence[dict[str, Any]]) -> list[bytes]:
    """Return the stored rows of `events`, in their order, as lines of text COPY."""
    places = {event["id"]: place for place, event in enumerate(events)}
    found: list[bytes | None] = [None] * len(events)
    with database.cursor().copy(COPY_OUT) as copy:
        kept = b"".join(copy)
    column = COLUMNS.index("event_id")
    for line in kept.splitlines(keepends=True):
        place = places.get(line.split(b"\t")[column].decode())
        if place is not None:
            found[place] = line
    missing = found.count(None)
    if missing:
        raise AssertionError(f"{missing} of {len(events)} events are not in the log.")
    return [line for line in found if line is not None]


def as_json(lines: Sequence[bytes]) -> bytes:
    """Return the rows as a JSON array with a value for every column."""
    return msgspec.json.encode([_as_dict(line) for line in lines])


def _as_dict(line: bytes) -> dict[str, Any]:
    texts = line.decode().rstrip("\n").split("\t")
    row: dict[str, Any] = {
        name: None if text == r"\N" else text for name, text in zip(COLUMNS, texts, strict=True)
    }
    # The generated texts hold nothing that COPY escapes, but JSON inside a text is one.
    if row["attributes"] is not None:
        row["attributes"] = json.loads(row["attributes"])
    row["sequence"] = int(row["sequence"])
    return row
