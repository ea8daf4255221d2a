"""What ends by the clock alone: stored answers and sessions."""

from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import transaction

from portal.core import audit
from portal.core.actors import Actor
from portal.core.models import IdempotencyRecord


@transaction.atomic(savepoint=False)
def clean(*, by: Actor, at: datetime, limit: int) -> int:
    """Delete at most `limit` expired rows of each kind. Return how many went."""
    expired = IdempotencyRecord.objects.filter(expires_at__lte=at).order_by("expires_at")
    answers = expired.select_for_update(skip_locked=True).values_list("id", flat=True)[:limit]
    gone, _ = IdempotencyRecord.objects.filter(id__in=list(answers)).delete()
    ended = Session.objects.filter(expire_date__lte=at).order_by("expire_date")
    sessions = ended.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit]
    closed, _ = Session.objects.filter(pk__in=list(sessions)).delete()
    if gone + closed:
        new = {"answers": gone, "sessions": closed}
        audit.record(action="expiry.clean", record=IdempotencyRecord, by=by, at=at, new=new)
    return gone + closed
