"""One signed request to one receiver: five seconds, no redirects, only to the checked address."""

import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
from concurrent.futures import Future
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
    ends = started + SECONDS
    status, error = None, ""
    try:
        target = public_addresses.find_target(
            message.url, allow_loopback=allow_loopback, resolver=_resolver(ends)
        )
        status = _post(target, message.body, signed_headers(message, at), ends)
    except public_addresses.AddressRefused as refused:
        error = str(refused)
    except (OSError, http.client.HTTPException) as failed:
        error = type(failed).__name__
    if error and time.monotonic() >= ends:
        error = f"No answer within {SECONDS:.0f} seconds."
    return Outcome(status, error, round((time.monotonic() - started) * 1000))


def _resolver(ends: float) -> public_addresses.Resolver:
    """Resolve names until `ends`. Nothing stops the system's resolver, so it is left behind."""

    def resolve(host: str, port: int) -> list[str]:
        found: Future[list[str]] = Future()

        def ask() -> None:
            try:
                found.set_result(public_addresses.resolve(host, port))
            except (OSError, ValueError) as error:
                found.set_exception(error)

        threading.Thread(target=ask, name="webhook-resolver", daemon=True).start()
        return found.result(timeout=_remaining(ends))

    return resolve


def _remaining(ends: float) -> float:
    seconds = ends - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class _Connection(http.client.HTTPConnection):
    """Connects to the checked address, while Host and certificate are those of the name."""

    def __init__(self, target: Target, ends: float) -> None:
        super().__init__(target.host, target.port, timeout=_remaining(ends))
        self.target = target
        self.ends = ends
        self.is_cut = False

    def connect(self) -> None:
        secure = self.target.scheme == "https"
        context = ssl.create_default_context() if secure else None
        address = (self.target.address, self.port)
        self.sock = socket.create_connection(address, _remaining(self.ends))
        if context is not None:
            # The handshake comes after: `cut` has to find the socket that is in it.
            wrapped = context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock = wrapped
            self.refuse_if_cut()
            wrapped.settimeout(_remaining(self.ends))
            wrapped.do_handshake()
        self.refuse_if_cut()
        self.sock.settimeout(_remaining(self.ends))

    def cut(self) -> None:
        """End the request from another thread, whatever it waits for."""
        # The mark first: who sets the socket at this moment sees it and gives up.
        self.is_cut = True
        sock = self.sock
        if sock is not None:
            # Not SSLSocket.shutdown: it drops the encryption before it shuts.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def refuse_if_cut(self) -> None:
        if self.is_cut:
            raise TimeoutError


def _post(target: Target, body: bytes, headers: dict[str, str], ends: float) -> int:
    connection = _Connection(target, ends)
    # The socket's timeout starts anew with every byte; this ends the request as a whole.
    watchdog = threading.Timer(_remaining(ends), connection.cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        connection.request("POST", target.path, body, headers | {"Connection": "close"})
        status = connection.getresponse().status
        # Headers that were cut off look like the end of the headers.
        connection.refuse_if_cut()
        return status
    finally:
        watchdog.cancel()
        connection.close()
