"""Which API client a request comes from, without knowing the layer that defines clients."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request


def calling_client_id(request: Request) -> UUID | None:
    """Return the id of the client whose token authenticated the request."""
    token: Any = request.auth
    client_id: UUID | None = getattr(token, "application_id", None)
    return client_id
