"""How the API document describes the tokens of partners."""

from typing import Any

from django.conf import settings
from drf_spectacular.contrib.django_oauth_toolkit import DjangoOAuthToolkitScheme
from drf_spectacular.openapi import AutoSchema


class PartnerScheme(DjangoOAuthToolkitScheme):  # type: ignore[no-untyped-call]
    target_class = "identity.api.base.PartnerAuthentication"
    name = "client_credentials"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        flow = {"tokenUrl": "/api/oauth/token/", "scopes": settings.OAUTH2_PROVIDER["SCOPES"]}
        return {
            "type": "oauth2",
            "description": "Get a token with your client's id and secret; it holds for an hour.",
            "flows": {"clientCredentials": flow},
        }
