"""How a person's sign-in and their accounts on platforms come together."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from identity import invitations
from identity.invitations import Invitation, InvitationNotValid
from identity.models import Account, User
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict


class AlreadyConnected(Conflict):
    """The account belongs to another sign-in."""

    code = "account-already-connected"
    title = "This account belongs to another sign-in"
    advice = "Sign in with the address that you used before, or write to the service's support."


class AddressTaken(Conflict):
    """Somebody signs in with this address already."""

    code = "address-already-signs-in"
    title = "This address has a sign-in already"
    advice = "Sign in with it, then open the invitation again."


@transaction.atomic(savepoint=False)
def issue(*, account: Account, by: Actor, at: datetime) -> Invitation:
    """Make an invitation to connect the account, for three days. Raises InvitationNotValid."""
    if account.erased_at is not None:
        raise InvitationNotValid("The person of this account was erased at their own wish.")
    invitation = Invitation(account.pk, at + invitations.VALID_FOR)
    new = {"expires_at": invitation.expires_at.isoformat()}
    audit.record(action="invitations.issue", record=account, by=by, at=at, new=new)
    return invitation


@transaction.atomic(savepoint=False)
def connect(*, invitation: Invitation, user: User, by: Actor, at: datetime) -> Account:
    """Make the account one of the person's. Raises AlreadyConnected, InvitationNotValid."""
    account = _lock(invitation)
    if account.user_id != user.pk:
        _connect(account, user=user, by=by, at=at)
    return account


@transaction.atomic(savepoint=False)
def join(*, invitation: Invitation, name: str, password: str, by: Actor, at: datetime) -> User:
    """Make a sign-in with the address that the invitation was mailed to, and connect the account.

    Raises AddressTaken, AlreadyConnected, InvitationNotValid.
    """
    account = _lock(invitation)
    if not invitation.email:
        raise InvitationNotValid("This invitation was not mailed to an address.")
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                invitation.email,
                password,
                name=name,
                language=account.platform.language,
                joined_at=at,
            )
    except IntegrityError as error:
        raise AddressTaken("This address has a sign-in already. Sign in with it.") from error
    # The link went there.
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    audit.record(action="users.join", record=user, by=by, at=at)
    _connect(account, user=user, by=Actor.user(user), at=at)
    return user


def _lock(invitation: Invitation) -> Account:
    """Lock the account: of two who open one invitation, one is first."""
    Account.objects.select_for_update(no_key=True).filter(pk=invitation.account_id).first()
    return invitations.account_of(invitation)


def _connect(account: Account, *, user: User, by: Actor, at: datetime) -> None:
    if account.user_id is not None:
        raise AlreadyConnected("This account belongs to another sign-in.")
    account.user = user
    account.save(update_fields=["user"])
    new = {"user": str(user.pk)}
    audit.record(action="accounts.connect", record=account, by=by, at=at, new=new)
