"""The dispatcher: claims deliveries, sends them side by side, records how they ended.

1. Claim due deliveries under a lease, skipping what another dispatcher holds, and count the
   attempt at once: a message that kills its dispatcher runs out of attempts like any other.
2. Send with no transaction open. Threads only speak HTTP; the database stays with this one.
3. Settle each as it returns. Whoever dies in between loses the lease, and the delivery is sent
   again under the same webhook-id.
No endpoint takes more than a few threads, so a slow one holds up nobody else.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from portal.core import webhook_http
from portal.core.actions import outbox
from portal.core.actors import Actor
from portal.core.models import WebhookDelivery
from portal.core.webhook_http import Message, Outcome

LEASE = timedelta(seconds=60)
THREADS = 32
MOST_FOR_ONE_ENDPOINT = 4
FAN_OUT_BATCH = 500

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]


def run(*, seconds: float, by: Actor, clock: Clock = timezone.now) -> Counter[str]:
    """Deliver what is due until nothing is, or `seconds` have passed. Count what became of it."""
    counts: Counter[str] = Counter()
    ends = time.monotonic() + seconds
    flying: dict[Future[Outcome], WebhookDelivery] = {}
    outbox.park_spent(by=by, at=clock())
    with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as pool:
        while True:
            if time.monotonic() < ends:
                while outbox.fan_out(by=by, at=clock(), limit=FAN_OUT_BATCH) == FAN_OUT_BATCH:
                    pass
                for delivery in _claim(clock(), flying.values()):
                    message = _message(delivery)
                    loopback = settings.WEBHOOK_ALLOW_LOOPBACK
                    task = pool.submit(
                        webhook_http.send, message, at=clock(), allow_loopback=loopback
                    )
                    flying[task] = delivery
            if not flying:
                return counts
            done, _ = wait(flying, timeout=1, return_when=FIRST_COMPLETED)
            for task in done:
                outcome = _outcome(task)
                outbox.settle(delivery=flying.pop(task), outcome=outcome, by=by, at=clock())
                counts["delivered" if outcome.is_delivered else "failed"] += 1


def _outcome(task: Future[Outcome]) -> Outcome:
    """Return what became of a message; one that cannot be sent must not end the run for all."""
    unexpected = task.exception()
    if unexpected is None:
        return task.result()
    log.error("webhook_not_sent", exc_info=unexpected)
    return Outcome(None, type(unexpected).__name__, 0)


def _claim(at: datetime, flying: Iterable[WebhookDelivery]) -> list[WebhookDelivery]:
    """Take over due deliveries, the oldest first, a few of each endpoint."""
    busy = Counter(delivery.endpoint_id for delivery in flying)
    room = THREADS - busy.total()
    full = [endpoint for endpoint, count in busy.items() if count >= MOST_FOR_ONE_ENDPOINT]
    if room <= 0:
        return []
    due = WebhookDelivery.objects.filter(
        Q(leased_until=None) | Q(leased_until__lte=at),
        state=WebhookDelivery.State.WAITING,
        next_attempt_at__lte=at,
        endpoint__disabled_at=None,
    ).exclude(endpoint__in=full)
    turn = Window(RowNumber(), partition_by="endpoint_id", order_by=["next_attempt_at", "id"])
    fair = due.annotate(turn=turn).filter(turn__lte=MOST_FOR_ONE_ENDPOINT).order_by("turn")
    with transaction.atomic():
        claimed = due.filter(id__in=[row.id for row in fair.only("id")[:room]])
        rows = list(
            claimed.select_for_update(skip_locked=True, of=("self",)).select_related(
                "endpoint", "event"
            )
        )
        WebhookDelivery.objects.filter(id__in=[row.id for row in rows]).update(
            attempts=F("attempts") + 1, leased_until=at + LEASE
        )
    for row in rows:
        row.attempts, row.leased_until = row.attempts + 1, at + LEASE
    return rows


def _message(delivery: WebhookDelivery) -> Message:
    event, endpoint = delivery.event, delivery.endpoint
    secrets = (endpoint.secret, endpoint.previous_secret)
    return Message(
        id=delivery.id,
        url=endpoint.url,
        body=webhook_http.body_of(
            type=event.type,
            subject=event.subject,
            data=event.data,
            created_at=event.created_at,
        ),
        secrets=tuple(secret for secret in secrets if secret),
    )
