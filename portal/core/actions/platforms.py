"""Platforms: the partner services whose groups Accord accounts for."""

from datetime import datetime

from django.db import transaction

from portal.core import audit
from portal.core.actors import Actor
from portal.core.models import Platform


@transaction.atomic(savepoint=False)
def create(
    *, slug: str, name: str, language: str, records_membership: bool, by: Actor, at: datetime
) -> Platform:
    """Record a platform. Joins and leaves are recorded only if it asks for that."""
    platform = Platform.objects.create(
        slug=slug,
        name=name,
        language=language,
        records_membership=records_membership,
        created_at=at,
    )
    new = {"slug": slug, "records_membership": records_membership}
    audit.record(action="platforms.create", record=platform, by=by, at=at, new=new)
    return platform
