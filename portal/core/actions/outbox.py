"""What the dispatcher writes: deliveries of an event, and how each attempt ended."""

import hashlib
from datetime import datetime, timedelta

from django.db import transaction

from portal.core import audit
from portal.core.actors import Actor
from portal.core.models import (
    DeliveryAttempt,
    OutboxEvent,
    WebhookDelivery,
    WebhookEndpoint,
)
from portal.core.webhook_http import Outcome

# The schedule that Standard Webhooks recommends; after the last one a delivery is parked.
DELAYS = (
    *(
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
    ),
    *(
        timedelta(hours=5),
        timedelta(hours=10),
        timedelta(hours=14),
        timedelta(hours=20),
    ),
    timedelta(hours=24),
)
MOST_ATTEMPTS = len(DELAYS) + 1
GONE = 410


@transaction.atomic(savepoint=False)
def fan_out(*, by: Actor, at: datetime, limit: int) -> int:
    """Write a delivery for each endpoint that wants a waiting event. Return how many events."""
    waiting = OutboxEvent.objects.filter(fanned_out_at=None).order_by("created_at")
    events = list(waiting.select_for_update(skip_locked=True)[:limit])
    endpoints = list(
        WebhookEndpoint.objects.filter(
            platform__in={event.platform_id for event in events}, disabled_at=None
        )
    )
    deliveries = [
        WebhookDelivery(event=event, endpoint=endpoint, next_attempt_at=at)
        for event in events
        for endpoint in endpoints
        if endpoint.platform_id == event.platform_id
        and (not endpoint.event_types or event.type in endpoint.event_types)
    ]
    WebhookDelivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    OutboxEvent.objects.filter(id__in=[event.id for event in events]).update(fanned_out_at=at)
    if deliveries:
        counts = {"events": len(events), "deliveries": len(deliveries)}
        audit.record(action="outbox.fan_out", record=WebhookDelivery, by=by, at=at, new=counts)
    return len(events)


@transaction.atomic(savepoint=False)
def settle(*, delivery: WebhookDelivery, outcome: Outcome, by: Actor, at: datetime) -> None:
    """Record an attempt; then the delivery is done, waits for the next one, or is parked.

    A failed attempt changes nothing where the lease was lost: another dispatcher has it now.
    """
    DeliveryAttempt.objects.create(
        delivery=delivery,
        at=at,
        status=outcome.status,
        error=outcome.error,
        duration_ms=outcome.duration_ms,
    )
    mine = WebhookDelivery.objects.filter(id=delivery.id, state=WebhookDelivery.State.WAITING)
    if outcome.is_delivered:
        mine.update(state=WebhookDelivery.State.DELIVERED, delivered_at=at, leased_until=None)
        return
    mine = mine.filter(leased_until=delivery.leased_until)
    if outcome.status == GONE:
        _disable(delivery.endpoint, by, at)
    if outcome.status == GONE or delivery.attempts >= MOST_ATTEMPTS:
        if mine.update(state=WebhookDelivery.State.PARKED, leased_until=None):
            new = {"state": WebhookDelivery.State.PARKED, "attempts": delivery.attempts}
            audit.record(action="outbox.park", record=delivery, by=by, at=at, new=new)
    else:
        mine.update(next_attempt_at=at + _delay(delivery), leased_until=None)


@transaction.atomic(savepoint=False)
def park_spent(*, by: Actor, at: datetime) -> int:
    """Park deliveries whose dispatcher died at the last attempt. Return how many."""
    spent = WebhookDelivery.objects.filter(
        state=WebhookDelivery.State.WAITING,
        attempts__gte=MOST_ATTEMPTS,
        leased_until__lte=at,
    )
    parked = spent.update(state=WebhookDelivery.State.PARKED, leased_until=None)
    if parked:
        new = {"deliveries": parked}
        audit.record(action="outbox.park_spent", record=WebhookDelivery, by=by, at=at, new=new)
    return parked


def _disable(endpoint: WebhookEndpoint, by: Actor, at: datetime) -> None:
    reason = "The receiver answered 410 Gone."
    standing = WebhookEndpoint.objects.filter(id=endpoint.id, disabled_at=None)
    if standing.update(disabled_at=at, disabled_reason=reason):
        new = {"disabled_at": at.isoformat(), "status": GONE}
        audit.record(action="webhooks.disable", record=endpoint, by=by, at=at, new=new)


def _delay(delivery: WebhookDelivery) -> timedelta:
    """Spread by up to a fifth, so that receivers that fell together do not rise together."""
    seed = hashlib.sha256(f"{delivery.id}:{delivery.attempts}".encode()).digest()[0] / 255
    return DELAYS[max(delivery.attempts, 1) - 1] * (0.9 + 0.2 * seed)
