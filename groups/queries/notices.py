"""What people were told."""

from uuid import UUID

from django.db.models import QuerySet

from groups.models import Notice
from groups.queries import visibility
from identity.models import User


def list_for(*, user: User, before: UUID | None = None) -> QuerySet[Notice]:
    """Return the notices to every account of `user`, the latest first.

    With `before`, those that are older than that one.
    """
    found = visibility.list_notices_for(user=user).select_related("platform", "group", "case")
    if before is not None:
        found = found.filter(pk__lt=before)
    return found.order_by("-pk")


def list_unread(*, user: User) -> QuerySet[Notice]:
    return list_for(user=user).filter(read_at=None)


def count_unread(*, user: User) -> int:
    return visibility.list_notices_for(user=user).filter(read_at=None).count()
