"""Platforms begin with the shipped rules, notices and standing policy."""

from datetime import datetime

from django.db import transaction

from credit.actions import policies
from groups.actions import rules
from portal.core.actions import platforms
from portal.core.actors import Actor
from portal.core.models import Platform


@transaction.atomic(savepoint=False)
def take_on(
    *, slug: str, name: str, language: str, records_membership: bool, by: Actor, at: datetime
) -> Platform:
    """Take a platform on so that a report can be sent and decided at once."""
    platform = platforms.create(
        slug=slug,
        name=name,
        language=language,
        records_membership=records_membership,
        by=by,
        at=at,
    )
    policies.install_default(platform=platform, by=by, at=at)
    rules.install_defaults(platform=platform, by=by, at=at)
    return platform
