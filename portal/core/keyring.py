"""The keys of encrypted fields: the first one encrypts, the others only decrypt.

A sealed value is: version (1 byte), length of the key id (1 byte), key id, nonce (12 bytes),
AES-256-GCM ciphertext and tag.
"""

import base64
import binascii
import functools
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VERSION = 1
KEY_BYTES = 32
NONCE_BYTES = 12
LONGEST_KEY_ID = 32


class UnknownKey(Exception):
    """The value was sealed with a key that FIELD_KEYS does not hold."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"This value was encrypted with key {key_id!r}, which FIELD_KEYS does not hold. "
            "Add that key after the first one and restart."
        )
        self.key_id = key_id


class BrokenSeal(Exception):
    """The bytes were changed, cut, moved from another column, or are no sealed value."""


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    keys: dict[str, bytes]

    @property
    def primary(self) -> str:
        return next(iter(self.keys))

    @property
    def primary_prefix(self) -> bytes:
        """The bytes that every value sealed with the first key begins with."""
        key_id = self.primary.encode()
        return bytes([VERSION, len(key_id)]) + key_id

    def seal(self, plain: bytes, *, bound_to: bytes) -> bytes:
        """Encrypt with the first key. Only a reader that names `bound_to` can open it."""
        nonce = os.urandom(NONCE_BYTES)
        prefix = self.primary_prefix
        # The prefix is authenticated too, so that a key id cannot be swapped.
        box = AESGCM(self.keys[self.primary]).encrypt(nonce, plain, prefix + bound_to)
        return prefix + nonce + box

    def open(self, sealed: bytes, *, bound_to: bytes) -> bytes:
        """Decrypt with the key that the value names. Raise UnknownKey or BrokenSeal."""
        key_id = key_id_of(sealed)
        if key_id not in self.keys:
            raise UnknownKey(key_id)
        start = 2 + len(key_id.encode())
        nonce, box = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
        try:
            return AESGCM(self.keys[key_id]).decrypt(nonce, box, sealed[:start] + bound_to)
        except (InvalidTag, ValueError) as error:
            raise BrokenSeal(
                "An encrypted value does not open: it was changed, cut or moved from another "
                "column. Restore it from a backup."
            ) from error


def key_id_of(sealed: bytes) -> str:
    """Read which key sealed a value, without opening it."""
    if len(sealed) < 2 or sealed[0] != VERSION:
        raise BrokenSeal("This is not a value that Accord encrypted.")
    try:
        return sealed[2 : 2 + sealed[1]].decode()
    except UnicodeDecodeError as error:
        raise BrokenSeal("This is not a value that Accord encrypted.") from error


@functools.cache
def parse(text: str) -> KeyRing:
    """Read "id:base64,id2:base64". Raise ImproperlyConfigured without repeating any key."""
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        key_id, colon, encoded = part.strip().partition(":")
        if not colon or not key_id or len(key_id.encode()) > LONGEST_KEY_ID:
            raise ImproperlyConfigured(
                "FIELD_KEYS must be a list of id:base64 separated by commas, "
                f"each id at most {LONGEST_KEY_ID} bytes long."
            )
        if key_id in keys:
            raise ImproperlyConfigured(f"FIELD_KEYS names key {key_id!r} twice. Rename one.")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY_BYTES:
            raise ImproperlyConfigured(
                f"Key {key_id!r} in FIELD_KEYS is not base64 of {KEY_BYTES} bytes. "
                "Make one with `openssl rand -base64 32`."
            )
        keys[key_id] = key
    return KeyRing(keys)


def current() -> KeyRing:
    return parse(settings.FIELD_KEYS)
