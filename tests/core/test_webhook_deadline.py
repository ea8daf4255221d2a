"""A receiver has five seconds for all of it, and one that breaks harms only its own delivery."""

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.core import checked_http, dispatch, outbox, public_addresses, webhook_http
from portal.core.actors import Actor
from portal.core.models import DeliveryAttempt, WebhookDelivery
from tests.factories.base import AT
from tests.factories.core import WebhookEndpointFactory

LATE = "No answer within 1 seconds."


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(webhook_http, "SECONDS", 1.0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a key and a certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "receiver.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def slow_receiver(certificate, monkeypatch):
    """Return the address of a receiver that takes its time for the handshake and then drips."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve():
        try:
            plain, _ = listener.accept()
            over.wait(0.6)
            with server_side.wrap_socket(plain, server_side=True) as connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                for _ in range(100):
                    connection.sendall(b"x")
                    if over.wait(0.2):
                        return
        except OSError:
            pass

    trusting = ssl.create_default_context(cafile=certificate)

    def context_on_a_busy_machine():
        time.sleep(0.6)
        return trusting

    monkeypatch.setattr(ssl, "create_default_context", context_on_a_busy_machine)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}/"
    over.set()
    listener.close()
    thread.join(5)


def send(url):
    secret = WebhookEndpointFactory.build().secret
    message = webhook_http.Message(id=UUID(int=1), url=url, body=b"{}", secrets=(secret,))
    started = time.monotonic()
    outcome = webhook_http.send(message, at=AT, allow_loopback=True)
    return outcome, time.monotonic() - started


def test_a_slow_handshake_and_a_dripping_header_end_in_time(slow_receiver):
    outcome, seconds = send(slow_receiver)

    assert (outcome.status, outcome.error) == (None, LATE)
    assert seconds < 5  # the receiver would take twenty


def test_a_name_server_that_does_not_answer_is_left_in_time(monkeypatch):
    over = threading.Event()

    def resolve(host, port):
        over.wait(20)
        return []

    monkeypatch.setattr(public_addresses, "resolve", resolve)

    outcome, seconds = send("https://hooks.example.org/")
    over.set()

    assert (outcome.status, outcome.error) == (None, LATE)
    assert seconds < 5


@pytest.mark.django_db
def test_a_message_that_cannot_be_sent_fails_alone(platform, monkeypatch):
    """Whatever breaks while one is sent: the others leave, and this one is tried again."""

    def exchange(method, url, **given):
        if url.endswith("/broken"):
            raise RuntimeError("nobody thought of it")
        return checked_http.Answer(200, b"")

    monkeypatch.setattr(checked_http, "exchange", exchange)
    by = Actor.system("tests")
    for path in ("/broken", "/fine"):
        WebhookEndpointFactory(platform=platform, url=f"http://127.0.0.1:9999{path}")
    outbox.publish(platform_id=platform.id, type="accord.test.v1", subject="x", data={}, at=AT)

    assert dispatch.run(seconds=10, by=by, clock=lambda: AT) == {"delivered": 1, "failed": 1}

    broken = WebhookDelivery.objects.get(endpoint__url__endswith="/broken")
    assert (broken.state, broken.attempts) == (WebhookDelivery.State.WAITING, 1)
    assert DeliveryAttempt.objects.get(delivery=broken).error == "RuntimeError"
