"""Documents that can be checked later: canonical JSON, its SHA-256, and an Ed25519 signature."""

import base64
import binascii
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

SEED_BYTES = 32
# RFC 8785 section 3.2.2.3: numbers are IEEE doubles, so larger integers are not portable.
LARGEST_INTEGER = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Signature:
    sha256: str
    """Hexadecimal digest of the canonical document."""
    value: str
    """Base64 of the 64 signature bytes over the canonical document."""
    key_id: str


def canonical(document: Json) -> bytes:
    """Encode as RFC 8785 does, without fractions. Raise TypeError or ValueError for the rest."""
    return _encode(document).encode()


def digest(document: Json) -> str:
    return hashlib.sha256(canonical(document)).hexdigest()


def sign(document: Json) -> Signature:
    """Sign the canonical form with SIGNING_KEY."""
    key = _private_key(settings.SIGNING_KEY)
    data = canonical(document)
    return Signature(
        sha256=hashlib.sha256(data).hexdigest(),
        value=base64.b64encode(key.sign(data)).decode(),
        key_id=key_id_of(key.public_key().public_bytes_raw()),
    )


def sign_bytes(data: bytes) -> str:
    """Sign a file as it is with SIGNING_KEY; return base64 of the 64 signature bytes."""
    return base64.b64encode(_private_key(settings.SIGNING_KEY).sign(data)).decode()


def verify_bytes(data: bytes, value: str, *, public_key: bytes) -> bool:
    """Say whether `value` is the signature over these very bytes. Raise ValueError for no key."""
    try:
        signature = base64.b64decode(value, validate=True)
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
    except (InvalidSignature, binascii.Error):
        return False
    # The last character has bits that decoding ignores.
    return base64.b64encode(signature).decode() == value


def verify(document: Json, signature: Signature, *, public_key: bytes | None = None) -> bool:
    """Say whether the signature is of this very document; by our own key unless one is given."""
    key, data = public_key or public_key_bytes(), canonical(document)
    return (
        verify_bytes(data, signature.value, public_key=key)
        and signature.sha256 == hashlib.sha256(data).hexdigest()
        and signature.key_id == key_id_of(key)
    )


def public_key_bytes() -> bytes:
    """Return the 32 bytes to publish, so that others can verify."""
    return _private_key(settings.SIGNING_KEY).public_key().public_bytes_raw()


def key_id_of(public_key: bytes) -> str:
    return hashlib.sha256(public_key).hexdigest()[:16]


@functools.cache
def _private_key(encoded: str) -> Ed25519PrivateKey:
    try:
        seed = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        seed = b""
    if len(seed) != SEED_BYTES:
        raise ImproperlyConfigured(
            f"SIGNING_KEY is not base64 of {SEED_BYTES} bytes. "
            "Make one with `openssl rand -base64 32`."
        )
    return Ed25519PrivateKey.from_private_bytes(seed)


def _encode(value: Json) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return _encode_text(value)
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise ValueError(f"{value} is too large for canonical JSON; write it as text.")
        return str(value)
    if isinstance(value, Mapping):
        # Section 3.2.3: members are sorted by their UTF-16 code units.
        keys = sorted(value, key=_utf16)
        return "{" + ",".join(f"{_encode_text(k)}:{_encode(value[k])}" for k in keys) + "}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return "[" + ",".join(map(_encode, value)) + "]"
    raise TypeError(f"{type(value).__name__} has no canonical JSON form; write it as text.")


def _encode_text(text: str) -> str:
    _utf16(text)
    return json.dumps(text, ensure_ascii=False)


def _utf16(text: str) -> bytes:
    if not isinstance(text, str):
        raise TypeError("Member names of canonical JSON are texts.")
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError as error:
        raise ValueError("Canonical JSON cannot hold a lone surrogate.") from error
