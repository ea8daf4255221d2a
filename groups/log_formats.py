"""The governance log outside of Accord: as CloudEvents, which can be sent in again, and as CSV."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from groups.models import LogEntry
from groups.queries.log_pages import Names
from groups.sources.quick import PREFIX, SUFFIX
from portal.core import cells

Chunk = tuple[Sequence[LogEntry], Names]
MEDIA_TYPES = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
HEADINGS = [
    "time",
    "kind",
    "group",
    "actor",
    "subject",
    "role",
    "old_role",
    "reason",
    "until",
    "caused_by",
    "source",
    "id",
    "sequence",
    "received",
    "attributes",
]
_json = msgspec.json.Encoder()


def as_cloud_event(entry: LogEntry, names: Names, *, is_whole: bool = True) -> dict[str, Any]:
    """Return the event as `POST /api/v1/events` takes it, and when Accord received it.

    Without `is_whole`, attributes stay away: they may hold what a platform tells nobody else.
    """
    data = {
        "actor": names.account(entry.actor_id),
        "subject": names.account(entry.subject_id),
        "role": entry.role,
        "old_role": entry.old_role,
        "reason": entry.reason,
        "until": _instant(entry.until),
        "caused_by": entry.caused_by,
        "attributes": entry.attributes if is_whole else None,
    }
    event = {
        "specversion": "1.0",
        "id": entry.event_id,
        "source": entry.source,
        "type": f"{PREFIX}{entry.kind}{SUFFIX}",
        "subject": names.group(entry.group_id),
        "time": _instant(entry.occurred_at),
        "sequence": str(entry.sequence),
        "recordedtime": _instant(entry.received_at),
        "data": {name: value for name, value in data.items() if value is not None},
    }
    return {name: value for name, value in event.items() if value is not None}


def write(form: str, chunks: Iterable[Chunk], *, is_whole: bool) -> Iterator[bytes]:
    """Yield the bytes of a file, a chunk of rows at a time.

    An empty line ends it: a file without one was cut off on the way.
    """
    if form == "csv":
        yield _lines([HEADINGS])
    for entries, names in chunks:
        if form == "csv":
            yield _lines(_cells(entry, names, is_whole) for entry in entries)
        else:
            events = (as_cloud_event(entry, names, is_whole=is_whole) for entry in entries)
            yield b"".join(_json.encode(event) + b"\n" for event in events)
    yield b"\r\n" if form == "csv" else b"\n"


def _cells(entry: LogEntry, names: Names, is_whole: bool) -> list[Any]:
    attributes = entry.attributes if is_whole else None
    return [
        _instant(entry.occurred_at),
        entry.kind,
        names.group(entry.group_id),
        names.account(entry.actor_id),
        names.account(entry.subject_id),
        entry.role,
        entry.old_role,
        entry.reason,
        _instant(entry.until),
        entry.caused_by,
        entry.source,
        entry.event_id,
        entry.sequence,
        _instant(entry.received_at),
        _json.encode(attributes).decode() if attributes else None,
    ]


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    """Write rows as RFC 4180 says; a spreadsheet must not take a text for a formula."""
    return cells.as_csv(rows).encode()


def _instant(time: datetime | None) -> str | None:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z") if time else None
