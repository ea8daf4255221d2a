"""A batch of events between the outside and the tables: what is kept, and the verdict on each."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from groups import events
from groups.events import GovernanceEvent, Refusal
from groups.models import RoleEvent
from portal.core.models import Platform

# A time and the source's sequence.
Instant = tuple[datetime, int]


class Status(StrEnum):
    ACCEPTED = "ACCEPTED"
    DUPLICATE = "DUPLICATE"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one event. `code` says why it was refused, or was accepted but not kept."""

    status: Status
    id: str | None
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The verdicts, in the order of the events, and how much was written."""

    verdicts: list[Verdict]
    logged: int
    role_events: int
    tenures: int

    @property
    def stored(self) -> int:
        return self.logged + self.role_events

    def counts(self) -> dict[str, int]:
        statuses = Counter(verdict.status.lower() for verdict in self.verdicts)
        written = {
            "logged": self.logged,
            "role_events": self.role_events,
            "tenures": self.tenures,
        }
        return dict(statuses) | written


@dataclass(slots=True)
class Told:
    """What a batch of events tells of one group.

    Of two names (or sizes) of one instant the higher sequence counts, and then the one that
    sorts last: which came first must not matter.
    """

    first_seen_at: datetime
    name: tuple[datetime, int, str] | None = None
    size: tuple[datetime, int, int] | None = None

    def listen(self, event: GovernanceEvent) -> None:
        self.first_seen_at = min(self.first_seen_at, event.time)
        order = event.time, sequence_of(event)
        if name := events.name_of(event):
            self.name = max(self.name or (*order, name), (*order, name))
        size = events.size_of(event) if event.kind == "group.size" else None
        if size is not None:
            self.size = max(self.size or (*order, size), (*order, size))


@dataclass(slots=True)
class Item:
    """An event that may be kept."""

    place: int
    event: GovernanceEvent
    key: UUID
    group: str
    sequence: int
    is_logged: bool
    is_role: bool
    # A leave where joins and leaves are not recorded: kept only if it may end a tenure.
    is_ordinary: bool

    @property
    def instant(self) -> tuple[datetime, int]:
        return self.event.time, self.sequence


NOT_RECORDED = (
    "NOT_RECORDED",
    "Joins and leaves of ordinary members are not recorded on this platform.",
)
NOT_LOGGED = ("NOT_LOGGED", "The event is older than the log and moves no tenure.")


@dataclass(slots=True)
class Batch:
    verdicts: list[Verdict | None]
    items: dict[int, Item] = field(default_factory=dict)
    # Departures that wait for the grant of the role which they ended.
    early: list[Item] = field(default_factory=list)
    # Those that waited, and that this batch may bring the grant of.
    recalled: list[Item] = field(default_factory=list)
    _heard: list[tuple[int, GovernanceEvent]] = field(default_factory=list)

    def decide(self, place: int, status: Status, event_id: str | None, *why: str) -> None:
        self.verdicts[place] = Verdict(status, event_id, *why)
        self.items.pop(place, None)

    def kept(self) -> list[Item]:
        return list(self.items.values())

    def days(self) -> set[date]:
        return {item.event.time.date() for item in self.items.values() if item.is_logged}

    def told(self) -> dict[str, Told]:
        """Return what the events tell of each group, except those found to be duplicates."""
        told: dict[str, Told] = {}
        for place, event in self._heard:
            verdict = self.verdicts[place]
            if event.group and (verdict is None or verdict.status != Status.DUPLICATE):
                told.setdefault(event.group, Told(event.time)).listen(event)
        return told

    def listen(self, place: int, event: GovernanceEvent) -> None:
        self._heard.append((place, event))

    def groups(self) -> set[str]:
        return {item.group for item in self.items.values() if item.group}

    def groups_to_lock(
        self, known: Mapping[str, tuple[UUID, datetime]], told: Mapping[str, Told]
    ) -> set[UUID]:
        """Return the groups in which something may change besides the log."""
        names = {i.group for i in self.items.values() if i.event.kind in events.ROLE_KINDS}
        for name, news in told.items():
            if news.name or news.size or news.first_seen_at < known[name][1]:
                names.add(name)
        return {known[name][0] for name in names if name in known}

    def departures(self) -> list[Item]:
        return [i for i in self.items.values() if i.event.kind in events.DEPARTURES]

    def first_grants(self) -> dict[tuple[str, str], Instant]:
        """Return when the batch first gives each account a role in each group."""
        first: dict[tuple[str, str], Instant] = {}
        for item in self.items.values():
            if item.event.kind == "role.granted":
                pair = item.group, item.event.subject or ""
                first[pair] = min(first.get(pair, item.instant), item.instant)
        return first

    def settle_departures(self, granted_at: Callable[[Item], Instant | None]) -> None:
        """Keep as role events the departures that come after the account's first grant there."""
        granted = self.first_grants()
        for item in self.departures():
            pair = item.group, item.event.subject or ""
            first = [at for at in (granted.get(pair), granted_at(item)) if at is not None]
            item.is_role = bool(first) and item.instant > min(first)
            if item.is_role:
                continue
            if item.is_ordinary or not item.is_logged:
                self.early.append(item)
            if item.is_ordinary:
                self.decide(item.place, Status.ACCEPTED, item.event.id, *NOT_RECORDED)
            elif not item.is_logged:
                self.decide(item.place, Status.ACCEPTED, item.event.id, *NOT_LOGGED)

    def recall(self, platform: Platform, found: Iterable[GovernanceEvent], start: datetime) -> None:
        """Take events that waited into the batch; nobody asks for a verdict on them."""
        keys = {item.key for item in self.items.values()}
        for event in found:
            item = _item(platform, len(self.verdicts), event, start)
            if item.key not in keys:
                self.verdicts.append(None)
                self.items[item.place] = item
                self.recalled.append(item)

    def drop_duplicates(self, keys: set[UUID]) -> None:
        for item in self.kept():
            if item.key in keys:
                self.decide(item.place, Status.DUPLICATE, item.event.id)

    def people(self) -> set[str]:
        named = ((i.event.actor, i.event.subject) for i in self.items.values())
        return {name for pair in named for name in pair if name}

    def log_rows(
        self, groups: Mapping[str, UUID], people: Mapping[str, UUID]
    ) -> list[dict[str, Any]]:
        return [_log_row(item, groups, people) for item in self.items.values() if item.is_logged]

    def role_events(
        self, groups: Mapping[str, UUID], people: Mapping[str, UUID], platform: Platform
    ) -> list[RoleEvent]:
        return [
            _role_event(item, groups, people, platform)
            for item in self.items.values()
            if item.is_role
        ]

    def receipt(self, *, tenures: int) -> Receipt:
        """Conclude: what is still kept was accepted."""
        kept = self.kept()
        for item in kept:
            self.verdicts[item.place] = Verdict(Status.ACCEPTED, item.event.id)
        asked = self.verdicts[: len(self.verdicts) - len(self.recalled)]
        return Receipt(
            verdicts=[verdict for verdict in asked if verdict is not None],
            logged=sum(item.is_logged for item in kept),
            role_events=sum(item.is_role for item in kept),
            tenures=tenures,
        )


