"""Endpoints of a platform and what its administrators do with them."""

import base64
import os
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from portal.core import audit, errors, public_addresses
from portal.core.actors import Actor
from portal.core.event_types import EVENT_TYPES
from portal.core.models import Platform, WebhookDelivery, WebhookEndpoint


class AlreadyRegistered(errors.Conflict):
    """This platform already has an endpoint with this address."""

    code = "webhook-already-registered"
    title = "This webhook address is registered already"
    advice = "Change the endpoint that exists, or give another address."


class NoSuchEvents(errors.Invalid):
    """An endpoint hears of kinds of events that Accord sends, or of all."""

    code = "no-such-webhook-events"


class EndpointChanged(errors.Conflict):
    """Somebody else changed the endpoint meanwhile."""

    code = "webhook-endpoint-changed"


class RotationNotEnded(errors.Conflict):
    """The secret before the present one still signs, and a third one has no place."""

    code = "webhook-rotation-not-ended"
    title = "The previous secret still signs"
    advice = "End the previous secret once the receiver has the present one. Then make a new one."


class NotParked(errors.Conflict):
    """Only a delivery that was parked can be sent again; this one waits or has arrived."""

    code = "delivery-not-parked"
    title = "This delivery is not parked"


def new_secret() -> str:
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def register(
    *, platform: Platform, url: str, event_types: Sequence[str], by: Actor, at: datetime
) -> WebhookEndpoint:
    """Add an endpoint with a new secret, to be shown once.

    Raise AddressRefused, AlreadyRegistered or NoSuchEvents.
    """
    _check(event_types)
    # Before the transaction: this asks the name servers. Settings decide about loopback, not the
    # caller: nobody opens the private network by an argument.
    public_addresses.find_target(url, allow_loopback=settings.WEBHOOK_ALLOW_LOOPBACK)
    endpoint = WebhookEndpoint(
        platform=platform,
        url=url,
        secret=new_secret(),
        event_types=list(event_types),
        created_at=at,
    )
    try:
        with transaction.atomic():
            endpoint.save(force_insert=True)
            new = {"event_types": endpoint.event_types}
            audit.record(action="webhooks.register", record=endpoint, by=by, at=at, new=new)
    except IntegrityError as error:
        raise AlreadyRegistered("This platform already sends webhooks to this address.") from error
    return endpoint


@transaction.atomic(savepoint=False)
def change(
    *,
    endpoint: WebhookEndpoint,
    seen: Sequence[str],
    event_types: Sequence[str],
    by: Actor,
    at: datetime,
) -> None:
    """Send other kinds of events from now on, all if none is named; `seen` are those shown before.

    Raise NoSuchEvents or EndpointChanged.
    """
    _check(event_types)
    as_seen = WebhookEndpoint.objects.filter(id=endpoint.id, event_types=list(seen))
    if not as_seen.update(event_types=list(event_types)):
        raise EndpointChanged("The endpoint was changed since you opened it. Reload the page.")
    old, new = {"event_types": list(seen)}, {"event_types": list(event_types)}
    audit.record(action="webhooks.change", record=endpoint, by=by, at=at, old=old, new=new)


@transaction.atomic(savepoint=False)
def rotate_secret(*, endpoint: WebhookEndpoint, by: Actor, at: datetime) -> WebhookEndpoint:
    """Sign with a new secret and, until `end_rotation`, with the one before it too.

    Raise RotationNotEnded: asked for twice, the one that the receiver has would stop to sign.
    """
    endpoint = WebhookEndpoint.objects.select_for_update().get(id=endpoint.id)
    if endpoint.previous_secret is not None:
        raise RotationNotEnded("The previous secret still signs. End it before you make another.")
    endpoint.previous_secret, endpoint.secret = endpoint.secret, new_secret()
    endpoint.save(update_fields=["secret", "previous_secret"])
    audit.record(action="webhooks.rotate_secret", record=endpoint, by=by, at=at)
    return endpoint


@transaction.atomic(savepoint=False)
def end_rotation(*, endpoint: WebhookEndpoint, by: Actor, at: datetime) -> None:
    """Stop signing with the previous secret."""
    rotating = WebhookEndpoint.objects.filter(id=endpoint.id, previous_secret__isnull=False)
    if rotating.update(previous_secret=None):
        audit.record(action="webhooks.end_rotation", record=endpoint, by=by, at=at)


@transaction.atomic(savepoint=False)
def disable(*, endpoint: WebhookEndpoint, reason: str, by: Actor, at: datetime) -> None:
    """Stop sending. What waits leaves when the endpoint is enabled again, while it is kept."""
    enabled = WebhookEndpoint.objects.filter(id=endpoint.id, disabled_at=None)
    if enabled.update(disabled_at=at, disabled_reason=reason):
        new = {"disabled_at": at.isoformat()}
        audit.record(action="webhooks.disable", record=endpoint, by=by, at=at, new=new)


@transaction.atomic(savepoint=False)
def enable(*, endpoint: WebhookEndpoint, by: Actor, at: datetime) -> None:
    """Send again, first what waited."""
    disabled = WebhookEndpoint.objects.filter(id=endpoint.id, disabled_at__isnull=False)
    if disabled.update(disabled_at=None, disabled_reason=""):
        audit.record(action="webhooks.enable", record=endpoint, by=by, at=at)


@transaction.atomic(savepoint=False)
def replay(*, delivery: WebhookDelivery, by: Actor, at: datetime) -> None:
    """Send a parked delivery again, under the same webhook-id. Raise NotParked."""
    states = WebhookDelivery.State
    parked = WebhookDelivery.objects.filter(id=delivery.id, state=states.PARKED)
    if not parked.update(state=states.WAITING, attempts=0, next_attempt_at=at, leased_until=None):
        raise NotParked("Only a parked delivery can be sent again.")
    old, new = {"state": states.PARKED}, {"state": states.WAITING}
    audit.record(action="webhooks.replay", record=delivery, by=by, at=at, old=old, new=new)


def _check(event_types: Sequence[str]) -> None:
    if not set(event_types) <= EVENT_TYPES.keys():
        raise NoSuchEvents("Choose among the events that Accord sends.")
