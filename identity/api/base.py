"""What every endpoint for partners has in common."""

from typing import ClassVar

from oauth2_provider.contrib.rest_framework import OAuth2Authentication, TokenHasScope
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.views import APIView

# drf-spectacular finds the description of our tokens once it is imported.
from identity.api import openapi  # noqa: F401
from identity.models import ApiClient
from portal.core.actors import Actor
from portal.core.models import Platform


class PartnerAuthentication(OAuth2Authentication):  # type: ignore[misc]
    """A Bearer token of a client that is not disabled; clients have no user."""

    def authenticate(self, request: Request) -> tuple[object, object] | None:
        # Looking for a token in a form reads the stream; the body stays readable only if it was
        # read before.
        request._request.body  # noqa: B018
        found: tuple[object, object] | None = super().authenticate(request)
        if found is None:
            return None
        client = getattr(found[1], "application", None)
        if not isinstance(client, ApiClient) or client.disabled_at is not None:
            raise AuthenticationFailed("This API client has been disabled.")
        return found


class PartnerView(APIView):
    """Base of the partner API: one client, one platform, named scopes.

    Subclasses set `required_scopes`. Objects of other platforms answer like missing ones.
    """

    authentication_classes = (PartnerAuthentication,)
    permission_classes = (TokenHasScope,)
    required_scopes: ClassVar[list[str]] = []

    @property
    def client(self) -> ApiClient:
        client: ApiClient = self.request.auth.application  # type: ignore[union-attr]
        return client

    @property
    def platform(self) -> Platform:
        platform: Platform = self.client.platform
        return platform

    @property
    def actor(self) -> Actor:
        return Actor.client(self.client)
