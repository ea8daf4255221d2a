from portal.core.models.audit import AuditEntry
from portal.core.models.holds import Hold
from portal.core.models.idempotency import IdempotencyRecord
from portal.core.models.outbox import OutboxEvent
from portal.core.models.platforms import Platform
from portal.core.models.purges import PurgeCertificate, PurgeRun
from portal.core.models.webhooks import (
    DeliveryAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from portal.core.models.windows import WindowChange

__all__ = [
    "AuditEntry",
    "DeliveryAttempt",
    "Hold",
    "IdempotencyRecord",
    "OutboxEvent",
    "Platform",
    "PurgeCertificate",
    "PurgeRun",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WindowChange",
]
