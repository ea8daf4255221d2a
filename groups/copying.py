"""Rows of the log as PostgreSQL's binary COPY takes them.

Binary, because a tab or a newline inside a text of a platform must not become a column or a row,
and because it is the cheapest for both sides. Source: PostgreSQL documentation, COPY, "Binary
Format"; of the types, their send functions.
"""

import struct
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from groups import events
from groups.batches import Item

COLUMNS = (
    "occurred_at, event_key, platform_id, received_at, source, kind, role, old_role, group_id,"
    " actor_id, subject_id, event_id, reason, until, caused_by, attributes, sequence"
)
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
TRAILER = b"\xff\xff"

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NULL = b"\xff\xff\xff\xff"
# The number of columns, the time, and the key: what the rows are sorted by comes first.
_head = struct.Struct(">hiqi16s").pack
_size = struct.Struct(">i").pack
_long = struct.Struct(">iq").pack
_COUNT = COLUMNS.count(",") + 1


def pack(
    items: Iterable[Item],
    *,
    platform_id: UUID,
    groups: Mapping[str, UUID],
    people: Mapping[str, UUID],
    received_at: datetime,
) -> list[bytes]:
    """Return the packed rows in one order, so that two batches with the same never deadlock."""
    ours = _uuid(platform_id) + _long(8, _microseconds(received_at))
    ids = {None: _NULL} | {name: _uuid(pk) for name, pk in people.items()}
    group_ids = {"": _NULL} | {name: _uuid(pk) for name, pk in groups.items()}
    # Few sources, kinds and roles make up a batch.
    begun: dict[tuple[str, str, str | None, str | None], bytes] = {}
    packed = []
    for item in items:
        event = item.event
        sort = event.source, event.kind, event.role, event.old_role
        if sort not in begun:
            begun[sort] = ours + b"".join(map(_text, sort))
        packed.append(
            b"".join(
                (
                    _head(_COUNT, 8, _microseconds(event.time), 16, item.key),
                    begun[sort],
                    group_ids[item.group],
                    ids[event.actor],
                    ids[event.subject],
                    _text(event.id),
                    _rest(item),
                )
            )
        )
    packed.sort()
    return packed


def _rest(item: Item) -> bytes:
    event = item.event
    return b"".join(
        (
            _text(events.reason_of(event)),
            _NULL if event.until is None else _long(8, _microseconds(event.until)),
            _text(event.caused_by),
            _NULL if event.attributes is None else _json(event.attributes),
            _long(8, item.sequence),
        )
    )


def _microseconds(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _uuid(value: UUID) -> bytes:
    return b"\0\0\0\x10" + value.int.to_bytes(16)


def _text(text: str | None) -> bytes:
    if text is None:
        return _NULL
    encoded = text.encode()
    return _size(len(encoded)) + encoded


def _json(value: object) -> bytes:
    encoded = msgspec.json.encode(value)
    return _size(len(encoded) + 1) + b"\x01" + encoded
