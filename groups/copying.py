"""Rows of the log as PostgreSQL's binary COPY takes them.

Binary, because a tab or a newline inside a text of a platform must not become a column or a row,
and because it is the cheapest for both sides. Source: PostgreSQL documentation, COPY, "Binary
Format"; of the types, their send functions.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from groups import events
from groups.batches import Item

COLUMNS = (
    "occurred_at, event_key, platform_id, received_at, source, kind, role, old_role, group_id,"
    " actor_id, subject_id, event_id, reason, until, caused_by, attributes, sequence"
)
# Rows that are packed and sent at once.
PART = 500
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
TRAILER = b"\xff\xff"

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NULL = b"\xff\xff\xff\xff"
# The number of columns, the time, and the key: what the rows are sorted by comes first.
_head = struct.Struct(">hiqi16s").pack
_size = struct.Struct(">i").pack
_long = struct.Struct(">iq").pack
_COUNT = COLUMNS.count(",") + 1


class Rows:
    """The rows of items, packed anew whenever they are iterated, a part at a time.

    Whole, they would take as much memory as the events. They come in one order, so that two batches
    with the same events never deadlock.
    """

    def __init__(
        self,
        items: Iterable[Item],
        *,
        platform_id: UUID,
        groups: Mapping[str, UUID],
        people: Mapping[str, UUID],
        received_at: datetime,
    ) -> None:
        self._items = sorted((_head_of(item), place, item) for place, item in enumerate(items))
        self._ours = _uuid(platform_id) + _long(8, _microseconds(received_at))
        self._groups = {"": _NULL} | {name: _uuid(pk) for name, pk in groups.items()}
        self._people = {None: _NULL} | {name: _uuid(pk) for name, pk in people.items()}
        # Few sources, kinds and roles make up a batch.
        self._begun: dict[tuple[str, str, str | None, str | None], bytes] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._items), PART):
            yield b"".join(self._row(*one) for one in self._items[start : start + PART])

    def _row(self, head: bytes, _: int, item: Item) -> bytes:
        event = item.event
        sort = event.source, event.kind, event.role, event.old_role
        begun = self._begun.get(sort)
        if begun is None:
            begun = self._begun[sort] = self._ours + b"".join(map(_text, sort))
        return b"".join(
            (
                head,
                begun,
                self._groups[item.group],
                self._people[event.actor],
                self._people[event.subject],
                _text(event.id),
                _rest(item),
            )
        )


def _head_of(item: Item) -> bytes:
    return _head(_COUNT, 8, _microseconds(item.event.time), 16, item.key)


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
