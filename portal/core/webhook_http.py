"""One signed request to one receiver: five seconds, no redirects, only to the checked address."""

import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from standardwebhooks import Webhook

from portal.core import public_addresses
from portal.core.public_addresses import Target

SECONDS = 5.0
USER_AGENT = "Accord-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Message:
    id: UUID
    """The same in every retry, so that receivers can drop what they have seen."""
    url: str
    body: bytes
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    status: int | None
    error: str
    duration_ms: int

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def body_of(*, type: str, subject: str, data: object, created_at: datetime) -> bytes:
    """Write the payload as Standard Webhooks recommends: type, timestamp, data."""
    payload = {
        "type": type,
        "timestamp": created_at.isoformat(),
        "subject": subject,
        "data": data,
    }
    return json.dumps(payload, separators=(",", ":")).encode()


def signed_headers(message: Message, at: datetime) -> dict[str, str]:
    """Sign with every secret in force, so that receivers can rotate (Standard Webhooks 1.0)."""
    at = at.astimezone(UTC)
    text = message.body.decode()
    signatures = [Webhook(secret).sign(str(message.id), at, text) for secret in message.secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": str(message.id),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def send(message: Message, *, at: datetime, allow_loopback: bool) -> Outcome:
    """POST the message once. Whatever the receiver does ends up in the outcome."""
    started = time.monotonic()
    status, error = None, ""
    try:
        target = public_addresses.find_target(message.url, allow_loopback=allow_loopback)
        status = _post(target, message.body, signed_headers(message, at))
    except public_addresses.AddressRefused as refused:
        error = str(refused)
    except TimeoutError:
        error = f"No answer within {SECONDS:.0f} seconds."
    except (OSError, http.client.HTTPException) as failed:
        late = time.monotonic() - started >= SECONDS
        error = f"No answer within {SECONDS:.0f} seconds." if late else type(failed).__name__
    return Outcome(status, error, round((time.monotonic() - started) * 1000))


class _Connection(http.client.HTTPConnection):
    """Connects to the checked address, while Host and certificate are those of the name."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=SECONDS)
        self.target = target

    def connect(self) -> None:
        self.sock = socket.create_connection((self.target.address, self.port), self.timeout)
        if self.target.scheme == "https":
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)


def _post(target: Target, body: bytes, headers: dict[str, str]) -> int:
    connection = _Connection(target)
    # The socket's timeout starts anew with every byte; this ends the request as a whole.
    watchdog = threading.Timer(SECONDS, _cut, [connection])
    watchdog.daemon = True
    watchdog.start()
    try:
        connection.request("POST", target.path, body, headers | {"Connection": "close"})
        return connection.getresponse().status
    finally:
        watchdog.cancel()
        connection.close()


def _cut(connection: _Connection) -> None:
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
