"""An administrator adds webhook endpoints, changes them, and sends again what was parked."""

import re
import socket

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from standardwebhooks import Webhook

from identity.roles import Role
from portal.core import webhook_http
from portal.core.admin.panels import list_of, page_of
from portal.core.models import AuditEntry, WebhookDelivery, WebhookEndpoint
from tests import production_logs
from tests.admin.entering import enter, text_of
from tests.factories.base import AT
from tests.factories.core import OutboxEventFactory, PlatformFactory, WebhookEndpointFactory
from tests.factories.identity import staff_user

ADD = "admin:core_webhookendpoint_add_endpoint"
SENT = {"_form_submitted": "on"}
URL = "http://127.0.0.1:8009/hooks?of=relay"
OPENED, DECIDED = "accord.case.opened.v1", "accord.appeal.decided.v1"


@pytest.fixture
def client(platform):
    return enter(staff_user(platform, Role.ADMINISTRATOR))


@pytest.fixture
def given(platform):
    return SENT | {"platform": platform.pk, "url": URL, "event_types": [OPENED]}


def step(endpoint, name):
    return reverse(f"admin:core_webhookendpoint_{name}", args=[endpoint.pk])


def secret_in(answer):
    return re.search(r'x-ref="secret">([^<]+)<', answer.content.decode())[1]


def signed_by(endpoint):
    """The secrets with which the next delivery would be signed."""
    endpoint.refresh_from_db()
    return [secret for secret in (endpoint.secret, endpoint.previous_secret) if secret]


def test_an_endpoint_is_added_and_its_secret_verifies_what_it_gets(client, given, time_machine):
    answer = client.post(reverse(ADD), given)

    endpoint = WebhookEndpoint.objects.get()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert (endpoint.url, endpoint.event_types, endpoint.created_at) == (URL, [OPENED], AT)
    body = webhook_http.body_of(type=OPENED, subject="C-1", data={}, created_at=AT)
    message = webhook_http.Message(
        id=endpoint.pk, url=URL, body=body, secrets=tuple(signed_by(endpoint))
    )
    headers = webhook_http.signed_headers(message, AT)
    assert Webhook(secret_in(answer)).verify(body, headers)["subject"] == "C-1"


def test_a_secret_is_shown_by_the_answer_alone(client, given):
    with production_logs.caught() as logged:
        added = client.post(reverse(ADD), given)
        endpoint = WebhookEndpoint.objects.get()
        renewed = client.post(step(endpoint, "new_secret"), SENT)

    secrets = [secret_in(renewed), secret_in(added)]
    assert secrets == signed_by(endpoint)
    assert added.cookies.keys() | renewed.cookies.keys() <= {"csrftoken"}
    later = [client.get(page_of(endpoint)), client.get(list_of(WebhookEndpoint))]
    kept = [
        logged.getvalue(),
        *(answer.content.decode() for answer in later),
        *(str(session.get_decoded()) for session in Session.objects.all()),
        *(f"{entry.old} {entry.new}" for entry in AuditEntry.objects.all()),
    ]
    assert [text for text in kept for secret in secrets if secret in text] == []


def test_a_page_names_the_events_in_words_and_by_their_codes(client, platform):
    some = WebhookEndpointFactory(platform=platform, event_types=[OPENED, DECIDED])
    every = WebhookEndpointFactory(platform=platform, event_types=[])

    shown, nothing_chosen = (text_of(client.get(page_of(row))) for row in (some, every))

    assert f"Events A case was opened {OPENED} An appeal was decided {DECIDED} " in shown
    assert "Events All " in nothing_chosen


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("url", "status", "words"),
    [
        ("https://10.0.0.1/hook", 422, "not public"),
        ("http://192.0.2.7/hook", 422, "not public"),
        ("https://user:word@127.0.0.1/hook", 422, "Leave user name and password out"),
        ("http://127.0.0.1:22/hook", 422, "Use port 443"),
        ("ftp://127.0.0.1/hook", 422, "begins with https://"),
        ("hook", 200, "valid URL"),
    ],
)
def test_an_address_that_would_be_refused_later_is_refused_now(client, given, url, status, words):
    answer = client.post(reverse(ADD), given | {"url": url})

    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_in_production_an_address_begins_with_https(client, given, settings, monkeypatch):
    settings.WEBHOOK_ALLOW_LOOPBACK = False
    resolve = socket.getaddrinfo

    def known(host, port, **options):
        return resolve("1.1.1.1" if host == "relay.example" else host, port, **options)

    monkeypatch.setattr("socket.getaddrinfo", known)

    refused = client.post(reverse(ADD), given | {"url": "http://relay.example/hook"})
    local = client.post(reverse(ADD), given | {"url": "http://127.0.0.1/hook"})
    taken = client.post(reverse(ADD), given | {"url": "https://relay.example/hook"})

    assert "begins with https://" in refused.content.decode()
    assert "not public" in local.content.decode()
    assert taken.status_code == 200
    assert WebhookEndpoint.objects.get().url == "https://relay.example/hook"


