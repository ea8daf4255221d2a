"""Tokens for partners: client credentials only, and none for a disabled client."""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request

from identity.models import ApiClient


class ClientCredentialsValidator(OAuth2Validator):  # type: ignore[misc]
    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        authenticated: bool = super().authenticate_client(request, *args, **kwargs)
        client = getattr(request, "client", None)
        return authenticated and isinstance(client, ApiClient) and client.disabled_at is None
