"""The one path for governance events, from the API and from files, a batch at a time."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from groups import batches, locks
from groups.actions import departures, log, partitions, tenures
from groups.actions import groups as group_actions
from groups.batches import Batch, Item, Receipt
from groups.events import GovernanceEvent, Refusal
from groups.models import Group, LogEntry, RoleEvent
from groups.queries import log as log_queries
from groups.queries import tenures as tenure_queries
from identity.actions import accounts
from portal.core import audit
from portal.core.actors import Actor
from portal.core.models import Platform


@transaction.atomic(savepoint=False)
def ingest(
    *,
    platform: Platform,
    events: Sequence[GovernanceEvent | Refusal],
    by: Actor,
    at: datetime,
    history: bool = False,
) -> Receipt:
    """Take a batch of events, each by itself: one that is refused stops no other.

    1. Refuse what cannot be taken; leave out joins and leaves of ordinary members.
    2. Create days and groups that are missing, then lock the groups whose tenures may move.
    3. Keep what is new: an event is known by its key, whenever it says that it happened.
    4. Write log rows and role events, and derive the tenures of the groups they touch.
       Departures that come before the grant of the role which they ended wait for it.

    `history` takes group and role events of any age and logs only what lies inside the window.
    Every transaction goes through these steps in this order, so none waits in a circle.
    """
    start = log_queries.get_start(at=at)
    batch = batches.sort_out(platform=platform, events=events, at=at, start=start, history=history)
    departures.recall(platform=platform, batch=batch, start=start)
    partitions.ensure_days(days=batch.days(), by=by, at=at)
    groups, locked = _lock_groups(platform, batch, by=by, at=at, history=history)
    _settle_departures(platform, batch, groups)
    _drop_duplicates(platform, batch)
    people = accounts.ensure(platform=platform, external_ids=batch.people(), by=by, at=at)
    log.append(platform=platform, rows=batch.log_rows(groups, people), at=at)
    touched = _add_role_events(platform, batch, groups, people)
    departures.put_off(platform=platform, batch=batch, at=at)
    moved = _derive(batch, locked, touched, by=by, at=at, history=history)
    receipt = batch.receipt(tenures=moved)
    if receipt.stored:
        audit.record(
            action="events.ingest",
            record=LogEntry,
            platform_id=platform.pk,
            by=by,
            at=at,
            new=receipt.counts(),
        )
    return receipt


def _lock_groups(
    platform: Platform, batch: Batch, *, by: Actor, at: datetime, history: bool
) -> tuple[dict[str, UUID], list[Group]]:
    """Find the groups of the batch, new ones too, and lock those that may change."""
    told = batch.told()
    known = group_actions.ensure(platform=platform, told=told, by=by, at=at, history=history)
    known |= group_actions.find(platform=platform, external_ids=batch.groups() - known.keys())
    groups = {name: group.pk for name, group in known.items()}
    return groups, locks.lock_groups(batch.groups_to_lock(known, told))


def _derive(
    batch: Batch,
    locked: Iterable[Group],
    touched: set[UUID],
    *,
    by: Actor,
    at: datetime,
    history: bool,
) -> int:
    """Let the locked groups follow what was told of them. Return how many tenures moved."""
    told = batch.told()
    for group in locked:
        if group.external_id in told:
            group_actions.take(group=group, told=told[group.external_id], history=history)
    moving = [group for group in locked if group.pk in touched]
    changes = tenures.derive(groups=moving, by=by, at=at, is_history=history)
    group_actions.settle(groups=[group for group in locked if group.pk not in touched], at=at)
    return len(changes.added) + len(changes.changed) + len(changes.removed)


def _settle_departures(platform: Platform, batch: Batch, groups: dict[str, UUID]) -> None:
    """Find whose departures may end a tenure; leave the others to the log, or out."""
    found = batch.departures()
    names = {item.event.subject for item in found if item.event.subject}
    people = accounts.find(platform=platform, external_ids=names)
    known = tenure_queries.get_first_grants(
        group_ids=[groups[item.group] for item in found if item.group in groups],
        account_ids=list(people.values()),
    )

    def granted_at(item: Item) -> batches.Instant | None:
        group, account = groups.get(item.group), people.get(item.event.subject or "")
        return known.get((group, account)) if group and account else None

    batch.settle_departures(granted_at)


def _drop_duplicates(platform: Platform, batch: Batch) -> None:
    keys = [item.key for item in batch.kept() if item.is_role]
    stored = RoleEvent.objects.filter(platform=platform, event_key__in=keys)
    batch.drop_duplicates(set(stored.values_list("event_key", flat=True)))
    logged = [item for item in batch.kept() if item.is_logged]
    fresh = log.register(platform=platform, keys=((i.key, i.event.time) for i in logged))
    batch.drop_duplicates({item.key for item in logged} - fresh)


def _add_role_events(
    platform: Platform, batch: Batch, groups: dict[str, UUID], people: dict[str, UUID]
) -> set[UUID]:
    """Store the role events of the batch. Return the groups whose tenures may have moved."""
    added = batch.role_events(groups, people, platform)
    granted = {
        (groups[group], people[account]): at
        for (group, account), at in batch.first_grants().items()
    }
    known = tenure_queries.get_first_grants(
        group_ids=[group for group, _ in granted], account_ids=[account for _, account in granted]
    )
    earlier = {pair: at for pair, at in granted.items() if pair not in known or at < known[pair]}
    RoleEvent.objects.bulk_create(added, ignore_conflicts=True, batch_size=1000)
    log.adopt_departures(platform=platform, granted=earlier)
    return {event.group_id for event in added}
