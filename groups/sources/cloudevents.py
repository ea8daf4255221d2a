"""CloudEvents 1.0: structured, batch, and NDJSON with one event a line."""

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any, NoReturn, TypeVar

import msgspec

from groups import events
from groups.events import GovernanceEvent, Refusal
from groups.sources import elements, quick

_NAMES = dict.fromkeys(
    [b'"id"', b'"source"', b'"type"', b'"time"', b'"data"', b'"actor"', b'"role"', b'"until"'], 1
) | {b'"subject"': 2}
MOST_COMMAS = 250_000
Found = TypeVar("Found")


class Data(msgspec.Struct, frozen=True, gc=False):
    actor: str | None = None
    subject: str | None = None
    role: str | None = None
    old_role: str | None = None
    reason: str | None = None
    until: datetime | None = None
    caused_by: str | None = None
    attributes: dict[str, Any] | None = None


class CloudEvent(msgspec.Struct, frozen=True, gc=False):
    specversion: str | None = None
    id: str | None = None
    source: str | None = None
    type: str | None = None
    subject: str | None = None
    time: datetime | None = None
    # CloudEvents' own extension of that name is a text.
    sequence: int | str | None = None
    data: Data | None = None


_decoder = msgspec.json.Decoder(CloudEvent)
_items = msgspec.json.Decoder(list[msgspec.Raw])


def split_batch(body: bytes, *, most: int) -> list[bytes]:
    """Take a JSON array apart into its elements: `most` of them, and one more if there are more.

    Raises NotABatch.
    """
    # It makes an object of each element at once, so they have to be few.
    if body.count(b",") < MOST_COMMAS:
        try:
            return [bytes(item) for item in _items.decode(body)[: most + 1]]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
    # One bad text fails the whole array there; here only its own element suffers.
    found = elements.elements([body], most_brackets=elements.MOST_BRACKETS)
    return list(islice(found, most + 1))


def parse(line: bytes) -> GovernanceEvent | Refusal:
    """Read one structured event."""
    return quick.parse(line) or _parse_carefully(line)


def _parse_carefully(line: bytes) -> GovernanceEvent | Refusal:
    found = decode(_decoder, line, names=_NAMES)
    if isinstance(found, Refusal):
        return found
    if found.specversion != "1.0":
        return Refusal("BAD_FIELD", 'specversion must be "1.0".', found.id)
    kind = found.type or ""
    if not (kind.startswith(quick.PREFIX) and kind.endswith(quick.SUFFIX)):
        detail = f"The type {kind[:80]!r} is not {quick.PREFIX}<kind>{quick.SUFFIX}."
        return Refusal("UNKNOWN_KIND", detail, found.id)
    sequence = _sequence(found.sequence)
    if isinstance(sequence, Refusal):
        return sequence
    time = _time("time", found.time, found.id)
    if isinstance(time, Refusal):
        return time
    data = found.data or Data()
    until = _time("until", data.until, found.id) if data.until else None
    if isinstance(until, Refusal):
        return until
    return GovernanceEvent(
        kind=kind[len(quick.PREFIX) : -len(quick.SUFFIX)],
        source=found.source or "",
        id=found.id or "",
        time=time,
        group=found.subject or None,
        actor=data.actor or None,
        subject=data.subject or None,
        role=data.role or None,
        old_role=data.old_role or None,
        reason=data.reason or None,
        until=until,
        caused_by=data.caused_by or None,
        attributes=data.attributes,
        sequence=sequence,
    )


def decode(
    decoder: "msgspec.json.Decoder[Found]", line: bytes, *, names: Mapping[bytes, int]
) -> Found | Refusal:
    """Decode one line strictly: one that two readers could understand differently is refused.

    A name that stands in the line more often than `names` says is worth a closer look.
    """
    if len(line) > events.LINE_BYTES:
        return Refusal("LINE_TOO_LARGE", "The event takes more than 64 KiB.")
    try:
        found = decoder.decode(line)
    except msgspec.ValidationError as error:
        return Refusal("BAD_FIELD", f"The event is not as documented: {error}.")
    except RecursionError:
        return Refusal("TOO_DEEP", f"The event is nested deeper than {events.DEPTH} levels.")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _not_json(line, error)
    if _may_repeat(line, names) and _repeats(line):
        return Refusal("BAD_JSON", "The line is not valid JSON: an object names a member twice.")
    return found


def _not_json(line: bytes, error: Exception) -> Refusal:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return Refusal("BAD_TEXT", "The line is not UTF-8.")
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return Refusal("BAD_JSON", f"The line is not valid JSON: {error}.")
    return Refusal("BAD_TEXT", "A text contains half a surrogate pair.")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _may_repeat(line: bytes, names: Mapping[bytes, int]) -> bool:
    return b"\\u" in line or any(line.count(name) > often for name, often in names.items())


def _repeats(line: bytes) -> bool:
    def unique(pairs: list[tuple[str, Any]]) -> None:
        if len({name for name, _ in pairs}) != len(pairs):
            raise KeyError

    try:
        json.loads(line, object_pairs_hook=unique)
    except KeyError:
        return True
    return False


def _sequence(sequence: int | str | None) -> int | Refusal | None:
    if not isinstance(sequence, str):
        return sequence
    if sequence.isascii() and sequence.isdigit() and len(sequence) < 20:
        return int(sequence)
    return Refusal("BAD_FIELD", "sequence must be a whole number.")


def _time(name: str, time: datetime | None, event_id: str | None) -> datetime | Refusal:
    if time is None:
        return Refusal("MISSING_TIME", "The event has no time.", event_id)
    if time.tzinfo is None:
        return Refusal("BAD_FIELD", f"{name} has no time zone (RFC 3339 wants one).", event_id)
    return events.in_utc(time) or Refusal("BAD_FIELD", f"{name} is outside the calendar.", event_id)
