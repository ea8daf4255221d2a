"""The quick way to read a CloudEvent: strict types, decoded and checked in one go.

What is not plainly right is left to the careful reader (`groups.sources.cloudevents`), which words
what is wrong. Both take the same events.
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from groups import events
from groups.events import GovernanceEvent

PREFIX, SUFFIX = "accord.governance.", ".v1"
_KINDS = {f"{PREFIX}{kind}{SUFFIX}": kind for kind in events.KINDS}
_SPECVERSION, _QUOTE = "1.0", b'"'

Name = Annotated[str, msgspec.Meta(max_length=events.ID_LENGTH)]
RoleName = Annotated[str, msgspec.Meta(max_length=events.ROLE_LENGTH)]
Required = Annotated[str, msgspec.Meta(min_length=1, max_length=events.ID_LENGTH)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Data(msgspec.Struct, gc=False):
    actor: Name | UnsetType | None = UNSET
    subject: Name | UnsetType | None = UNSET
    role: RoleName | UnsetType | None = UNSET
    old_role: RoleName | UnsetType | None = UNSET
    reason: str | UnsetType | None = UNSET
    until: Moment | UnsetType | None = UNSET
    caused_by: Name | UnsetType | None = UNSET
    attributes: msgspec.Raw | UnsetType = UNSET


class CloudEvent(msgspec.Struct, gc=False):
    specversion: str
    id: Required
    source: Required
    type: str
    time: Moment
    subject: Name | UnsetType | None = UNSET
    sequence: int | str | UnsetType | None = UNSET
    data: Data | UnsetType | None = UNSET
    # Of no meaning here, but many senders set it.
    datacontenttype: str | UnsetType | None = UNSET


_decode = msgspec.json.Decoder(CloudEvent).decode
_decode_attributes = msgspec.json.Decoder(dict[str, Any] | None).decode
_NO_DATA = Data()
# The members that every event has, and their texts: each stands between two quotes.
_QUOTES = 2 * (5 + 5)


def parse(line: bytes) -> GovernanceEvent | None:
    """Read one event, or return None where the careful reader has to look.

    An object that names a member twice has more quotes than its members and texts account for.
    """
    # A text with an escape may be longer than it looks, or hold NUL.
    if len(line) > events.LINE_BYTES or b"\\" in line:
        return None
    try:
        found = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    kind = _KINDS.get(found.type)
    data = found.data or _NO_DATA
    if kind is None or found.specversion != _SPECVERSION or isinstance(found.sequence, str):
        return None
    quotes, attributes = _QUOTES, None
    for text in (
        data.actor,
        data.subject,
        data.role,
        data.old_role,
        data.reason,
        data.caused_by,
        found.subject,
        found.datacontenttype,
    ):
        if text is not UNSET:
            quotes += 4 if text is not None else 2
    if data.until is not UNSET:
        quotes += 4 if data.until is not None else 2
    if found.sequence is not UNSET:
        quotes += 2
    if found.data is not UNSET:
        quotes += 2
    if data.attributes is not UNSET:
        raw = bytes(data.attributes)
        quotes += 2 + raw.count(_QUOTE)
        try:
            attributes = _decode_attributes(raw)
        except msgspec.DecodeError:
            return None
        if attributes and not _are_plain(attributes, raw):
            return None
    if line.count(_QUOTE) != quotes:
        return None
    time = events.in_utc(found.time)
    until = events.in_utc(data.until) if data.until else None
    if time is None or (data.until and until is None):
        return None
    event = GovernanceEvent(
        kind=kind,
        source=found.source,
        id=found.id,
        time=time,
        group=found.subject or None,
        actor=data.actor or None,
        subject=data.subject or None,
        role=data.role or None,
        old_role=data.old_role or None,
        reason=data.reason or None,
        until=until,
        caused_by=data.caused_by or None,
        attributes=attributes,
        sequence=found.sequence if found.sequence is not UNSET else None,
        is_sound=True,
    )
    return None if events.find_gap(event) else event


def _are_plain(attributes: dict[str, Any], raw: bytes) -> bool:
    """Say whether the attributes are flat, small and name no member twice."""
    texts = 0
    for value in attributes.values():
        if isinstance(value, str):
            texts += 1
        elif not (value is None or isinstance(value, int)):
            return False
    is_small = len(raw) <= events.ATTRIBUTES_BYTES
    return is_small and raw.count(_QUOTE) == 2 * (len(attributes) + texts)
