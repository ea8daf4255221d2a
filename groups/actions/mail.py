"""Notices that leave by mail: claimed under a lease, so that a mailer that dies loses nothing."""

from datetime import datetime, timedelta

from django.db import transaction

from groups.models import Notice
from portal.core import audit
from portal.core.actors import Actor

# How long a claim holds, and so the pause before the next attempt. After the last one the notice
# stays in the portal only.
PAUSES = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
)


@transaction.atomic(savepoint=False)
def claim(*, by: Actor, at: datetime, limit: int) -> list[Notice]:
    """Take over notices that wait, the oldest first.

    The attempt counts at once: a notice that kills its mailer runs out of attempts.
    """
    waiting = Notice.objects.filter(
        mailed_at=None, mail_due_at__lte=at, mail_attempts__lt=len(PAUSES)
    ).order_by("mail_due_at", "pk")
    rows = waiting.select_related("recipient", "platform")
    claimed = list(rows.select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit])
    for notice in claimed:
        notice.mail_due_at = at + PAUSES[notice.mail_attempts]
        notice.mail_attempts += 1
    Notice.objects.bulk_update(claimed, ["mail_due_at", "mail_attempts"])
    if claimed:
        new = {"notices": len(claimed)}
        audit.record(action="mail.claim", record=Notice, by=by, at=at, new=new)
    return claimed


@transaction.atomic(savepoint=False)
def settle(*, notice: Notice, is_sent: bool, by: Actor, at: datetime) -> None:
    """Note that the mail left, or that there is no longer anybody to send it to."""
    waiting = Notice.objects.filter(pk=notice.pk, mailed_at=None)
    if waiting.update(mailed_at=at if is_sent else None, mail_due_at=None):
        new = {"is_sent": is_sent, "attempts": notice.mail_attempts}
        audit.record(action="mail.settle", record=notice, by=by, at=at, new=new)


@transaction.atomic(savepoint=False)
def park_spent(*, by: Actor, at: datetime) -> int:
    """Give up on what has used its last attempt. Return how many."""
    spent = Notice.objects.filter(
        mailed_at=None, mail_due_at__lte=at, mail_attempts__gte=len(PAUSES)
    )
    parked = spent.update(mail_due_at=None)
    if parked:
        new = {"notices": parked}
        audit.record(action="mail.park_spent", record=Notice, by=by, at=at, new=new)
    return parked
