"""Mails whoever was given a role and has no password yet, with a link to choose one."""

from datetime import datetime, timedelta
from smtplib import SMTPException

import structlog
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.message import BadHeaderError
from django.urls import reverse

from identity.models import StaffAssignment, User

TEXT = """\
{giver} gave you a role on {platform}: {role}. You work in Accord, where reports about groups are
answered and decided.

Choose your password here:
{link}

The link works once, until {until}. After that, “Forgotten your password?” on the sign-in page sends
you another:
{sign_in}

Signing in asks you to set up a second factor. If you do not know what this is about, do nothing.
"""

log = structlog.get_logger(__name__)


def mail(*, assignment: StaffAssignment, at: datetime) -> bool:
    """Send it, with no transaction open. Return whether the mail server took it."""
    try:
        _message(assignment, at).send()
    except (SMTPException, OSError, BadHeaderError) as error:
        # No address and no link: the assignment's id leads to both.
        name = type(error).__name__
        log.warning("role_not_mailed", assignment=str(assignment.pk), error=name)
        return False
    return True


def _message(assignment: StaffAssignment, at: datetime) -> EmailMessage:
    platform = assignment.platform.name
    until = at + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    return EmailMessage(
        subject=f"Your role on {platform}".replace("\n", " "),
        body=TEXT.format(
            giver=assignment.assigned_by or "Accord",
            platform=platform,
            role=assignment.get_role_display(),
            link=_link_for(assignment.user),
            until=f"{until:%-d %B %Y, %H:%M} UTC",
            sign_in=settings.PUBLIC_URL + reverse("account_login"),
        ),
        to=[assignment.user.email],
        headers={
            "Message-ID": f"<role-{assignment.pk}@{domain}>",
            "Auto-Submitted": "auto-generated",
        },
    )


def _link_for(user: User) -> str:
    """The same link as of a forgotten password: it ends when it was used."""
    parts = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return settings.PUBLIC_URL + reverse("account_reset_password_from_key", kwargs=parts)