@pytest.mark.django_db(transaction=True)
def test_an_address_is_registered_once(client, given, platform):
    WebhookEndpointFactory(platform=platform, url=URL)

    answer = client.post(reverse(ADD), given)

    assert answer.status_code == 409
    assert "already sends webhooks to this address" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_events_are_chosen_among_those_that_are_sent(client, given, platform):
    made_up = client.post(reverse(ADD), given | {"event_types": ["accord.message.sent.v1"]})
    assert "not one of the available choices" in made_up.content.decode()
    assert not WebhookEndpoint.objects.exists()

    client.post(reverse(ADD), given | {"event_types": []})
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.event_types == []
    seen = '["accord.case.opened.v1"]'
    stale = {"seen": seen, "event_types": [DECIDED]}
    assert client.post(step(endpoint, "change_events"), SENT | stale).status_code == 409

    fresh = {"seen": "[]", "event_types": [DECIDED, OPENED]}
    assert client.post(step(endpoint, "change_events"), SENT | fresh).url == page_of(endpoint)
    endpoint.refresh_from_db()
    assert endpoint.event_types == [DECIDED, OPENED]
    page = client.get(step(endpoint, "change_events"))
    assert page.context["form"]["event_types"].value() == [DECIDED, OPENED]


@pytest.mark.django_db(transaction=True)
def test_both_secrets_sign_until_the_previous_one_is_ended(client, platform):
    endpoint = WebhookEndpointFactory(platform=platform)
    first = endpoint.secret
    assert client.get(step(endpoint, "end_previous_secret")).status_code == 403

    second = secret_in(client.post(step(endpoint, "new_secret"), SENT))

    assert signed_by(endpoint) == [second, first]
    assert second.startswith("whsec_")
    assert client.post(step(endpoint, "new_secret"), SENT).status_code == 403
    assert signed_by(endpoint) == [second, first]
    assert "until you end it" in client.get(page_of(endpoint)).content.decode()

    assert client.post(step(endpoint, "end_previous_secret"), SENT).url == page_of(endpoint)
    assert signed_by(endpoint) == [second]
    assert client.post(step(endpoint, "end_previous_secret"), SENT).status_code == 403


def test_an_endpoint_is_disabled_for_a_reason_and_enabled_again(client, platform):
    endpoint = WebhookEndpointFactory(platform=platform)

    silent = client.post(step(endpoint, "disable_endpoint"), SENT)
    assert "This field is required" in silent.content.decode()
    client.post(step(endpoint, "disable_endpoint"), SENT | {"reason": "It moves house."})
    endpoint.refresh_from_db()
    assert (endpoint.disabled_at, endpoint.disabled_reason) == (AT, "It moves house.")
    assert client.get(step(endpoint, "disable_endpoint")).status_code == 403

    client.post(step(endpoint, "enable_endpoint"), SENT)
    endpoint.refresh_from_db()
    assert (endpoint.disabled_at, endpoint.disabled_reason) == (None, "")
    assert client.get(step(endpoint, "enable_endpoint")).status_code == 403


@pytest.mark.parametrize(
    ("disabled_at", "words"), [(None, "within seconds"), (AT, "once the endpoint is enabled")]
)
def test_a_parked_delivery_is_sent_again(client, platform, disabled_at, words):
    endpoint = WebhookEndpointFactory(platform=platform, disabled_at=disabled_at)
    delivery = WebhookDelivery.objects.create(
        event=OutboxEventFactory(platform=platform),
        endpoint=endpoint,
        state="PARKED",
        attempts=10,
        next_attempt_at=AT,
    )
    url = reverse("admin:core_webhookdelivery_send_again", args=[delivery.pk])

    page = client.get(client.post(url, SENT).url)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("WAITING", 0)
    assert words in " ".join(str(message) for message in page.context["messages"])
    assert client.post(url, SENT).status_code == 403


def test_an_endpoint_of_another_platform_is_not_touched(client):
    other = WebhookEndpointFactory(platform=PlatformFactory())
    before = WebhookEndpoint.objects.values().get()

    for name in ("new_secret", "change_events", "disable_endpoint"):
        assert client.post(step(other, name), SENT | {"reason": "x"}).status_code == 403

    assert WebhookEndpoint.objects.values().get() == before
