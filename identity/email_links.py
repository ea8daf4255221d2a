"""Links that prove that somebody reads the mail of their own address. Nothing of one is stored.

The address is part of what is signed: after a change of address an old link says nothing.
"""

from uuid import UUID

from allauth.account.models import EmailAddress
from django.core import signing

from identity.models import User
from portal.core.errors import Conflict, NotFound

SALT = "identity.email_links"


class NoAddress(Conflict):
    """The person has no confirmed email address to which a link could go."""

    code = "no-confirmed-address"
    title = "There is no confirmed email address"
    advice = "Confirm your email address on the page about you, then ask again."


class LinkNotValid(NotFound):
    """The link is not one of ours, not yours, or was made for another address."""

    code = "verification-link-not-valid"


def address_of(user: User) -> str:
    """Return the address the person signs in with if it was confirmed, else nothing."""
    found = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return user.email if found.exists() else ""


def token_for(request_id: UUID, *, address: str) -> str:
    return signing.Signer(salt=f"{SALT}:{address}").sign_object(str(request_id))


def request_id_in(token: str, *, address: str) -> UUID:
    """Return the id of the request that the link was made for. Raises LinkNotValid."""
    try:
        return UUID(signing.Signer(salt=f"{SALT}:{address}").unsign_object(token))
    except (signing.BadSignature, ValueError) as error:
        raise LinkNotValid("This link does not work.") from error
