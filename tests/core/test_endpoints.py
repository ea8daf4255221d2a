"""What administrators do with the webhook endpoints of a platform."""

import pytest
from django.db import transaction

from portal.core.actions import webhooks
from portal.core.actors import Actor
from portal.core.models import AuditEntry, WebhookEndpoint
from tests.factories.base import AT
from tests.factories.core import WebhookEndpointFactory

pytestmark = pytest.mark.django_db
BY = Actor.system("tests")


def test_a_third_secret_has_to_wait_until_the_first_has_ended(platform):
    endpoint = WebhookEndpointFactory(platform=platform)
    rotated = webhooks.rotate_secret(endpoint=endpoint, by=BY, at=AT)

    with pytest.raises(webhooks.RotationNotEnded), transaction.atomic():
        webhooks.rotate_secret(endpoint=endpoint, by=BY, at=AT)

    stored = WebhookEndpoint.objects.get()
    assert (stored.secret, stored.previous_secret) == (rotated.secret, endpoint.secret)
    for _ in range(2):
        webhooks.end_rotation(endpoint=endpoint, by=BY, at=AT)
    assert AuditEntry.objects.filter(action="webhooks.end_rotation").count() == 1


def test_an_endpoint_hears_of_events_that_there_are(platform):
    endpoint = WebhookEndpointFactory(platform=platform)
    some, none = ["accord.case.opened.v1"], ["accord.message.sent.v1"]
    url = "http://127.0.0.1:8009/hook"

    with pytest.raises(webhooks.NoSuchEvents):
        webhooks.register(platform=platform, url=url, event_types=none, by=BY, at=AT)
    for seen, wanted, error in (
        ([], none, webhooks.NoSuchEvents),
        (some, [], webhooks.EndpointChanged),
    ):
        with pytest.raises(error), transaction.atomic():
            webhooks.change(endpoint=endpoint, seen=seen, event_types=wanted, by=BY, at=AT)
    webhooks.change(endpoint=endpoint, seen=[], event_types=some, by=BY, at=AT)

    assert WebhookEndpoint.objects.get().event_types == some
    entry = AuditEntry.objects.get(action="webhooks.change")
    assert (entry.old, entry.new) == ({"event_types": []}, {"event_types": some})
