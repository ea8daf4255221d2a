"""An owner names which managers answer the cases of a group; with nobody named, all of them do."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse

from groups import notice_phrases
from groups.actions import notices
from groups.models import Group, GroupUserObjectPermission, Tenure
from groups.models.notices import NoticeKind
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
        _tell(group, account, "DELEGATED", by=by, at=at)
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
        held = Tenure.objects.current().filter(group=group, account__user=user)
        # With nobody named, all managers answer, they too.
        if answering.list_delegates(group_id=group.pk) and (tenure := held.order_by("pk").first()):
            _tell(group, tenure.account, "DELEGATION_ENDED", by=by, at=at)


@transaction.atomic(savepoint=False)
def end_lost(*, group_ids: Collection[UUID], by: Actor, at: datetime) -> None:
    """End what was delegated to people who manage the group no longer."""
    manages = Tenure.objects.current().filter(
        group=OuterRef("content_object"), account__user=OuterRef("user"), role=Role.MANAGER
    )
    lost = GroupUserObjectPermission.objects.filter(
        content_object__in=group_ids, permission__codename=answering.DELEGATION
    ).exclude(Exists(manages))
    ended = list(lost.select_related("content_object").order_by("pk"))
    if ended:
        GroupUserObjectPermission.objects.filter(pk__in=[one.pk for one in ended]).delete()
        audit.record_each(
            action="delegations.end",
            changes=[(one.content_object, {"user": str(one.user_id)}, {}) for one in ended],
            by=by,
            at=at,
        )


def _tell(group: Group, account: Account, words: str, *, by: Actor, at: datetime) -> None:
    said = notice_phrases.phrases(notice_phrases.language_of(account))[words]
    link = settings.PUBLIC_URL + reverse("groups:people", args=[group.pk])
    notices.write_if_worded(
        kind=NoticeKind.DELEGATION,
        recipient=account,
        group=group,
        slots={"outcome": said, "link": link},
        by=by,
        at=at,
    )
