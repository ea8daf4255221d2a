"""What an ID token says, after it was checked: the claims on the list and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from identity.openid import issuers
from identity.openid.issuers import Metadata
from portal.core.errors import Conflict

# With a shared secret the client could sign for the issuer, and with "none" everybody could.
ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]
# OpenID Connect Core 1.0, section 2, and OpenID Connect for Identity Assurance 1.0, section 5.
PROTOCOL = ("iss", "sub", "aud", "azp", "exp", "iat", "nonce")
ASSURANCE = ("acr", "verified_claims")
LEEWAY_SECONDS = 60
OLDEST_SECONDS = 600
LONGEST_SUBJECT = 255
LONGEST_TOKEN = 64 * 1024


class NotConfirmed(Conflict):
    """What the provider sent does not prove who came back from it."""

    code = "identity-not-confirmed"
    title = "The provider did not confirm who you are"
    advice = "Start again from your verification page. Nothing was recorded."


@dataclass(frozen=True, slots=True)
class Token:
    """Who came back, for the person tag only, and what is said of how they were checked."""

    subject: str
    assurance: Mapping[str, Any]


def read(text: str, *, metadata: Metadata, client_id: str, nonce: str, at: datetime) -> Token:
    """Check an ID token (Core 1.0, section 3.1.3.7) and keep the listed claims.

    Raises NotConfirmed, IssuerUnreachable.
    """
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_TOKEN:
        raise NotConfirmed("The provider sent no token.")
    claims = _decode(text, metadata)
    kept = {name: claims[name] for name in PROTOCOL if name in claims}
    if problem := _find_problem(kept, metadata.issuer, client_id, nonce, at):
        raise NotConfirmed(problem)
    return Token(kept["sub"], only_assurance(claims))


def only_assurance(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Drop everything but what says how somebody was checked: no name, no date, no number."""
    return {name: claims[name] for name in ASSURANCE if name in claims}


def _decode(text: str, metadata: Metadata) -> dict[str, Any]:
    """Verify the signature; keys that the issuer changed meanwhile are asked for once more."""
    try:
        return _verify(text, issuers.get_keys(metadata))
    except (InvalidKeyIdError, ValueError):
        pass
    except JoseError as error:
        raise NotConfirmed("The provider's token is not signed as it should be.") from error
    try:
        return _verify(text, issuers.get_keys(metadata, is_fresh=True))
    except (JoseError, ValueError) as error:
        raise NotConfirmed("The provider's token is not signed as it should be.") from error


def _verify(text: str, keys: KeySet) -> dict[str, Any]:
    claims = jwt.decode(text, keys, algorithms=ALGORITHMS).claims
    return claims if isinstance(claims, dict) else {}


def _find_problem(
    claims: Mapping[str, Any], issuer: str, client_id: str, nonce: str, at: datetime
) -> str:
    now, subject = at.timestamp(), claims.get("sub")
    audience = claims.get("aud")
    for_us = audience == client_id or (isinstance(audience, list) and client_id in audience)
    is_shared = isinstance(audience, list) and len(audience) > 1
    if claims.get("iss") != issuer:
        return "The token is from somebody else than the provider."
    if not for_us or claims.get("azp", None if is_shared else client_id) != client_id:
        return "The token was made for another service."
    if not _is_number(claims.get("exp")) or claims["exp"] < now - LEEWAY_SECONDS:
        return "The token has expired. Start again."
    issued = claims.get("iat", 0)
    is_recent = _is_number(issued) and now - OLDEST_SECONDS <= issued <= now + LEEWAY_SECONDS
    if not is_recent:
        return "The token is old, or from a clock that is wrong. Start again."
    if claims.get("nonce") != nonce:
        return "The token was made for another attempt."
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        return "The token does not say whom it is about."
    return ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
