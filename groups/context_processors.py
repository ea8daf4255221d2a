"""What the header of every page shows of notices."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from groups.queries import notices
from identity.models import User


def header(request: HttpRequest) -> dict[str, Any]:
    """Count the unread notices, only where a page shows the number."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {"unread_notices": SimpleLazyObject(lambda: notices.count_unread(user=user))}
