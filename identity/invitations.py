"""Invitations: sealed links by which people get into the dashboard. Nothing of one is stored.

A platform knows who holds an account there, and hands that person the invitation. Whoever has no
sign-in yet shows first, by a second link, that they read the mail of the address they want to use.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.message import BadHeaderError

from identity.models import Account, User
from portal.core import keyring
from portal.core.errors import NotFound, Unavailable

VALID_FOR = timedelta(days=3)
MAILED_FOR = timedelta(hours=24)
BOUND_TO = b"identity.invitations"
# Where the dashboard, a layer above, opens an invitation.
PAGE = "/invitations/"
FIRST = """\
You were invited to Accord, as {account} on {platform}. There you see what was reported in your \
groups, answer it, and contest what was decided.

Choose your name and password here:
{link}

The link works until {until}, and only for this address. If it was not you who asked for it, do \
nothing.
"""
AGAIN = """\
Somebody, hopefully you, opened an invitation to Accord as {account} on {platform}, and gave this \
address. It has a sign-in already, so you need no new one. Sign in with it here to connect the \
account:
{link}

The link works until {until}. If it was not you who asked for it, do nothing.
"""


class InvitationNotValid(NotFound):
    """The invitation is not one of ours, is over, or its account is gone."""

    code = "invitation-not-valid"
    title = "This invitation does not work"
    advice = "Ask for a new one where you got it: on the service that your group is on."


class NotMailed(Unavailable):
    """The mail server did not take the mail."""

    code = "invitation-not-mailed"
    title = "The mail could not be sent"
    advice = "Try again in a few minutes."


@dataclass(frozen=True, slots=True)
class Invitation:
    """An account to connect, until when; with the address it was mailed to, once that happened."""

    account_id: UUID
    expires_at: datetime
    email: str = ""

    @property
    def link(self) -> str:
        """The address that opens it. Whoever has it can use it."""
        told = [str(self.account_id), self.expires_at.isoformat(), self.email]
        sealed = keyring.current().seal(json.dumps(told).encode(), bound_to=BOUND_TO)
        token = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
        return f"{settings.PUBLIC_URL}{PAGE}{token}/"


def read(token: str, *, at: datetime) -> Invitation:
    """Open what a link holds. Raises InvitationNotValid."""
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        told = json.loads(keyring.current().open(sealed, bound_to=BOUND_TO))
    except (ValueError, binascii.Error, keyring.BrokenSeal, keyring.UnknownKey) as error:
        raise InvitationNotValid("This invitation is not complete.") from error
    invitation = Invitation(UUID(told[0]), datetime.fromisoformat(told[1]), told[2])
    if invitation.expires_at <= at:
        raise InvitationNotValid(f"This invitation ended on {_day(invitation.expires_at)}.")
    return invitation


def account_of(invitation: Invitation) -> Account:
    """Return the account that it connects. Raises InvitationNotValid."""
    accounts = Account.objects.select_related("platform").filter(erased_at=None)
    account = accounts.filter(pk=invitation.account_id).first()
    if account is None:
        raise InvitationNotValid("The account of this invitation does not exist any more.")
    return account


def mail(*, account: Account, invitation: Invitation, email: str, at: datetime) -> None:
    """Send the next step to an address, whether or not somebody signs in with it. Raises NotMailed.

    What the page says is the same for both: only the mailbox learns which.
    """
    known = User.objects.filter(email=email, is_active=True).exists()
    next_step = invitation if known else Invitation(account.pk, at + MAILED_FOR, email)
    message = EmailMessage(
        subject=f"Your invitation to Accord for {account.platform}".replace("\n", " "),
        body=(AGAIN if known else FIRST).format(
            account=account,
            platform=account.platform,
            link=next_step.link,
            until=_day(next_step.expires_at),
        ),
        to=[email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except (SMTPException, OSError, BadHeaderError) as error:
        raise NotMailed("The mail could not be sent. Try again in a few minutes.") from error


def _day(at: datetime) -> str:
    return f"{at:%-d %B %Y, %H:%M} UTC"
