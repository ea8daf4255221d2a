"""What an issuer says of itself, its keys, and the requests that are made to it."""

import http.client
import json
import time
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.core.cache import cache
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from portal.core import checked_http
from portal.core.errors import Conflict, Unavailable
from portal.core.public_addresses import AddressRefused

SECONDS = 8.0
MOST_BYTES = 256 * 1024
KEPT_SECONDS = 600
# After a key that nobody knows, keys are asked for anew at most so often.
PAUSE_SECONDS = 30
# What the answer of a server is read as; no other field of it is looked at.
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class IssuerUnreachable(Unavailable):
    """The issuer does not answer, or not with what the standard asks for."""

    code = "issuer-unreachable"
    title = "The provider does not answer"
    advice = "Try again in a few minutes. If it goes on, tell the service."


class IssuerNotValid(Conflict):
    """What the issuer says of itself does not fit what was configured."""

    code = "issuer-not-valid"
    title = "The provider cannot be used"
    advice = "An administrator of the service has to look at how it is set up."


@dataclass(frozen=True, slots=True)
class Metadata:
    """The part of an issuer's metadata that Accord uses (Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    takes_basic: bool
    names_itself: bool
    """It adds its name to every answer (RFC 9207), so an answer without it is somebody else's."""


def get_metadata(issuer: str, *, is_fresh: bool = False) -> Metadata:
    """Ask the issuer for its metadata, or take what it said minutes ago.

    Raises IssuerUnreachable, IssuerNotValid.
    """
    key = f"openid-metadata:{issuer}"
    known = None if is_fresh else cache.get(key)
    if known is None:
        known = _get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        cache.set(key, known, KEPT_SECONDS)
    return _read(issuer, known)


def get_keys(metadata: Metadata, *, is_fresh: bool = False) -> KeySet:
    """Return the issuer's public keys. Raises IssuerUnreachable."""
    key = f"openid-keys:{metadata.jwks_uri}"
    known = None if is_fresh and cache.add(f"{key}:asked", 1, PAUSE_SECONDS) else cache.get(key)
    if known is None:
        known = _get(metadata.jwks_uri)
        cache.set(key, known, KEPT_SECONDS)
    try:
        return KeySet.import_key_set(cast(KeySetSerialization, known))
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        cache.delete(key)
        raise IssuerUnreachable("The provider's keys cannot be read.") from error


def exchange_code(
    metadata: Metadata, *, client_id: str, client_secret: str, form: dict[str, str]
) -> dict[str, Any]:
    """Exchange a code for tokens. Raises IssuerUnreachable; a refusal has an `error`."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if metadata.takes_basic:
        # RFC 6749, section 2.3.1: both parts are encoded as in a form first.
        pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    else:
        form = form | {"client_id": client_id, "client_secret": client_secret}
    body = urlencode(form).encode()
    return _ask("POST", metadata.token_endpoint, headers, body, allowed=(200, 400, 401))


def get_userinfo(metadata: Metadata, *, access_token: str) -> dict[str, Any]:
    """Ask for the claims that are not in the token. Raises IssuerUnreachable."""
    headers = {"Authorization": f"Bearer {access_token}"}
    return _ask("GET", metadata.userinfo_endpoint, headers)


def _get(url: str) -> dict[str, Any]:
    return _ask("GET", url, {})


def _ask(
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes = b"",
    allowed: tuple[int, ...] = (200,),
) -> dict[str, Any]:
    try:
        answer = checked_http.exchange(
            method,
            url,
            headers=headers | {"Accept": "application/json", "User-Agent": "Accord/1"},
            body=body,
            ends=time.monotonic() + SECONDS,
            allow_loopback=settings.WEBHOOK_ALLOW_LOOPBACK,
            most_bytes=MOST_BYTES,
        )
        found = json.loads(answer.body) if answer.status in allowed else None
    except AddressRefused as error:
        raise IssuerNotValid(f"An address of the provider is refused. {error}") from error
    except checked_http.AnswerTooLarge as error:
        raise IssuerUnreachable("The provider's answer is too large.") from error
    except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
        raise IssuerUnreachable("The provider does not answer as it should.") from error
    if not isinstance(found, dict):
        raise IssuerUnreachable("The provider does not answer as it should.")
    return found


def _is_web_page(url: str) -> bool:
    """Say whether a person can be sent there: people's browsers go, not Accord."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_loopback = parts.hostname == "127.0.0.1" and settings.WEBHOOK_ALLOW_LOOPBACK
    schemes = ("https", "http") if is_loopback else ("https",)
    return parts.scheme in schemes and bool(parts.hostname) and url.isprintable()


def _read(issuer: str, told: dict[str, Any]) -> Metadata:
    if told.get("issuer") != issuer:
        raise IssuerNotValid(
            f"At this address somebody else answers: the issuer has to be {issuer}, to the letter."
        )
    if not all(isinstance(told.get(name), str) for name in ENDPOINTS):
        raise IssuerNotValid("The provider does not say where to sign in, or where its keys are.")
    if not _is_web_page(told["authorization_endpoint"]):
        raise IssuerNotValid("The address to sign in at does not begin with https://.")
    methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    userinfo = told.get("userinfo_endpoint")
    return Metadata(
        issuer=issuer,
        authorization_endpoint=told["authorization_endpoint"],
        token_endpoint=told["token_endpoint"],
        jwks_uri=told["jwks_uri"],
        userinfo_endpoint=userinfo if isinstance(userinfo, str) else "",
        takes_basic=isinstance(methods, list) and "client_secret_basic" in methods,
        names_itself=told.get("authorization_response_iss_parameter_supported") is True,
    )
