from datetime import timedelta

import factory

from portal.core import models
from portal.core.ids import uuid7
from tests.factories.base import AT, RecordFactory


class PlatformFactory(RecordFactory):
    class Meta:
        model = models.Platform

    slug = factory.Sequence(lambda n: f"relay-{n}")
    name = factory.Sequence(lambda n: f"Relay {n}")
    created_at = AT - timedelta(days=800)


class HoldFactory(RecordFactory):
    class Meta:
        model = models.Hold

    platform = factory.SubFactory(PlatformFactory)
    scope = models.Hold.Scope.PLATFORM
    scope_id = factory.LazyAttribute(lambda hold: hold.platform.pk)
    matter = "Court order 12/26"
    reason = "The court asked to preserve the records of this matter."
    placed_by = factory.LazyFunction(uuid7)
    placed_at = AT
    reviewed_at = AT
    review_at = AT + timedelta(days=60)


class WebhookEndpointFactory(RecordFactory):
    class Meta:
        model = models.WebhookEndpoint

    platform = factory.SubFactory(PlatformFactory)
    url = factory.Sequence(lambda n: f"http://127.0.0.1:9/hook-{n}")
    secret = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="
    created_at = AT


class OutboxEventFactory(RecordFactory):
    class Meta:
        model = models.OutboxEvent

    platform = factory.SubFactory(PlatformFactory)
    type = "accord.case.opened.v1"
    subject = factory.Sequence(lambda n: f"C-{n}")
    created_at = AT


class WindowChangeFactory(RecordFactory):
    class Meta:
        model = models.WindowChange

    data_class = "closed cases"
    days = 400
    days_before = 730
    floor = 365
    ceiling = 3650
    reason = "The data protection officer asked."
    proposed_by = factory.LazyFunction(uuid7)
    proposed_at = AT
