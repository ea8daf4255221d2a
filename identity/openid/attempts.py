"""One attempt to be verified by an OpenID provider: the way there, and what comes back."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from identity.models import VerificationProvider, VerificationRequest
from identity.openid import assurance, issuers, tokens
from identity.openid.assurance import Assurance
from identity.openid.tokens import NotConfirmed

# In the session: a person may have opened the page in a few tabs.
KEPT = "openid_attempts"
MOST_KEPT = 5
WANTED = {
    "verified_claims": {
        "verification": {
            "trust_framework": None,
            "assurance_level": None,
            "time": None,
            "verification_process": None,
        },
        # A request names at least one claim (Identity Assurance 1.0, section 6); the answer's
        # claims are dropped unread.
        "claims": {"sub": None},
    }
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """What has to fit when the person comes back. It lives in their session, not in an address."""

    request: str
    nonce: str
    verifier: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What is attested, and whom the issuer means, for the person tag only."""

    assurance: Assurance
    issuer: str
    subject: str


class Stopped(NotConfirmed):
    """The person did not go through with it at the provider."""

    code = "identity-check-stopped"
    title = "You stopped at the provider"


def begin(
    *,
    request: VerificationRequest,
    session: MutableMapping[str, Any],
    redirect_uri: str,
) -> str:
    """Return the address at the issuer to send the person to, and remember the attempt.

    Raises IssuerUnreachable, IssuerNotValid.
    """
    provider = request.provider
    metadata = issuers.get_metadata(provider.issuer)
    state = secrets.token_urlsafe(24)
    attempt = Attempt(
        request=str(request.pk),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        redirect_uri=redirect_uri,
    )
    kept = dict(list(session.get(KEPT, {}).items())[-MOST_KEPT + 1 :])
    session[KEPT] = kept | {state: asdict(attempt)}
    digest = hashlib.sha256(attempt.verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid",
        "state": state,
        "nonce": attempt.nonce,
        "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "claims": _claims(metadata),
    }
    joint = "&" if "?" in metadata.authorization_endpoint else "?"
    return f"{metadata.authorization_endpoint}{joint}{urlencode(asked)}"


def recall(session: MutableMapping[str, Any], *, state: str) -> Attempt:
    """Take the attempt out of the session: a state counts once. Raises NotConfirmed."""
    kept = dict(session.get(KEPT, {}))
    found = kept.pop(state, None)
    if found is None:
        raise NotConfirmed("This page was opened twice, or in another browser. Start again.")
    session[KEPT] = kept
    return Attempt(**found)


def finish(
    *,
    attempt: Attempt,
    provider: VerificationProvider,
    answer: Mapping[str, str],
    at: datetime,
) -> Proof:
    """Exchange the code and read what the issuer attests.

    Raises Stopped, NotConfirmed, IssuerUnreachable, IssuerNotValid.
    """
    metadata = issuers.get_metadata(provider.issuer)
    named = answer.get("iss")
    if (named or metadata.names_itself) and named != metadata.issuer:
        raise NotConfirmed("Another provider answered than the one you were sent to.")
    if answer.get("error") == "access_denied":
        raise Stopped("You stopped at the provider. Nothing was recorded.")
    if answer.get("error") or not answer.get("code"):
        raise NotConfirmed("The provider could not check who you are.")
    got = issuers.exchange_code(
        metadata,
        client_id=provider.client_id,
        client_secret=provider.client_secret or "",
        form={
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
        },
    )
    if "error" in got:
        raise NotConfirmed("The provider does not accept its own answer any more. Start again.")
    token = tokens.read(
        got.get("id_token", ""),
        metadata=metadata,
        client_id=provider.client_id,
        nonce=attempt.nonce,
        at=at,
    )
    told = token.assurance
    if "verified_claims" not in told and metadata.userinfo_endpoint:
        told = {**told, **_from_userinfo(metadata, got.get("access_token"), token.subject)}
    found = assurance.read(told, most=provider.level)
    return Proof(found, metadata.issuer, token.subject)


def _from_userinfo(
    metadata: issuers.Metadata, access_token: object, subject: str
) -> dict[str, Any]:
    """Return what userinfo says of the check; it has to be about the same person (Core, 5.3.2)."""
    if not isinstance(access_token, str) or not access_token:
        return {}
    told = issuers.get_userinfo(metadata, access_token=access_token)
    if told.get("sub") != subject:
        raise NotConfirmed("The provider speaks of two different people.")
    return tokens.only_assurance(told)


def _claims(metadata: issuers.Metadata) -> str:
    places = ["id_token", "userinfo"] if metadata.userinfo_endpoint else ["id_token"]
    return json.dumps(dict.fromkeys(places, WANTED), separators=(",", ":"))
