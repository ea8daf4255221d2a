"""What portal.core itself keeps, and for how long."""

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from portal.core.data_classes import TWO_YEARS, OnErasure, Reach, Window, registry
from portal.core.models import WebhookDelivery
from portal.core.purge_rows import keep_rows


def _waiting(cutoff: datetime) -> QuerySet[WebhookDelivery]:
    """Return what still waits to leave.

    What waits for a disabled endpoint may do so for ever, so it holds nothing back, unless a
    dispatcher has it on the way at this moment.
    """
    return WebhookDelivery.objects.filter(
        Q(endpoint__disabled_at=None) | Q(leased_until__gt=cutoff),
        event=OuterRef("pk"),
        state=WebhookDelivery.State.WAITING,
    )


keep_rows(
    name="audit",
    model="core.AuditEntry",
    starts="the action",
    window=TWO_YEARS,
    due=lambda cutoff: Q(at__lt=cutoff),
    reach=Reach(
        platform=("platform_id",),
        account=("record_id",),
        group=("record_id",),
        case=("record_id",),
        as_text=True,
    ),
    on_erasure=OnErasure(
        because="they prove who did what to which record; they hold ids, no names",
        called="Audit of what was done",
    ),
    window_from=F("at"),
)
keep_rows(
    name="webhook deliveries",
    model="core.OutboxEvent",
    also=("core.WebhookDelivery", "core.DeliveryAttempt"),
    starts="the event, once nothing waits to be delivered",
    window=Window(30, floor=7, ceiling=90),
    due=lambda cutoff: (
        Q(created_at__lt=cutoff, fanned_out_at__isnull=False) & ~Exists(_waiting(cutoff))
    ),
    reach=Reach(platform=("platform_id",)),
    children=(
        ("core.DeliveryAttempt", "delivery__event__in"),
        ("core.WebhookDelivery", "event__in"),
    ),
    past=lambda cutoff: Q(created_at__lt=cutoff),
    waits_for="a delivery of them waits",
    on_erasure=OnErasure(),
)
keep_rows(
    name="stored answers",
    model="core.IdempotencyRecord",
    starts="the request (they expire after a day)",
    window=Window(1, floor=1, ceiling=7),
    due=lambda cutoff: Q(created_at__lt=cutoff),
    reach=Reach(),
    on_erasure=OnErasure(),
)
registry.exempts(
    core__Platform="a service, not a person",
    core__WebhookEndpoint="an address of a service, not of a person",
    core__Hold="names staff by id only, and is the proof why data was kept",
    core__WindowChange="names staff by id only, and is the proof since when a window holds",
    core__PurgeRun="counts and cut-offs only",
    core__PurgeCertificate="counts and cut-offs only; kept for ever as proof of deletion",
)
