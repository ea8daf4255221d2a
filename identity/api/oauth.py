"""Tokens for partners: client credentials only, and none for a disabled client."""

import hashlib
from functools import cache
from typing import Any

from django.db import connection
from oauth2_provider.models import get_access_token_model
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request

from identity.models import ApiClient
from portal.core import rows
from portal.core.models import Platform


class ClientCredentialsValidator(OAuth2Validator):  # type: ignore[misc]
    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        authenticated: bool = super().authenticate_client(request, *args, **kwargs)
        client = getattr(request, "client", None)
        return authenticated and isinstance(client, ApiClient) and client.disabled_at is None

    def _load_access_token(self, token: str) -> Any:
        """Find the token with its client and platform, for every request: in one ready query."""
        checksum = hashlib.sha256(token.encode()).hexdigest()
        with connection.cursor() as cursor:
            cursor.execute(_query(), [checksum])
            found = cursor.fetchone()
        if found is None:
            return None
        token_, client, platform = rows.split(found, get_access_token_model(), ApiClient, Platform)
        client.platform = platform
        token_.application = client
        return token_


@cache
def _query() -> str:
    tokens = get_access_token_model()
    columns = rows.columns_of(token=tokens, client=ApiClient, platform=Platform)
    return (
        f"SELECT {columns} FROM {tokens._meta.db_table} token"
        f" JOIN {ApiClient._meta.db_table} client ON client.id = token.application_id"
        f" JOIN {Platform._meta.db_table} platform ON platform.id = client.platform_id"
        " WHERE token.token_checksum = %s"
    )
