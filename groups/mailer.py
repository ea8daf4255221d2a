"""Sends the mail of notices: claims a few, speaks SMTP with no transaction open, settles each."""

from collections.abc import Callable
from datetime import datetime
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import BadHeaderError
from django.urls import reverse
from django.utils import timezone

from groups import notice_phrases
from groups.actions import mail
from groups.models import Notice
from identity.models import User
from portal.core.actors import Actor

BATCH = 20

log = structlog.get_logger(__name__)
Clock = Callable[[], datetime]


def run(*, by: Actor, clock: Clock = timezone.now) -> int:
    """Mail what is due until nothing is. Return how many left; what failed is tried later."""
    parked = mail.park_spent(by=by, at=clock())
    if parked:
        log.warning("notices_not_mailed", notices=parked)
    sent = 0
    while claimed := mail.claim(by=by, at=clock(), limit=BATCH):
        people = User.objects.in_bulk([notice.recipient.user_id for notice in claimed])
        with get_connection() as server:
            for notice in claimed:
                user = people.get(notice.recipient.user_id)
                sent += _send(notice, user, server, by=by, clock=clock)
    return sent


def _send(
    notice: Notice, user: User | None, server: BaseEmailBackend, *, by: Actor, clock: Clock
) -> bool:
    if user is None or not user.is_active:
        mail.settle(notice=notice, is_sent=False, by=by, at=clock())
        return False
    try:
        _message(notice, user, server).send()
    except (SMTPException, OSError, BadHeaderError) as error:
        # No address and no text: the notice's id leads to both.
        log.warning("notice_not_mailed", notice=str(notice.pk), error=type(error).__name__)
        return False
    mail.settle(notice=notice, is_sent=True, by=by, at=clock())
    return True


def _footer(notice: Notice) -> str:
    link = settings.PUBLIC_URL + reverse("groups:notice", args=[notice.pk])
    words = notice_phrases.phrases(notice.language)["mail_footer"]
    return words.format(platform=notice.platform.name, link=link)


def _message(notice: Notice, user: User, server: BaseEmailBackend) -> EmailMessage:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    return EmailMessage(
        subject=notice.subject,
        body=f"{notice.body}\n\n-- \n{_footer(notice)}\n",
        to=[user.email],
        headers={
            # The same for every attempt, so that a mail that left twice is seen once.
            "Message-ID": f"<notice-{notice.pk}@{domain}>",
            "Auto-Submitted": "auto-generated",
        },
        connection=server,
    )
