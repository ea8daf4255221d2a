"""An owner names which managers answer the cases of a group; with nobody named, all of them do."""

from datetime import datetime

from django.contrib.auth.models import Permission
from django.db import transaction

from groups.models import Group, GroupUserObjectPermission, Tenure
from groups.models.tenures import Role
from groups.queries import answering
from identity.models import Account, User
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Invalid


class NotAManager(Invalid):
    """Answering can be delegated to somebody who manages the group and signs in to Accord."""

    code = "not-a-manager"
    title = "This person cannot answer for the group"
    advice = "Choose somebody who manages the group on its platform and has linked their account."


@transaction.atomic(savepoint=False)
def delegate(*, group: Group, account: Account, by: Actor, at: datetime) -> User:
    """Name a manager to answer the group's cases; managers who are not named no longer do.

    Raises NotAManager.
    """
    held = Tenure.objects.current().filter(group=group, account=account, role=Role.MANAGER)
    if account.user is None or not held.exists():
        raise NotAManager(f"{account} does not manage {group}, or has not signed in to Accord.")
    permission = Permission.objects.get(
        content_type__app_label="groups", codename=answering.DELEGATION
    )
    _, is_new = GroupUserObjectPermission.objects.get_or_create(
        content_object=group, user=account.user, permission=permission
    )
    if is_new:
        new = {"account": str(account.pk)}
        audit.record(action="delegations.delegate", record=group, by=by, at=at, new=new)
    return account.user


@transaction.atomic(savepoint=False)
def end(*, group: Group, user: User, by: Actor, at: datetime) -> None:
    """Take back what was delegated; ending it again changes nothing."""
    named = GroupUserObjectPermission.objects.filter(
        content_object=group, user=user, permission__codename=answering.DELEGATION
    )
    if named.delete()[0]:
        audit.record(
            action="delegations.end", record=group, by=by, at=at, old={"user": str(user.pk)}
        )
