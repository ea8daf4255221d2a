"""A batch of events between the outside and the tables: what is kept, and the verdict on each."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec

from groups import events
from groups.events import GovernanceEvent, Refusal
from groups.models import RoleEvent
from portal.core.models import Platform

# A time and the source's sequence.
Instant = tuple[datetime, int]
# A group and an account, by the platform's ids.
Pair = tuple[str, str]


class Status(StrEnum):
    ACCEPTED = "ACCEPTED"
    DUPLICATE = "DUPLICATE"
    REFUSED = "REFUSED"


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What became of one event. `code` says why it was refused, or was accepted but not kept."""

    status: Status = msgspec.field(name="verdict")
    id: str | None
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdicts, in the order of the events, and how much was written."""

    verdicts: list[Verdict]
    statuses: Counter[Status]
    logged: int
    role_events: int
    tenures: int

    @property
    def stored(self) -> int:
        return self.logged + self.role_events

    def written(self) -> dict[str, int]:
        return {"logged": self.logged, "role_events": self.role_events, "tenures": self.tenures}

    def counts(self) -> dict[str, int]:
        """Return how many events had which verdict, by its name in lower case."""
        return {status.lower(): self.statuses[status] for status in Status}


class Told(msgspec.Struct, gc=False):
    """What a batch of events tells of one group.

    Of two names (or sizes) of one instant the higher sequence counts, and then the one that
    sorts last: which came first must not matter.
    """

    first_seen_at: datetime | None = None
    name: tuple[datetime, int, str] | None = None
    size: tuple[datetime, int, int] | None = None

    def listen(self, event: GovernanceEvent) -> None:
        order = event.time, event.sequence or 0
        if name := events.name_of(event):
            self.name = max(self.name or (*order, name), (*order, name))
        size = events.size_of(event) if event.kind == "group.size" else None
        if size is not None:
            self.size = max(self.size or (*order, size), (*order, size))


class Item(msgspec.Struct, gc=False):
    """An event that may be kept."""

    place: int
    event: GovernanceEvent
    key: bytes
    group: str
    sequence: int
    is_logged: bool
    # Departures may turn out to be none: see `settle_departures`.
    is_role: bool
    # A leave where joins and leaves are not recorded: kept only if it may end a tenure.
    is_ordinary: bool

    @property
    def is_late(self) -> bool:
        """Whether it is kept depends on who holds which role."""
        is_departure = self.is_role and self.event.kind in events.DEPARTURES
        return self.is_ordinary or (is_departure and not self.is_logged)

    @property
    def instant(self) -> Instant:
        return self.event.time, self.sequence

    @property
    def pair(self) -> Pair:
        return self.group, self.event.subject or ""


NOT_RECORDED = (
    "NOT_RECORDED",
    "Joins and leaves of ordinary members are not recorded on this platform.",
)
NOT_LOGGED = ("NOT_LOGGED", "The event is older than the log and moves no tenure.")


@dataclass(slots=True)
class Batch:
    verdicts: list[Verdict | None]
    items: dict[int, Item] = field(default_factory=dict)
    # When the batch first tells of each group.
    first_seen: dict[str, datetime] = field(default_factory=dict)
    # The events that tell more of their group, by place.
    telling: list[tuple[int, GovernanceEvent]] = field(default_factory=list)
    # Departures that wait for the grant of the role which they ended.
    early: list[Item] = field(default_factory=list)
    # Those that waited, and that this batch may bring the grant of.
    recalled: list[Item] = field(default_factory=list)
    _roles: list[Item] = field(default_factory=list)

    def keep(self, item: Item) -> None:
        self.items[item.place] = item
        if item.is_role:
            self._roles.append(item)

    def decide(self, place: int, status: Status, event_id: str | None, *why: str) -> None:
        self.verdicts[place] = Verdict(status, event_id, *why)
        self.items.pop(place, None)

    def groups(self) -> set[str]:
        return {item.group for item in self.items.values() if item.group}

    def roles(self) -> list[Item]:
        return [item for item in self._roles if item.is_role and item.place in self.items]

    def certain(self) -> list[Item]:
        """Return what is kept whatever the roles in its group are."""
        return [item for item in self.items.values() if not item.is_late]

    def late(self) -> list[Item]:
        """Return what is only known to be kept once the roles in its group are."""
        waited = {item.place for item in self.recalled}
        return [i for i in self.items.values() if i.is_late or i.place in waited]

    def groups_told(self, known: Mapping[str, tuple[UUID, datetime]]) -> dict[UUID, Told]:
        """Return what events that are no duplicates tell of which group, where it is news."""
        told: dict[str, Told] = {}
        for place, event in self.telling:
            verdict = self.verdicts[place]
            if verdict is None or verdict.status is Status.ACCEPTED:
                told.setdefault(event.group or "", Told()).listen(event)
        for name, first_seen_at in self.first_seen.items():
            if first_seen_at < known[name][1]:
                told.setdefault(name, Told()).first_seen_at = first_seen_at
        return {known[name][0]: found for name, found in told.items()}

    def departures(self) -> list[Item]:
        return [item for item in self.roles() if item.event.kind in events.DEPARTURES]

    def first_grants(self) -> dict[Pair, Instant]:
        """Return when the batch first gives each account a role in each group."""
        first: dict[Pair, Instant] = {}
        for item in self.roles():
            if item.event.kind == "role.granted":
                first[item.pair] = min(first.get(item.pair, item.instant), item.instant)
        return first

    def settle_departures(self, granted: Mapping[Pair, Instant]) -> None:
        """Keep as role events the departures that come after the account's first grant there.

        `granted` are those that were stored before.
        """
        ours = self.first_grants()
        for item in self.departures():
            first = [at[item.pair] for at in (granted, ours) if item.pair in at]
            item.is_role = bool(first) and item.instant > min(first)
            if item.is_role:
                continue
            if item.is_ordinary or not item.is_logged:
                self.early.append(item)
            if item.is_ordinary:
                self.decide(item.place, Status.ACCEPTED, item.event.id, *NOT_RECORDED)
            elif not item.is_logged:
                self.decide(item.place, Status.ACCEPTED, item.event.id, *NOT_LOGGED)

    def recall(self, items: Iterable[Item]) -> None:
        """Take events that waited into the batch; nobody asks for a verdict on them."""
        keys = {item.key for item in self.items.values()}
        for item in items:
            if item.key not in keys:
                item.place = len(self.verdicts)
                self.verdicts.append(None)
                self.keep(item)
                self.recalled.append(item)

    def drop_duplicates(self, items: Iterable[Item]) -> None:
        for item in items:
            self.decide(item.place, Status.DUPLICATE, item.event.id)

    def reasons(self) -> set[str]:
        """Return what the platform names as the reason of what it did about roles."""
        return {item.event.caused_by for item in self.roles() if item.event.caused_by}

    def role_events(
        self,
        groups: Mapping[str, UUID],
        people: Mapping[str, UUID],
        decisions: Mapping[str, UUID],
        platform: Platform,
    ) -> list[RoleEvent]:
        return [_role_event(item, groups, people, decisions, platform) for item in self.roles()]

    def outcome(self, *, tenures: int) -> Outcome:
        """Conclude: what is still kept was accepted."""
        kept = self.items.values()
        for item in kept:
            self.verdicts[item.place] = Verdict(Status.ACCEPTED, item.event.id)
        asked = self.verdicts[: len(self.verdicts) - len(self.recalled)]
        verdicts = [verdict for verdict in asked if verdict is not None]
        return Outcome(
            verdicts=verdicts,
            statuses=Counter([verdict.status for verdict in verdicts]),
            logged=sum(item.is_logged for item in kept),
            role_events=sum(item.is_role for item in kept),
            tenures=tenures,
        )


def runs_of(verdicts: Iterable[Verdict]) -> Iterator[dict[str, Any]]:
    """Sum up verdicts in their order: what follows each other with the same verdict is one run."""
    for (status, code, detail), run in groupby(verdicts, key=_reason):
        ids = [_printed(verdict.id) for verdict in run]
        yield {"verdict": status, "events": len(ids)} | (
            {"code": code, "detail": detail, "ids": ids} if code else {}
        )


def _printed(event_id: str | None) -> str | None:
    """Return the id, unless it is one of those that cannot be stored."""
    return event_id if event_id is None or events.is_plain(event_id) else None


def _reason(verdict: Verdict) -> tuple[Status, str | None, str | None]:
    return verdict.status, verdict.code, verdict.detail


def people_of(items: Iterable[Item]) -> set[str]:
    named: set[str | None] = set()
    for item in items:
        named.add(item.event.actor)
        named.add(item.event.subject)
    return {name for name in named if name}


def sort_out(
    *,
    platform: Platform,
    found: Sequence[GovernanceEvent | Refusal],
    at: datetime,
    start: datetime,
    history: bool,
) -> Batch:
    """Refuse what cannot be taken and leave out what is not recorded."""
    batch = Batch(verdicts=[None] * len(found))
    seen: set[bytes] = set()
    keys = events.Keys(platform_slug=platform.slug)
    records_membership = platform.records_membership
    first_seen = batch.first_seen
    oldest = None if history else start
    for place, event in enumerate(found):
        if isinstance(event, Refusal):
            batch.decide(place, Status.REFUSED, event.id, event.code, event.detail)
            continue
        fault = events.find_fault(event, at=at, oldest=oldest)
        if fault is not None:
            batch.decide(place, Status.REFUSED, fault.id, fault.code, fault.detail)
            continue
        key, kind = keys.of(event), event.kind
        if key in seen:
            batch.decide(place, Status.DUPLICATE, event.id)
            continue
        seen.add(key)
        is_ordinary = not records_membership and kind in events.MEMBERSHIP
        if is_ordinary and kind == "member.joined":
            batch.decide(place, Status.ACCEPTED, event.id, *NOT_RECORDED)
            continue
        is_logged, is_role = event.time >= start, kind in events.ROLE_KINDS
        if not is_ordinary and event.group:
            if event.group not in first_seen or event.time < first_seen[event.group]:
                first_seen[event.group] = event.time
            if kind in events.TELLING:
                batch.telling.append((place, event))
        if not is_logged and not is_role:
            batch.decide(place, Status.ACCEPTED, event.id, *NOT_LOGGED)
            continue
        sequence = event.sequence or 0
        batch.keep(
            Item(place, event, key, event.group or "", sequence, is_logged, is_role, is_ordinary)
        )
    return batch


def _role_event(
    item: Item,
    groups: Mapping[str, UUID],
    people: Mapping[str, UUID],
    decisions: Mapping[str, UUID],
    platform: Platform,
) -> RoleEvent:
    event, kind = item.event, events.ROLE_KINDS[item.event.kind]
    is_about_group = kind in (RoleEvent.Kind.ARCHIVED, RoleEvent.Kind.RESTORED)
    has_role = kind in (RoleEvent.Kind.GRANTED, RoleEvent.Kind.REVOKED)
    return RoleEvent(
        platform=platform,
        event_key=UUID(bytes=item.key),
        group_id=groups[item.group],
        account_id=None if is_about_group else people[event.subject or ""],
        kind=kind,
        role=events.ROLES[event.role or ""] if has_role else None,
        occurred_at=event.time,
        sequence=item.sequence,
        actor_id=people.get(event.actor or ""),
        caused_by=decisions.get(event.caused_by or ""),
        is_history=not item.is_logged,
    )
