"""Governance events in Accord's own words: the canonical kinds, and what an event may hold."""

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from groups.models import RoleEvent

KINDS = frozenset(
    f"{noun}.{verb}"
    for noun, verbs in {
        "group": "created updated access_changed policy_changed migrated archived restored size",
        "member": "joined left removed banned unbanned restricted unrestricted",
        "role": "granted revoked defined",
        "content": "removed",
        "account": "suspended restored renamed",
        "automation": "changed",
    }.items()
    for verb in verbs.split()
)
# Tenures are folded from these. A group that is created again after it was archived is back.
ROLE_KINDS = {
    "role.granted": RoleEvent.Kind.GRANTED,
    "role.revoked": RoleEvent.Kind.REVOKED,
    "member.left": RoleEvent.Kind.LEFT,
    "member.removed": RoleEvent.Kind.REMOVED,
    "member.banned": RoleEvent.Kind.REMOVED,
    "group.archived": RoleEvent.Kind.ARCHIVED,
    "group.restored": RoleEvent.Kind.RESTORED,
    "group.created": RoleEvent.Kind.RESTORED,
}
# They end a tenure where the account has one; of everybody else they are no role event.
DEPARTURES = frozenset({"member.left", "member.removed", "member.banned"})
# Of ordinary members these are recorded only where the platform has switched it on.
MEMBERSHIP = frozenset({"member.joined", "member.left"})
# They tell the name or the size of their group.
TELLING = frozenset({"group.created", "group.updated", "group.size"})
NEEDS_SUBJECT = DEPARTURES | {"role.granted", "role.revoked", "member.joined"}
ROLES = {"owner": RoleEvent.GrantedRole.OWNER, "manager": RoleEvent.GrantedRole.MANAGER}

AHEAD = timedelta(minutes=5)
LINE_BYTES = 64 * 1024
ATTRIBUTES_BYTES = 2 * 1024
DEPTH = 20
ID_LENGTH, ROLE_LENGTH, NAME_LENGTH, REASON_LENGTH = 200, 40, 200, 500
LARGEST_SIZE = 2**31 - 1
# Sequences of platforms end where those of Accord's own role events begin.
ACCORD_SEQUENCE = 2**62


class GovernanceEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event as a platform told it; accounts and the group by their external ids."""

    kind: str
    source: str
    id: str
    time: datetime
    group: str | None = None
    actor: str | None = None
    subject: str | None = None
    role: str | None = None
    old_role: str | None = None
    reason: str | None = None
    until: datetime | None = None
    caused_by: str | None = None
    attributes: dict[str, Any] | None = None
    # Order among events of one instant; null counts as 0.
    sequence: int | None = None
    # Its reader has already found everything right that does not depend on the time.
    is_sound: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one event was not taken: a stable code and a sentence."""

    code: str
    detail: str
    id: str | None = None


class Keys:
    """The keys of one batch: most of its events come from one source."""

    def __init__(self, *, platform_slug: str) -> None:
        self._platform = platform_slug
        self._begun: dict[str, Any] = {}

    def of(self, event: GovernanceEvent) -> bytes:
        """Return the 16 bytes that identify an event: of SHA-256 over platform, source and id."""
        begun = self._begun.get(event.source)
        if begun is None:
            begun = hashlib.sha256(f"{self._platform}\0{event.source}\0".encode())
            self._begun[event.source] = begun
        digest = begun.copy()
        digest.update(event.id.encode())
        return digest.digest()[:16]


def find_fault(event: GovernanceEvent, *, at: datetime, oldest: datetime | None) -> Refusal | None:
    """Say why Accord cannot take the event, or return None.

    `oldest` is where the log begins; None takes events of any age, as history does.
    """
    if event.is_sound:
        fault = _bad_time(event, at, oldest)
    else:
        fault = (
            _text_fault(event)
            or _missing(event)
            or _bad_time(event, at, oldest)
            or _bad_details(event)
            or _bad_attributes(event.attributes)
        )
    return Refusal(*fault, id=event.id or None) if fault else None


Fault = tuple[str, str] | None


def find_gap(event: GovernanceEvent) -> Fault:
    """Say what the event lacks for its kind, texts and attributes aside."""
    return _missing(event) or _bad_details(event)


def _text_fault(event: GovernanceEvent) -> Fault:
    for name, longest in _LONGEST:
        text = getattr(event, name)
        if text is None:
            continue
        if longest is not None and len(text) > longest:
            return "TOO_LONG", f"{name} is longer than {longest} characters."
        if not is_plain(text):
            return "BAD_TEXT", f"{name} contains NUL or half a surrogate pair."
    return None


