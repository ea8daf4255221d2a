"""One signed request to one receiver: five seconds, no redirects, only to the checked address."""

import http.client
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from standardwebhooks import Webhook

from portal.core import checked_http, public_addresses

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
        answer = checked_http.exchange(
            "POST",
            message.url,
            headers=signed_headers(message, at),
            body=message.body,
            ends=ends,
            allow_loopback=allow_loopback,
        )
        status = answer.status
    except public_addresses.AddressRefused as refused:
        error = str(refused)
    except (OSError, http.client.HTTPException) as failed:
        error = type(failed).__name__
    if error and time.monotonic() >= ends:
        error = f"No answer within {SECONDS:.0f} seconds."
    return Outcome(status, error, round((time.monotonic() - started) * 1000))
