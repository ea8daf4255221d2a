"""Mails that the review of a hold is overdue, with no transaction open while it speaks SMTP."""

from collections.abc import Callable
from datetime import datetime
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse
from django.utils import timezone

from identity.actions import hold_reminders
from identity.models import HoldReminder
from portal.core.actors import Actor

BATCH = 20
TEXT = """\
The review of hold {hold} on {platform} was due on {day}. The hold still stands, and what it covers
is not deleted.

Open it, and keep it with another review date or release it:
{link}
"""
FOOTER = "You get this once a review: you placed or approved the hold, or administer {platform}."

log = structlog.get_logger(__name__)
Clock = Callable[[], datetime]


def run(*, by: Actor, clock: Clock = timezone.now) -> int:
    """Mail what is due until nothing is. Return how many left; what failed is tried later."""
    sent = 0
    while claimed := hold_reminders.claim(by=by, at=clock(), limit=BATCH):
        with get_connection() as server:
            for reminder in claimed:
                sent += _send(reminder, server, by=by, clock=clock)
    return sent


def _send(reminder: HoldReminder, server: BaseEmailBackend, *, by: Actor, clock: Clock) -> bool:
    is_wanted = hold_reminders.is_wanted(reminder=reminder)
    if is_wanted:
        try:
            _message(reminder, server).send()
        except (SMTPException, OSError) as error:
            # No address: the reminder's id leads to it.
            name = type(error).__name__
            log.warning("hold_reminder_not_mailed", reminder=str(reminder.pk), error=name)
            return False
    hold_reminders.settle(reminder=reminder, is_sent=is_wanted, by=by, at=clock())
    return is_wanted


def _message(reminder: HoldReminder, server: BaseEmailBackend) -> EmailMessage:
    hold = reminder.hold
    footer = FOOTER.format(platform=hold.platform.name)
    text = TEXT.format(
        hold=hold.reference,
        platform=hold.platform.name,
        day=f"{reminder.review_at:%-d %B %Y}",
        link=settings.PUBLIC_URL + reverse("admin:core_hold_change", args=[hold.pk]),
    )
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    return EmailMessage(
        subject=f"Review overdue: hold {hold.reference}",
        body=f"{text}\n-- \n{footer}\n",
        to=[reminder.user.email],
        headers={
            # The same for every attempt, so that a mail that left twice is seen once.
            "Message-ID": f"<hold-review-{reminder.pk}@{domain}>",
            "Auto-Submitted": "auto-generated",
        },
        connection=server,
    )
