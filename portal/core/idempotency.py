"""`Idempotency-Key`: a request that is sent again has no second effect and the same answer."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.views import APIView

from portal.core import clients, errors
from portal.core.models import IdempotencyRecord

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 255
KEPT_FOR = timedelta(hours=24)
KEPT_HEADERS = ("Content-Type", "Location")

Handler = Callable[..., HttpResponseBase]


class BadKey(errors.AccordError):
    """The Idempotency-Key is empty, too long, or not printable ASCII."""

    code = "bad-idempotency-key"
    title = "The Idempotency-Key is not valid"
    advice = f"Send 1 to {LONGEST_KEY} printable ASCII characters, best a random UUID."


class KeyReused(errors.Invalid):
    """This Idempotency-Key was used for a request with another method, address or body."""

    code = "idempotency-key-reused"
    title = "The Idempotency-Key belongs to another request"
    advice = "Use a new key for a new request, and the same key only to repeat one unchanged."


class StillRunning(errors.Conflict):
    """A request with this Idempotency-Key is being worked on at this moment."""

    code = "idempotency-key-in-use"
    title = "The first request still runs"
    advice = "Send it again after the seconds named in Retry-After; you get the first's answer."
    retry_after = 1


def keyed(handler: Handler) -> Handler:
    """Make a method of an API view repeatable under an Idempotency-Key.

    1. Without the header the method runs as it is.
    2. One transaction takes an advisory lock on (client, key); whoever fails gets 409. The lock
       ends with the transaction, so a crash leaves neither a lock nor a half-done record.
    3. Is there a stored answer? Another request under that key: 422. The same: its bytes.
    4. Otherwise the method runs, and its answer is stored in the same transaction: either both
       are there after a crash or neither, and the retry finds out which.
    5. Errors are not stored: nothing happened, so the key stays free.
    """

    @wraps(handler)
    def wrapped(view: APIView, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = request.headers.get(HEADER)
        client_id = clients.calling_client_id(request)
        if key is None or client_id is None:
            return handler(view, request, *args, **kwargs)
        _check(key)
        digest, at = _digest(request), timezone.now()
        with transaction.atomic():
            _lock(client_id, key)
            stored = IdempotencyRecord.objects.filter(client_id=client_id, key=key)
            found = stored.order_by("id").first()
            if found is not None and found.expires_at > at:
                return _replay(found, digest)
            if found is not None:
                found.delete()
            response = _render(view, request, handler(view, request, *args, **kwargs))
            if response.status_code >= 400:
                transaction.set_rollback(True)
                return response
            _store(request, response, client_id=client_id, key=key, digest=digest, at=at)
            return response

    wrapped.is_keyed = True  # type: ignore[attr-defined]
    return wrapped


def is_keyed(handler: Any) -> bool:
    return getattr(handler, "is_keyed", False)


def _check(key: str) -> None:
    if not 1 <= len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise BadKey(f"An Idempotency-Key is 1 to {LONGEST_KEY} printable ASCII characters.")


def _digest(request: Request) -> bytes:
    http = request._request
    parts = (
        http.method or "",
        http.get_full_path(),
        http.headers.get("Content-Type", ""),
    )
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + http.body).digest()


def _lock(client_id: UUID, key: str) -> None:
    name = hashlib.sha256(f"idempotency:{client_id}:{key}".encode()).digest()
    number = int.from_bytes(name[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        row = cursor.fetchone()
    if not (row and row[0]):
        raise StillRunning("A request with this Idempotency-Key still runs.")


def _replay(found: IdempotencyRecord, digest: bytes) -> HttpResponse:
    if bytes(found.request_sha256) != digest:
        raise KeyReused("This Idempotency-Key was used for another request.")
    headers = found.headers | {REPLAYED: "true"}
    return HttpResponse(bytes(found.body), status=found.status, headers=headers)


def _render(view: APIView, request: Request, response: HttpResponseBase) -> HttpResponse:
    """Render now, so that what is stored is byte for byte what is sent."""
    response = view.finalize_response(request, response)  # type: ignore[arg-type]
    if hasattr(response, "render"):
        response = response.render()
    if not isinstance(response, HttpResponse):
        raise TypeError("A streamed answer cannot be kept under an Idempotency-Key.")
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    return HttpResponse(response.content, status=response.status_code, headers=headers)


def _store(
    request: Request,
    response: HttpResponse,
    *,
    client_id: UUID,
    key: str,
    digest: bytes,
    at: datetime,
) -> None:
    IdempotencyRecord.objects.create(
        client_id=client_id,
        key=key,
        method=request.method or "",
        path=request.path[:500],
        request_sha256=digest,
        status=response.status_code,
        headers={name: response[name] for name in KEPT_HEADERS if name in response},
        body=response.content,
        created_at=at,
        expires_at=at + KEPT_FOR,
    )
