"""Who took the fairness report out of Accord."""

from datetime import datetime

from django.db import transaction

from portal.core import audit
from portal.core.actors import Actor
from portal.core.models import Platform


@transaction.atomic(savepoint=False)
def record(
    *,
    platform: Platform,
    form: str,
    period_from: datetime,
    period_to: datetime,
    by: Actor,
    at: datetime,
) -> None:
    """Record an export before its first byte leaves."""
    audit.record(
        action="fairness.export",
        record=platform,
        by=by,
        at=at,
        new={
            "format": form,
            "period_from": period_from.isoformat(),
            "period_to": period_to.isoformat(),
        },
    )
