from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from portal.core.fields import EncryptedTextField
from portal.core.ids import uuid7
from portal.core.models.outbox import OutboxEvent
from portal.core.models.platforms import Platform


class WebhookEndpoint(models.Model):
    """Where a platform hears of changes, signed per Standard Webhooks."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="endpoints")
    url = models.URLField(max_length=500)
    secret = EncryptedTextField()
    # The previous secret signs too until it is cleared, so that receivers can rotate.
    previous_secret = EncryptedTextField(null=True, blank=True)
    # Empty: every type.
    event_types = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["platform", "url"], name="endpoint_url_is_registered_once"
            ),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One outbox event on its way to one endpoint. Its id is the webhook-id, kept by retries."""

    class State(models.TextChoices):
        WAITING = "WAITING"
        DELIVERED = "DELIVERED"
        PARKED = "PARKED"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    # A dispatcher that died loses its claim when the lease runs out.
    leased_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["event", "endpoint"], name="event_reaches_an_endpoint_once"
            ),
            models.CheckConstraint(
                name="delivered_means_a_delivery_time",
                condition=Q(state="DELIVERED", delivered_at__isnull=False)
                | (~Q(state="DELIVERED") & Q(delivered_at__isnull=True)),
            ),
        ]
        indexes: ClassVar = [
            # The dispatcher's claim: what waits, by when it is due.
            models.Index(
                fields=["next_attempt_at"],
                name="delivery_due",
                condition=Q(state="WAITING"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"

    @property
    def platform_id(self) -> UUID:
        """The platform that is told, to which what is audited of the delivery belongs."""
        return self.endpoint.platform_id


class DeliveryAttempt(models.Model):
    """One HTTP request of a delivery and how it ended."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    delivery = models.ForeignKey(
        WebhookDelivery, on_delete=models.CASCADE, related_name="attempt_rows"
    )
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=200, blank=True)
    duration_ms = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.status or self.error}"