def sort_out(
    *,
    platform: Platform,
    events: Sequence[GovernanceEvent | Refusal],
    at: datetime,
    start: datetime,
    history: bool,
) -> Batch:
    """Refuse what cannot be taken and leave out what is not recorded."""
    batch = Batch(verdicts=[None] * len(events))
    seen: set[UUID] = set()
    for item in _items(platform, batch, events, at, start, history):
        event = item.event
        if item.key in seen:
            batch.decide(item.place, Status.DUPLICATE, event.id)
            continue
        seen.add(item.key)
        if event.kind == "member.joined" and not platform.records_membership:
            batch.decide(item.place, Status.ACCEPTED, event.id, *NOT_RECORDED)
            continue
        if not item.is_ordinary:
            batch.listen(item.place, event)
        batch.items[item.place] = item
        if not item.is_logged and not item.is_role:
            batch.decide(item.place, Status.ACCEPTED, event.id, *NOT_LOGGED)
    return batch


def _items(
    platform: Platform,
    batch: Batch,
    found: Sequence[GovernanceEvent | Refusal],
    at: datetime,
    start: datetime,
    history: bool,
) -> Iterator[Item]:
    for place, event in enumerate(found):
        fault = (
            event
            if isinstance(event, Refusal)
            else events.find_fault(event, at=at, oldest=None if history else start)
        )
        if isinstance(event, Refusal) or fault is not None:
            refused = fault or event
            assert isinstance(refused, Refusal)
            batch.decide(place, Status.REFUSED, refused.id, refused.code, refused.detail)
            continue
        yield _item(platform, place, event, start)


def _item(platform: Platform, place: int, event: GovernanceEvent, start: datetime) -> Item:
    return Item(
        place=place,
        event=event,
        key=events.key_of(platform_slug=platform.slug, source=event.source, event_id=event.id),
        group=event.group or "",
        sequence=sequence_of(event),
        is_logged=event.time >= start,
        is_role=event.kind in events.ROLE_KINDS,
        is_ordinary=event.kind in events.MEMBERSHIP and not platform.records_membership,
    )


def sequence_of(event: GovernanceEvent) -> int:
    return event.sequence or 0


def _log_row(item: Item, groups: Mapping[str, UUID], people: Mapping[str, UUID]) -> dict[str, Any]:
    event = item.event
    return {
        "occurred_at": event.time,
        "event_key": item.key,
        "source": event.source,
        "event_id": event.id,
        "kind": event.kind,
        "group_id": groups.get(item.group),
        "actor_id": people.get(event.actor or ""),
        "subject_id": people.get(event.subject or ""),
        "role": event.role,
        "old_role": event.old_role,
        "reason": events.reason_of(event),
        "until": event.until,
        "caused_by": event.caused_by,
        "attributes": event.attributes,
        "sequence": item.sequence,
    }


def _role_event(
    item: Item, groups: Mapping[str, UUID], people: Mapping[str, UUID], platform: Platform
) -> RoleEvent:
    event, kind = item.event, events.ROLE_KINDS[item.event.kind]
    is_about_group = kind in (RoleEvent.Kind.ARCHIVED, RoleEvent.Kind.RESTORED)
    has_role = kind in (RoleEvent.Kind.GRANTED, RoleEvent.Kind.REVOKED)
    return RoleEvent(
        platform=platform,
        event_key=item.key,
        group_id=groups[item.group],
        account_id=None if is_about_group else people[event.subject or ""],
        kind=kind,
        role=events.ROLES[event.role or ""] if has_role else None,
        occurred_at=event.time,
        sequence=item.sequence,
        actor_id=people.get(event.actor or ""),
        is_history=not item.is_logged,
    )
