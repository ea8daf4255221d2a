"""How the secrets of second factors are encrypted where allauth keeps them."""

import base64

from portal.core import keyring

BOUND_TO = b"mfa.Authenticator.data"
# The entries of `Authenticator.data` that are secrets: of an app, of recovery codes.
SECRETS = ("secret", "seed")


def seal(text: str) -> str:
    sealed = keyring.current().seal(text.encode(), bound_to=BOUND_TO)
    return base64.b64encode(sealed).decode()


def unseal(sealed: str) -> str:
    return keyring.current().open(base64.b64decode(sealed), bound_to=BOUND_TO).decode()


def key_of(sealed: str) -> str:
    """Return the id of the key that sealed a secret."""
    return keyring.key_id_of(base64.b64decode(sealed))
