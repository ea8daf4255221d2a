"""Webhooks against a real receiver on loopback, verified by the official library."""

import http.server
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from standardwebhooks import Webhook, WebhookVerificationError

from portal.core import dispatch, errors, outbox, public_addresses, tasks, webhook_http
from portal.core.actions import outbox as outbox_actions
from portal.core.actions import webhooks
from portal.core.actors import Actor
from portal.core.models import (
    AuditEntry,
    DeliveryAttempt,
    OutboxEvent,
    WebhookDelivery,
    WebhookEndpoint,
)
from tests.factories.core import OutboxEventFactory, PlatformFactory, WebhookEndpointFactory

BY = Actor.system("tests")
NOW = datetime.now(UTC).replace(microsecond=0)
State = WebhookDelivery.State


class Receiver(http.server.ThreadingHTTPServer):
    """Answers by path: /200, /500, /410, /302, /slow, /drip; /flaky fails every other request."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen = []
        self.release = threading.Event()

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}{path}"

    def at(self, path):
        return [(headers, body) for where, headers, body in self.seen if where == path]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))
        kind = self.path.split("/")[1]
        if kind == "slow":
            self.server.release.wait(20)
        if kind == "drip":
            self.drip()
            return
        if kind == "flaky":
            kind = "200" if len(self.server.at(self.path)) % 2 == 0 else "500"
        self.send_response(200 if kind == "slow" else int(kind))
        self.send_header("Location", self.server.url("/200/followed"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def drip(self):
        """Send a byte now and then, so that no single read ever times out."""
        try:
            for _ in range(100):
                self.wfile.write(b"H")
                if self.server.release.wait(0.2):
                    return
        except OSError:
            pass

    def log_message(self, *args):
        pass


@pytest.fixture(autouse=True)
def at_that_moment(time_machine):
    """Receivers refuse what is five minutes old, and the suite may have begun longer ago."""
    time_machine.move_to(NOW)


@pytest.fixture
def receiver():
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(webhook_http, "SECONDS", 1.0)


def run(at=NOW):
    return dispatch.run(seconds=10, by=BY, clock=lambda: at)


def publish(platform, type="accord.case.opened.v1", **data):
    outbox.publish(platform_id=platform.id, type=type, subject="C-24001", data=data, at=NOW)


def test_an_event_arrives_signed_and_the_official_library_verifies_it(platform, receiver):
    endpoint = webhooks.register(
        platform=platform, url=receiver.url("/200"), event_types=[], by=BY, at=NOW
    )
    publish(platform, state="WITH_OWNER")

    assert run() == {"delivered": 1}

    [(headers, body)] = receiver.at("/200")
    assert Webhook(endpoint.secret).verify(body, headers) == {
        "type": "accord.case.opened.v1",
        "timestamp": NOW.isoformat(),
        "subject": "C-24001",
        "data": {"state": "WITH_OWNER"},
    }
    delivery = WebhookDelivery.objects.get()
    assert headers["webhook-id"] == str(delivery.id)
    assert (delivery.state, delivery.attempts, delivery.delivered_at) == (State.DELIVERED, 1, NOW)
    assert DeliveryAttempt.objects.get().status == 200
    assert run() == {}


def test_any_changed_byte_fails_the_verification(platform, receiver):
    endpoint = WebhookEndpointFactory(platform=platform, url=receiver.url("/200"))
    publish(platform)
    run()
    [(headers, body)] = receiver.at("/200")

    for position in range(0, len(body), 7):
        changed = bytearray(body)
        changed[position] ^= 1
        with pytest.raises(WebhookVerificationError):
            Webhook(endpoint.secret).verify(bytes(changed), headers)


def test_both_secrets_verify_while_they_are_rotated(platform, receiver):
    endpoint = WebhookEndpointFactory(platform=platform, url=receiver.url("/200"))
    rotated = webhooks.rotate_secret(endpoint=endpoint, by=BY, at=NOW)
    publish(platform)
    run()
    [(headers, body)] = receiver.at("/200")

    assert rotated.secret != endpoint.secret
    assert Webhook(endpoint.secret).verify(body, headers)
    assert Webhook(rotated.secret).verify(body, headers)

    webhooks.end_rotation(endpoint=endpoint, by=BY, at=NOW)
    publish(platform)
    run()
    headers, body = receiver.at("/200")[1]
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(body, headers)
    assert Webhook(rotated.secret).verify(body, headers)


def test_events_go_to_the_endpoints_of_their_platform_that_want_them(platform, receiver):
    other = PlatformFactory()
    WebhookEndpointFactory(platform=platform, url=receiver.url("/200/all"))
    WebhookEndpointFactory(
        platform=platform, url=receiver.url("/200/cases"), event_types=["accord.case.opened.v1"]
    )
    WebhookEndpointFactory(platform=other, url=receiver.url("/200/other"))
    WebhookEndpointFactory(platform=platform, url=receiver.url("/200/off"), disabled_at=NOW)
    publish(platform)
    publish(platform, type="accord.notice.created.v1")

    run()

    assert [len(receiver.at(f"/200/{n}")) for n in ("all", "cases", "other", "off")] == [2, 1, 0, 0]


def test_a_failure_is_tried_again_under_the_same_id_when_it_is_due(platform, receiver):
    WebhookEndpointFactory(platform=platform, url=receiver.url("/flaky"))
    publish(platform)

    assert run() == {"failed": 1}
    delivery = WebhookDelivery.objects.get()
    delay = delivery.next_attempt_at - NOW
    assert timedelta(seconds=4.5) <= delay <= timedelta(seconds=5.5)
    assert run(NOW + delay - timedelta(milliseconds=1)) == {}
    assert run(NOW + delay) == {"delivered": 1}

    first, second = receiver.at("/flaky")
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[0]["webhook-timestamp"] != second[0]["webhook-timestamp"]
    assert [a.status for a in DeliveryAttempt.objects.order_by("at")] == [500, 200]


def test_after_the_last_attempt_a_delivery_is_parked_and_can_be_replayed(platform, receiver):
    WebhookEndpointFactory(platform=platform, url=receiver.url("/500"))
    publish(platform)
    at, delays = NOW, []

    for _ in range(outbox_actions.MOST_ATTEMPTS):
        assert run(at) == {"failed": 1}
        following = WebhookDelivery.objects.get().next_attempt_at
        delays.append(following - at)
        at = following
    assert run(at + timedelta(days=30)) == {}

    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts) == (State.PARKED, 10)
    for delay, planned in zip(delays, outbox_actions.DELAYS, strict=False):
        assert planned * 0.9 <= delay <= planned * 1.1

    webhooks.replay(delivery=delivery, by=BY, at=at)
    assert run(at) == {"failed": 1}
    assert len({headers["webhook-id"] for headers, _ in receiver.at("/500")}) == 1
    entries = AuditEntry.objects.filter(record_id=delivery.pk, platform_id=platform.pk)
    assert sorted(entry.action for entry in entries) == ["outbox.park", "webhooks.replay"]
    with pytest.raises(webhooks.NotParked):
        webhooks.replay(delivery=delivery, by=BY, at=at)


def test_a_redirect_is_not_followed(platform, receiver):
    WebhookEndpointFactory(platform=platform, url=receiver.url("/302"))
    publish(platform)

    assert run() == {"failed": 1}
    assert receiver.at("/200/followed") == []
    assert DeliveryAttempt.objects.get().status == 302


def test_gone_disables_the_endpoint_and_what_waits_leaves_when_it_is_enabled(platform, receiver):
    endpoint = WebhookEndpointFactory(platform=platform, url=receiver.url("/410"))
    publish(platform)
    run()

    endpoint.refresh_from_db()
    assert endpoint.disabled_at == NOW
    assert WebhookDelivery.objects.get().state == State.PARKED
    assert AuditEntry.objects.filter(action="webhooks.disable").count() == 1
    publish(platform)
    assert run() == {}

    WebhookEndpoint.objects.update(url=receiver.url("/200"))
    webhooks.enable(endpoint=endpoint, by=BY, at=NOW)
    publish(platform)
    assert run() == {"delivered": 1}


@pytest.mark.parametrize("path", ["/slow", "/drip"])
def test_a_receiver_has_a_few_seconds_for_all_of_its_answer(platform, receiver, short, path):
    WebhookEndpointFactory(platform=platform, url=receiver.url(path))
    publish(platform)
    started = time.monotonic()

    assert run() == {"failed": 1}

    assert time.monotonic() - started < 10  # the receiver would take twenty
    assert DeliveryAttempt.objects.get().error == "No answer within 1 seconds."


def test_a_slow_receiver_holds_up_nobody_else(platform, receiver):
    """The slow one answers only when everybody else has been served, and is still in time."""
    WebhookEndpointFactory(platform=platform, url=receiver.url("/slow"))
    WebhookEndpointFactory(platform=platform, url=receiver.url("/200"))
    for _ in range(40):
        publish(platform)

    def release_when_the_others_are_served():
        while len(receiver.at("/200")) < 40:
            time.sleep(0.01)
        receiver.release.set()

    threading.Thread(target=release_when_the_others_are_served, daemon=True).start()

    assert run() == {"delivered": 80}


def test_a_receiver_that_is_not_there_is_a_failed_attempt(platform, receiver):
    WebhookEndpointFactory(platform=platform, url="http://127.0.0.1:1/")
    WebhookEndpointFactory(platform=platform, url="http://10.0.0.1:9000/")
    publish(platform)

    run()

    found = set(DeliveryAttempt.objects.values_list("status", "error"))
    assert (None, "This address leads to a network that is not public.") in found
    assert len(found) == 2


def test_what_a_dispatcher_died_with_is_sent_again_when_its_lease_ends(platform, receiver):
    WebhookEndpointFactory(platform=platform, url=receiver.url("/200"))
    publish(platform)
    outbox_actions.fan_out(by=BY, at=NOW, limit=10)
    assert len(dispatch._claim(NOW, [])) == 1

    assert run(NOW + timedelta(seconds=59)) == {}
    assert run(NOW + timedelta(seconds=60)) == {"delivered": 1}
    assert WebhookDelivery.objects.get().attempts == 2


def test_a_message_that_kills_every_dispatcher_is_parked(platform):
    WebhookEndpointFactory(platform=platform)
    publish(platform)
    outbox_actions.fan_out(by=BY, at=NOW, limit=10)
    at = NOW
    for _ in range(outbox_actions.MOST_ATTEMPTS):
        assert len(dispatch._claim(at, [])) == 1
        at += dispatch.LEASE

    assert outbox_actions.park_spent(by=BY, at=at) == 1
    assert dispatch._claim(at, []) == []


def test_a_failure_that_returns_after_its_lease_changes_nothing(platform, receiver):
    WebhookEndpointFactory(platform=platform, url=receiver.url("/500"))
    publish(platform)
    outbox_actions.fan_out(by=BY, at=NOW, limit=10)
    [late] = dispatch._claim(NOW, [])
    [current] = dispatch._claim(NOW + dispatch.LEASE, [])

    outcome = webhook_http.Outcome(500, "", 1)
    outbox_actions.settle(delivery=late, outcome=outcome, by=BY, at=NOW)

    assert WebhookDelivery.objects.get().leased_until == current.leased_until


@pytest.mark.django_db(transaction=True)
def test_dispatchers_side_by_side_send_everything_once(receiver):
    from django.db import connections

    platform = PlatformFactory()
    WebhookEndpointFactory(platform=platform, url=receiver.url("/200"))
    OutboxEventFactory.create_batch(120, platform=platform)
    barrier = threading.Barrier(4)

    def work():
        barrier.wait(10)
        run()
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    ids = [headers["webhook-id"] for headers, _ in receiver.at("/200")]
    assert len(ids) == len(set(ids)) == 120
    assert OutboxEvent.objects.filter(fanned_out_at=None).count() == 0
    assert WebhookDelivery.objects.filter(state=State.DELIVERED).count() == 120


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_for_a_transaction_that_rolled_back(receiver):
    platform = PlatformFactory()
    WebhookEndpointFactory(platform=platform, url=receiver.url("/200"))
    with transaction.atomic():
        publish(platform)
        transaction.set_rollback(True)

    assert run() == {}


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_request_is_under_way(receiver, monkeypatch):
    from django.db import connection

    platform = PlatformFactory()
    WebhookEndpointFactory(platform=platform, url=receiver.url("/200"))
    publish(platform)
    inside, original = [], dispatch.wait

    def look(*args, **kwargs):
        inside.append(connection.in_atomic_block)
        return original(*args, **kwargs)

    monkeypatch.setattr(dispatch, "wait", look)
    tasks.deliver_outbox()
    tasks.deliver_outbox()

    assert inside == [False]
    assert len(receiver.at("/200")) == 1


def test_registering_checks_the_address_and_takes_it_once(platform):
    with pytest.raises(public_addresses.AddressRefused):
        webhooks.register(platform=platform, url="https://10.0.0.1/", event_types=[], by=BY, at=NOW)
    url = "http://127.0.0.1:9999/hook"
    webhooks.register(platform=platform, url=url, event_types=[], by=BY, at=NOW)
    with pytest.raises(errors.Conflict):
        webhooks.register(platform=platform, url=url, event_types=[], by=BY, at=NOW)

    assert WebhookEndpoint.objects.count() == 1
    assert WebhookEndpoint.objects.get().secret.startswith("whsec_")
