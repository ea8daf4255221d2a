"""Departures that arrive before the grant of the role which they ended: they wait for it."""

from datetime import datetime
from uuid import UUID

import msgspec
from django.utils.crypto import salted_hmac

from groups import events
from groups.batches import Batch, Item
from groups.events import GovernanceEvent
from groups.models import EarlyDeparture
from portal.core.models import Platform

_decoder = msgspec.json.Decoder(GovernanceEvent)


def recall(*, platform: Platform, batch: Batch, start: datetime) -> None:
    """Take the departures into the batch that came before a grant which it brings."""
    pairs = {_pair(platform, *pair) for pair in batch.first_grants()}
    if pairs:
        waiting = EarlyDeparture.objects.filter(platform=platform, pair__in=pairs)
        found = waiting.order_by("pk").values_list("event", flat=True)
        keys = events.Keys(platform_slug=platform.slug)
        batch.recall(
            Item(
                place=0,
                event=event,
                key=keys.of(event),
                group=event.group or "",
                sequence=event.sequence or 0,
                is_logged=event.time >= start,
                is_role=True,
                is_ordinary=event.kind in events.MEMBERSHIP and not platform.records_membership,
            )
            for event in map(_decoder.decode, found)
        )


def put_off(*, platform: Platform, batch: Batch, at: datetime) -> None:
    """Let the departures wait that came before any grant; forget those that wait no more."""
    waiting = {item.key for item in batch.early}
    over = [UUID(bytes=item.key) for item in batch.recalled if item.key not in waiting]
    if over:
        EarlyDeparture.objects.filter(platform=platform, event_key__in=over).delete()
    EarlyDeparture.objects.bulk_create(
        [
            EarlyDeparture(
                platform=platform,
                pair=_pair(platform, *item.pair),
                event_key=UUID(bytes=item.key),
                event=msgspec.json.encode(item.event).decode(),
                received_at=at,
            )
            for item in batch.early
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )


def _pair(platform: Platform, group: str, account: str) -> UUID:
    text = f"{platform.slug}\0{group}\0{account}"
    digest = salted_hmac("groups.EarlyDeparture", text, algorithm="sha256").digest()
    return UUID(bytes=digest[:16])
