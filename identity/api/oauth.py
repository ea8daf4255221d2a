"""Tokens for partners: client credentials only, and none for a disabled client."""

import hashlib
from functools import cache
from typing import Any

from oauth2_provider.models import get_access_token_model
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request
from rest_framework import request as rest

from identity.models import ApiClient
from portal.core import rows
from portal.core.models import Platform


class HeaderCore(OAuthLibCore):  # type: ignore[misc]
    def extract_body(self, request: Any) -> list[tuple[str, str]]:
        """Look for no token in a body that is an endpoint's: it is read once the caller is known.

        No endpoint takes a form, so no token comes in one. Where tokens are issued, forms are read.
        """
        return [] if isinstance(request, rest.Request) else list(super().extract_body(request))


class ClientCredentialsValidator(OAuth2Validator):  # type: ignore[misc]
    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        authenticated: bool = super().authenticate_client(request, *args, **kwargs)
        client = getattr(request, "client", None)
        return authenticated and isinstance(client, ApiClient) and _hold(client)

    def _load_access_token(self, token: str) -> Any:
        return find_token(token)


def _hold(client: ApiClient) -> bool:
    """Lock a client until its token is stored; false if the secret it gave is no longer its own.

    Whoever replaces the secret or disables the client comes before this, or waits and then finds
    the token among those to end.
    """
    as_it_gave = ApiClient.objects.filter(
        pk=client.pk, client_secret=client.client_secret, disabled_at=None
    )
    return bool(as_it_gave.select_for_update(no_key=True).values_list("pk"))


def find_token(token: str) -> Any:
    """Return a token that was issued, expired or not, with its client and platform, or None."""
    checksum = hashlib.sha256(token.encode()).hexdigest()
    found = rows.fetch_prepared(_statement(), [checksum])
    if not found:
        return None
    issued, client, platform = rows.split(found[0], *_parts().values())
    client.platform = platform
    issued.application = client
    return issued


@cache
def _parts() -> dict[str, Any]:
    """Name what is read of a token, its client and its platform: what requests need of them."""
    token = ("id", "user_id", "application_id", "expires", "scope", "resource")
    client = ("id", "client_id", "name", "platform_id", "user_id", "disabled_at")
    return {
        "token": rows.Some(get_access_token_model(), token),
        "client": rows.Some(ApiClient, client),
        "platform": Platform,
    }


@cache
def _statement() -> str:
    tokens = get_access_token_model()
    return (
        f"SELECT {rows.columns_of(**_parts())} FROM {tokens._meta.db_table} token"
        f" JOIN {ApiClient._meta.db_table} client ON client.id = token.application_id"
        f" JOIN {Platform._meta.db_table} platform ON platform.id = client.platform_id"
        " WHERE token.token_checksum = %s"
    )
