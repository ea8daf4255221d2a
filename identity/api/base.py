"""What every endpoint for partners has in common."""

from typing import Any, ClassVar

from oauth2_provider.contrib.rest_framework import OAuth2Authentication, TokenHasScope
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.views import APIView

# drf-spectacular finds the description of our tokens once it is imported.
from identity.api import oauth, openapi  # noqa: F401
from identity.models import ApiClient
from portal.core.actors import Actor
from portal.core.models import Platform


class PartnerAuthentication(OAuth2Authentication):  # type: ignore[misc]
    """A Bearer token of a client that is not disabled; clients have no user."""

    def authenticate(self, request: Request) -> tuple[object, object] | None:
        found = _find_token(request)
        if found is None:
            judged: tuple[object, object] | None = super().authenticate(request)
            if judged is None:
                return None
            found = judged[1]
        client = getattr(found, "application", None)
        if not isinstance(client, ApiClient) or client.disabled_at is not None:
            raise AuthenticationFailed("This API client has been disabled.")
        return None, found


def _find_token(request: Request) -> Any:
    """Return the token of a request that leaves nothing to judge, as nearly all do.

    None means that the library has to: it knows all the rules and words each refusal, which takes
    longer than many an answer of ours.
    """
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or request.META.get("QUERY_STRING"):
        return None
    token = oauth.find_token(sent)
    return token if token and token.is_valid() and not token.resource else None


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
