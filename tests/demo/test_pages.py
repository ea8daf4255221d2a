"""The demo's mailbox and webhook receiver, served as in demo mode."""

import json
from datetime import UTC, datetime

import pytest
from django.core import mail
from django.urls import include, path
from standardwebhooks.webhooks import Webhook

from portal import urls
from portal.demo import home

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type":"accord.case.opened.v1"}'

handler404 = urls.handler404
urlpatterns = [*urls.urlpatterns, path("demo/", include("portal.demo.urls"))]

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def demo_home(tmp_path, monkeypatch, settings):
    for name in ("MAIL", "WEBHOOKS", "DEMO"):
        monkeypatch.setattr(home, name, tmp_path / name.lower())
    home.MAIL.mkdir()
    home.DEMO.write_text(json.dumps({"webhook_secret": SECRET}))
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(home.MAIL)


def headers(body=BODY, *, at=None):
    at = at or datetime.now(UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", at, body),
    }


def receive(client, body=BODY, address="/demo/webhooks/receive/", **more):
    return client.post(address, body, content_type="application/json", **more)


def test_mail_that_was_sent_is_shown_newest_first(client):
    mail.send_mail("First", "The text of it", "accord@localhost", ["owner@example.com"])
    mail.send_mail("Second", "Späteres", "accord@localhost", ["owner@example.com"])

    text = client.get("/demo/mail/").content.decode()

    assert "The text of it" in text
    assert "Späteres" in text
    assert text.index("Second") < text.index("First")


def test_text_in_a_mail_is_shown_as_text(client):
    mail.send_mail("<b>Subject</b>", "<script>alert(1)</script>", "accord@localhost", ["o@b.c"])

    text = client.get("/demo/mail/").content.decode()

    assert "<script>alert" not in text
    assert "<b>Subject" not in text


def test_a_signed_webhook_is_taken_and_shown(client):
    assert receive(client, headers=headers()).status_code == 204

    text = client.get("/demo/webhooks/").content.decode()

    assert "Signature verified" in text
    assert "accord.case.opened.v1" in text


@pytest.mark.parametrize("body", [BODY + " ", "", "\udcff"])
def test_a_changed_webhook_is_refused_and_shown_as_such(client, body):
    raw = body.encode(errors="surrogateescape")

    assert receive(client, raw, headers=headers()).status_code == 401
    assert "Signature refused" in client.get("/demo/webhooks/").content.decode()


def test_an_unsigned_webhook_is_refused(client):
    assert receive(client).status_code == 401


def test_a_receiver_that_always_fails_shows_retries(client):
    response = receive(client, address="/demo/webhooks/receive/?fail", headers=headers())

    assert response.status_code == 500
    assert not home.WEBHOOKS.exists()


def test_empty_pages_say_what_to_do(client):
    assert "No mail yet" in client.get("/demo/mail/").content.decode()
    assert "Nothing yet" in client.get("/demo/webhooks/").content.decode()
