"""Mails the links of verification requests, with no transaction open while it speaks SMTP."""

from collections.abc import Callable
from datetime import datetime
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import BadHeaderError
from django.utils import timezone

from identity import email_links
from identity.actions import links
from identity.models import VerificationRequest
from portal.core.actors import Actor

BATCH = 20
# Where the dashboard, a layer above, opens a link.
PAGE = "/verifications/link/"
TEXT = """\
You asked {platform} to confirm your email address for your verification.

Open this page and press the button there. The link works once, until {until}, and only for you:
{link}

If you did not ask for it, do nothing: without the button nothing happens.
"""

log = structlog.get_logger(__name__)
Clock = Callable[[], datetime]


def run(*, by: Actor, clock: Clock = timezone.now) -> int:
    """Mail what is due until nothing is. Return how many left; what failed is tried later."""
    sent = 0
    while claimed := links.claim(by=by, at=clock(), limit=BATCH):
        with get_connection() as server:
            for request in claimed:
                sent += _send(request, server, by=by, clock=clock)
    return sent


def _send(
    request: VerificationRequest, server: BaseEmailBackend, *, by: Actor, clock: Clock
) -> bool:
    user = request.account.user
    address = email_links.address_of(user) if user is not None and user.is_active else ""
    if address:
        try:
            _message(request, address, server).send()
        except (SMTPException, OSError, BadHeaderError) as error:
            # No address and no link: the request's id leads to both.
            name = type(error).__name__
            log.warning("verification_link_not_mailed", request=str(request.pk), error=name)
            return False
    links.settle(request=request, is_sent=bool(address), by=by, at=clock())
    return bool(address)


def _message(request: VerificationRequest, address: str, server: BaseEmailBackend) -> EmailMessage:
    platform = request.account.platform.name
    token = email_links.token_for(request.pk, address=address)
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    return EmailMessage(
        subject=f"Confirm your email address for {platform}".replace("\n", " "),
        body=TEXT.format(
            platform=platform,
            until=f"{request.due_at:%-d %B %Y, %H:%M} UTC",
            link=f"{settings.PUBLIC_URL}{PAGE}{token}/",
        ),
        to=[address],
        headers={
            # The same for every attempt, so that a mail that left twice is seen once.
            "Message-ID": f"<verification-link-{request.pk}@{domain}>",
            "Auto-Submitted": "auto-generated",
        },
        connection=server,
    )