_LONGEST = (
    ("source", ID_LENGTH),
    ("id", ID_LENGTH),
    ("group", ID_LENGTH),
    ("actor", ID_LENGTH),
    ("subject", ID_LENGTH),
    ("caused_by", ID_LENGTH),
    ("role", ROLE_LENGTH),
    ("old_role", ROLE_LENGTH),
    ("reason", None),  # cut, not refused: some platforms allow more
)


def is_plain(text: str) -> bool:
    """Say whether PostgreSQL can hold the text: no NUL, no half of a surrogate pair."""
    if "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _missing(event: GovernanceEvent) -> Fault:
    if not event.source:
        return "MISSING_SOURCE", "The event has no source. Send the platform's own name of it."
    if not event.id:
        return "MISSING_ID", "The event has no id. source and id identify an event for ever."
    if event.kind not in KINDS:
        return "UNKNOWN_KIND", f"Accord does not know the kind {event.kind[:60]!r}."
    if not event.group and not event.kind.startswith("account."):
        return "MISSING_GROUP", "The event names no group. Send its id as the subject."
    if event.kind in NEEDS_SUBJECT and not event.subject:
        return "MISSING_SUBJECT", f"{event.kind} names no account. Send it as data.subject."
    return None


def _bad_time(event: GovernanceEvent, at: datetime, oldest: datetime | None) -> Fault:
    if event.time > at + AHEAD:
        return (
            "IN_THE_FUTURE",
            f"The event is from {event.time:%Y-%m-%d %H:%M:%S} UTC, more than five minutes ahead.",
        )
    if oldest is not None and event.time < oldest:
        day, first = f"{event.time:%Y-%m-%d}", f"{oldest:%Y-%m-%d}"
        return "TOO_OLD", f"The event is from {day}; the log begins on {first}."
    return None


def _bad_details(event: GovernanceEvent) -> Fault:
    if event.kind in ("role.granted", "role.revoked") and event.role not in ROLES:
        return "UNKNOWN_ROLE", f"The role {event.role!r} is neither owner nor manager."
    if event.sequence is not None and not 0 <= event.sequence < ACCORD_SEQUENCE:
        return "BAD_FIELD", "sequence must be a whole number from 0 to 2^62 - 1."
    if event.kind == "group.size" and size_of(event) is None:
        return "BAD_FIELD", "group.size needs the number of members as data.attributes.size."
    return None


def _bad_attributes(attributes: dict[str, Any] | None) -> Fault:
    if not attributes:
        return None
    if len(msgspec.json.encode(attributes)) > ATTRIBUTES_BYTES:
        return "ATTRIBUTES_TOO_LARGE", "attributes takes more than 2 KiB."
    waiting: list[tuple[Any, int]] = [(attributes, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEPTH:
            return "TOO_DEEP", f"attributes is nested deeper than {DEPTH} levels."
        if isinstance(value, str) and not is_plain(value):
            return "BAD_TEXT", "attributes contains NUL or half a surrogate pair."
        if isinstance(value, float) and not math.isfinite(value):
            return "BAD_FIELD", "attributes contains a number that is not finite."
        if isinstance(value, dict):
            waiting += [(inner, depth + 1) for pair in value.items() for inner in pair]
        elif isinstance(value, list):
            waiting += [(inner, depth + 1) for inner in value]
    return None


def size_of(event: GovernanceEvent) -> int | None:
    """Return the number of members that a group.size event tells, if it does."""
    size = (event.attributes or {}).get("size")
    if not isinstance(size, int) or isinstance(size, bool):
        return None
    return size if 0 <= size <= LARGEST_SIZE else None


def name_of(event: GovernanceEvent) -> str | None:
    """Return the group's new name, if the event tells one."""
    if event.kind not in ("group.created", "group.updated"):
        return None
    name = (event.attributes or {}).get("name")
    return name.strip()[:NAME_LENGTH] or None if isinstance(name, str) else None


def reason_of(event: GovernanceEvent) -> str | None:
    """Return the reason, cut where it is longer than the log keeps."""
    if event.reason is None or len(event.reason) <= REASON_LENGTH:
        return event.reason
    return event.reason[: REASON_LENGTH - 1] + "…"


def in_utc(time: datetime) -> datetime | None:
    """Return the time in UTC; None where the calendar of Python or PostgreSQL ends."""
    try:
        moved = time.astimezone(UTC)
    except OverflowError:
        return None
    return moved if 1900 <= moved.year <= 9000 else None
