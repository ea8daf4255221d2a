"""Mails with links that wait: claimed under a lease, so that a mailer that dies loses nothing."""

from datetime import datetime, timedelta

from django.db import transaction

from identity.models import VerificationRequest
from portal.core import audit
from portal.core.actors import Actor

# How long a claim holds, and so the pause before the next attempt. The link itself holds a day.
PAUSES = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))


@transaction.atomic(savepoint=False)
def claim(*, by: Actor, at: datetime, limit: int) -> list[VerificationRequest]:
    """Take over links that wait. The attempt counts at once; the last one is not repeated."""
    due = VerificationRequest.objects.filter(
        mail_due_at__lte=at, due_at__gt=at, state=VerificationRequest.State.PENDING
    ).order_by("mail_due_at", "pk")
    rows = due.select_related("account__platform", "account__user")
    claimed = list(rows.select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit])
    for request in claimed:
        pause = dict(enumerate(PAUSES)).get(request.mail_attempts)
        request.mail_due_at = at + pause if pause else None
        request.mail_attempts += 1
    VerificationRequest.objects.bulk_update(claimed, ["mail_due_at", "mail_attempts"])
    if claimed:
        new = {"links": len(claimed)}
        audit.record(action="links.claim", record=VerificationRequest, by=by, at=at, new=new)
    return claimed


@transaction.atomic(savepoint=False)
def settle(*, request: VerificationRequest, is_sent: bool, by: Actor, at: datetime) -> None:
    """Note that the link left, or that there is no address any more to send it to."""
    waiting = VerificationRequest.objects.filter(pk=request.pk, mailed_at=None)
    if waiting.update(mailed_at=at if is_sent else None, mail_due_at=None):
        new = {"is_sent": is_sent, "attempts": request.mail_attempts}
        platform_id = request.account.platform_id
        audit.record(
            action="links.settle", record=request, by=by, at=at, platform_id=platform_id, new=new
        )
