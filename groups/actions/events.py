"""The one path for governance events, from the API and from files, a batch at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from groups import batches, copying, locks
from groups.actions import departures, log, partitions, tenures
from groups.actions import groups as group_actions
from groups.batches import Batch, Item, Outcome, Status
from groups.events import DEPARTURES, GovernanceEvent, Refusal
from groups.models import EventReceipt, Group, LogEntry
from groups.queries import commands
from groups.queries import log as log_queries
from groups.queries import tenures as tenure_queries
from identity.actions import accounts
from portal.core import audit, rows
from portal.core.actors import Actor
from portal.core.models import Platform

Ids = Mapping[str, UUID]


@transaction.atomic(savepoint=False)
def receive(
    *,
    platform: Platform,
    events: Sequence[GovernanceEvent | Refusal],
    by: Actor,
    at: datetime,
) -> tuple[Outcome, EventReceipt | None]:
    """Take a batch that a platform sent, and keep its receipt, unless every event was refused."""
    outcome = ingest(platform=platform, events=events, by=by, at=at)
    if events and outcome.statuses[Status.REFUSED] == len(events):
        return outcome, None
    receipt = EventReceipt(
        platform=platform,
        received_at=at,
        **outcome.counts(),
        runs=list(batches.runs_of(outcome.verdicts)),
    )
    rows.insert_each([receipt])
    return outcome, receipt


@transaction.atomic(savepoint=False)
def ingest(
    *,
    platform: Platform,
    events: Sequence[GovernanceEvent | Refusal],
    by: Actor,
    at: datetime,
    history: bool = False,
) -> Outcome:
    """Take a batch of events, each by itself: one that is refused stops no other.

    1. Refuse what cannot be taken; leave out joins and leaves of ordinary members.
    2. Create groups and accounts that are missing.
    3. Append to the log what is new there, creating days that are missing. A role event is known
       by its key for as long as its tenure is, whenever it says that it happened.
    4. Lock the groups whose roles may move. Now it is known who was granted a role in them, so
       a departure is either a role event or not, or waits for the grant.
    5. Store the role events, and derive the tenures of the groups they touch.

    `history` takes group and role events of any age and logs only what lies inside the window.
    Every transaction goes through these steps in this order, so none waits in a circle.
    """
    start = log_queries.get_start(at=at)
    batch = batches.sort_out(platform=platform, found=events, at=at, start=start, history=history)
    known = group_actions.ensure(
        platform=platform, first_seen=batch.first_seen, by=by, at=at, history=history
    )
    known |= group_actions.find(platform=platform, external_ids=batch.groups() - known.keys())
    groups = {name: group.pk for name, group in known.items()}
    _drop_known_roles(platform, batch)
    people = _log(platform, batch, batch.certain(), groups, by=by, at=at)

    told = batch.groups_told(known)
    roles = {groups[item.group] for item in batch.roles() if item.group in groups}
    locks.hold_groups(roles | told.keys())
    departures.recall(platform=platform, batch=batch, start=start)
    people = _settle_departures(platform, batch, groups, people)
    departures.put_off(platform=platform, batch=batch, at=at)
    people |= _log(platform, batch, batch.late(), groups, by=by, at=at)
    touched = _add_role_events(platform, batch, groups, people)
    group_actions.take(told=told, history=history)
    moved = _derive(touched, by=by, at=at, history=history)
    outcome = batch.outcome(tenures=moved)
    if outcome.stored:
        audit.record(
            action="events.ingest",
            record=LogEntry,
            platform_id=platform.pk,
            by=by,
            at=at,
            new=outcome.counts() | outcome.written(),
        )
    return outcome


def _drop_known_roles(platform: Platform, batch: Batch) -> None:
    """Leave out role events that were stored before. Of logged departures, the log tells it."""
    roles = [i for i in batch.roles() if not (i.is_logged and i.event.kind in DEPARTURES)]
    known = tenure_queries.get_known_events(
        platform=platform, keys=[UUID(bytes=item.key) for item in roles]
    )
    batch.drop_duplicates([item for item in roles if item.key in known])


def _log(
    platform: Platform, batch: Batch, items: Sequence[Item], groups: Ids, *, by: Actor, at: datetime
) -> dict[str, UUID]:
    """Append to the log what is to be logged of the items; what it holds is a duplicate.

    Return the people of all of them, after creating those that are new.
    """
    kept = [item for item in items if item.place in batch.items]
    logged = [item for item in kept if item.is_logged]
    names = batches.people_of(kept)
    people = accounts.ensure(platform=platform, external_ids=names, by=by, at=at)
    rows = copying.Rows(
        logged, platform_id=platform.pk, groups=groups, people=people, received_at=at
    )
    days = {item.event.time.date() for item in logged}
    make_days = partial(partitions.ensure_days, days=days, by=by, at=at)
    new = log.append(rows=rows, keys={item.key for item in logged}, make_days=make_days)
    batch.drop_duplicates([item for item in logged if item.key not in new])
    return people


def _derive(touched: set[UUID], *, by: Actor, at: datetime, history: bool) -> int:
    """Derive the tenures of locked groups. Return how many moved."""
    groups = list(Group.objects.filter(pk__in=touched).order_by("pk"))
    changes = tenures.derive(groups=groups, by=by, at=at, is_history=history)
    return len(changes.added) + len(changes.changed) + len(changes.removed)


def _settle_departures(
    platform: Platform, batch: Batch, groups: Ids, people: dict[str, UUID]
) -> dict[str, UUID]:
    """Find whose departures may end a tenure; leave the others to the log, or out.

    Return `people` and those who depart, where they are known.
    """
    found = batch.departures()
    names = {item.event.subject or "" for item in found} - people.keys()
    people = people | accounts.find(platform=platform, external_ids=names)
    pairs = {
        (groups[item.group], people[item.event.subject or ""]): item.pair
        for item in found
        if item.group in groups and item.event.subject in people
    }
    granted = tenure_queries.get_first_grants(pairs=pairs)
    batch.settle_departures({pairs[pair]: at for pair, at in granted.items()})
    return people


def _add_role_events(platform: Platform, batch: Batch, groups: Ids, people: Ids) -> set[UUID]:
    """Store the role events of the batch. Return the groups whose tenures may have moved."""
    decisions = commands.find_decisions(platform=platform, references=batch.reasons())
    added = batch.role_events(groups, people, decisions, platform)
    granted = {
        (groups[group], people[account]): at
        for (group, account), at in batch.first_grants().items()
    }
    known = tenure_queries.get_first_grants(pairs=granted)
    rows.insert_each(added, ignore_conflicts=True)
    # Departures since a grant that was known before are role events already.
    earlier = {pair: at for pair, at in granted.items() if pair not in known or at < known[pair]}
    log.adopt_departures(platform=platform, granted=earlier)
    return {event.group_id for event in added}
