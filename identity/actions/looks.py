"""Looks at identity details: for a stated purpose, for a short time, and the person hears of it."""

from datetime import datetime, timedelta

from django.db import transaction

from identity.models import Account, IdentityAccess
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Invalid

OPEN_FOR = timedelta(minutes=15)


class PurposeMissing(Invalid):
    """Looking at identity details needs a purpose, stated by a person."""

    code = "purpose-missing"


@transaction.atomic(savepoint=False)
def start(*, account: Account, purpose: str, by: Actor, at: datetime) -> IdentityAccess:
    """Open the details of one person's attestations to `by` for 15 minutes.

    Raises PurposeMissing.
    """
    if not purpose.strip() or not by.is_person or by.id is None:
        raise PurposeMissing("Say what you look for. The person reads it.")
    look = IdentityAccess.objects.create(
        account=account, user_id=by.id, purpose=purpose.strip(), at=at, until=at + OPEN_FOR
    )
    audit.record(
        action="looks.start",
        record=look,
        by=by,
        at=at,
        platform_id=account.platform_id,
        new={"account": str(account.pk), "until": look.until.isoformat()},
    )
    return look
