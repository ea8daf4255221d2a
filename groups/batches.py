"""A batch of events between the outside and the tables: what is kept, and the verdict on each."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from groups import events
from groups.events import GovernanceEvent, Refusal
from groups.models import RoleEvent
from portal.core.models import Platform


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
    """What a batch of events tells of one group."""

    first_seen_at: datetime
    name: str | None = None
    named_at: datetime | None = None
    size: int | None = None
    sized_at: datetime | None = None


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
    # A leave where joins and leaves are not recorded: kept only if it ends a tenure.
    is_ordinary: bool


NOT_RECORDED = (
    "NOT_RECORDED",
    "Joins and leaves of ordinary members are not recorded on this platform.",
)
NOT_LOGGED = ("NOT_LOGGED", "The event is older than the log and moves no tenure.")


@dataclass(slots=True)
class Batch:
    verdicts: list[Verdict | None]
    items: dict[int, Item] = field(default_factory=dict)
    _told: dict[str, Told] = field(default_factory=dict)

    def decide(self, place: int, status: Status, event_id: str | None, *why: str) -> None:
        self.verdicts[place] = Verdict(status, event_id, *why)
        self.items.pop(place, None)

    def kept(self) -> list[Item]:
        return list(self.items.values())

    def days(self) -> set[date]:
        return {item.event.time.date() for item in self.items.values() if item.is_logged}

    def told(self) -> Mapping[str, Told]:
        return self._told

    def listen(self, event: GovernanceEvent, sequence: int) -> None:
        """Note what the event tells of its group."""
        if not event.group:
            return
        told = self._told.setdefault(event.group, Told(event.time))
        told.first_seen_at = min(told.first_seen_at, event.time)
        name, size = events.name_of(event), events.size_of(event)
        if name and (told.named_at is None or event.time >= told.named_at):
            told.name, told.named_at = name, event.time
        is_size = event.kind == "group.size"
        if is_size and (told.sized_at is None or event.time >= told.sized_at):
            told.size, told.sized_at = size, event.time

    def groups(self) -> set[str]:
        return {item.group for item in self.items.values() if item.group}

    def groups_to_lock(self, known: Mapping[str, tuple[UUID, datetime]]) -> set[UUID]:
        """Return the groups in which something may change besides the log."""
        names = {i.group for i in self.items.values() if i.event.kind in events.ROLE_KINDS}
        for name, told in self._told.items():
            is_news = told.named_at or told.sized_at or told.first_seen_at < known[name][1]
            if is_news:
                names.add(name)
        return {known[name][0] for name in names if name in known}

    def departures(self) -> list[Item]:
        return [i for i in self.items.values() if i.event.kind in events.DEPARTURES]

    def settle_departures(self, is_known: Callable[[Item], bool]) -> None:
        """Keep as role events the departures of those who hold or ever held a role there."""
        granted = {
            (item.group, item.event.subject)
            for item in self.items.values()
            if item.event.kind == "role.granted"
        }
        for item in self.departures():
            item.is_role = (item.group, item.event.subject) in granted or is_known(item)
            if item.is_role:
                continue
            if item.is_ordinary:
                self.decide(item.place, Status.ACCEPTED, item.event.id, *NOT_RECORDED)
            elif not item.is_logged:
                self.decide(item.place, Status.ACCEPTED, item.event.id, *NOT_LOGGED)

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
        return Receipt(
            verdicts=[verdict for verdict in self.verdicts if verdict is not None],
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
    first_place: int,
) -> Batch:
    """Refuse what cannot be taken and leave out what is not recorded."""
    batch = Batch(verdicts=[None] * len(events))
    seen: set[UUID] = set()
    for item in _items(platform, batch, events, at, start, history, first_place):
        event = item.event
        if item.key in seen:
            batch.decide(item.place, Status.DUPLICATE, event.id)
            continue
        seen.add(item.key)
        if event.kind == "member.joined" and not platform.records_membership:
            batch.decide(item.place, Status.ACCEPTED, event.id, *NOT_RECORDED)
            continue
        if not item.is_ordinary:
            batch.listen(event, item.sequence)
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
    first_place: int,
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
        sequence = event.sequence if event.sequence is not None else first_place + place
        yield Item(
            place=place,
            event=event,
            key=events.key_of(platform_slug=platform.slug, source=event.source, event_id=event.id),
            group=event.group or "",
            sequence=sequence,
            is_logged=event.time >= start,
            is_role=event.kind in events.ROLE_KINDS,
            is_ordinary=event.kind in events.MEMBERSHIP and not platform.records_membership,
        )


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
