"""Who is told that the review of a hold is overdue, and whether the mail left.

The rows are the work: written once a review, claimed under a lease, settled after SMTP answered.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from identity.models import HoldReminder, StaffAssignment, User
from identity.roles import Role
from portal.core import audit
from portal.core.actors import Actor
from portal.core.models import Hold

# How long a claim holds, and so the pause before the next attempt.
PAUSES = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
)


@transaction.atomic(savepoint=False)
def write_due(*, by: Actor, at: datetime, limit: int) -> int:
    """Write the reminders of overdue reviews that have none yet. Return of how many holds.

    To whoever placed and approved the hold and to the platform's administrators, as they are now.
    A hold without any of them is looked at again.
    """
    told = HoldReminder.objects.filter(hold=OuterRef("pk"), review_at=OuterRef("review_at"))
    untold = Hold.objects.overdue(at).filter(~Exists(told)).order_by("pk")
    locked = list(untold.select_for_update(skip_locked=True, no_key=True)[:limit])
    # Another sweeper may have told them between the look and the lock.
    holds = Hold.objects.filter(pk__in=[hold.pk for hold in locked]).filter(~Exists(told))
    reminders = [
        HoldReminder(
            hold=hold, user_id=person, review_at=hold.review_at, created_at=at, mail_due_at=at
        )
        for hold in holds
        for person in _people(hold)
    ]
    HoldReminder.objects.bulk_create(reminders)
    if reminders:
        new = {"reminders": len(reminders)}
        audit.record(action="hold_reminders.write", record=HoldReminder, by=by, at=at, new=new)
    return len({reminder.hold_id for reminder in reminders})


def _people(hold: Hold) -> list[UUID]:
    administrators = StaffAssignment.objects.filter(
        platform=hold.platform_id, role=Role.ADMINISTRATOR, ended_at=None
    )
    answer = [person for person in (hold.placed_by, hold.approved_by) if person]
    people = User.objects.filter(Q(pk__in=answer) | Q(pk__in=administrators.values("user")))
    return list(people.filter(is_active=True).order_by("pk").values_list("pk", flat=True))


@transaction.atomic(savepoint=False)
def claim(*, by: Actor, at: datetime, limit: int) -> list[HoldReminder]:
    """Take over reminders that wait. The attempt counts at once; the last one is not repeated."""
    due = HoldReminder.objects.filter(mail_due_at__lte=at).order_by("mail_due_at", "pk")
    rows = due.select_related("hold__platform", "user")
    claimed = list(rows.select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit])
    for reminder in claimed:
        pause = dict(enumerate(PAUSES)).get(reminder.mail_attempts)
        reminder.mail_due_at = at + pause if pause else None
        reminder.mail_attempts += 1
    HoldReminder.objects.bulk_update(claimed, ["mail_due_at", "mail_attempts"])
    if claimed:
        new = {"reminders": len(claimed)}
        audit.record(action="hold_reminders.claim", record=HoldReminder, by=by, at=at, new=new)
    return [reminder for reminder in claimed if reminder.mail_attempts <= len(PAUSES)]


@transaction.atomic(savepoint=False)
def settle(*, reminder: HoldReminder, is_sent: bool, by: Actor, at: datetime) -> None:
    """Note that the mail left, or that it is no longer wanted."""
    waiting = HoldReminder.objects.filter(pk=reminder.pk, mailed_at=None)
    if waiting.update(mailed_at=at if is_sent else None, mail_due_at=None):
        new = {"is_sent": is_sent, "attempts": reminder.mail_attempts}
        audit.record(action="hold_reminders.settle", record=reminder, by=by, at=at, new=new)


def is_wanted(*, reminder: HoldReminder) -> bool:
    """Say whether the review is still overdue and the person still works here."""
    hold = Hold.objects.filter(pk=reminder.hold_id, released_at=None)
    return reminder.user.is_active and hold.filter(review_at=reminder.review_at).exists()
