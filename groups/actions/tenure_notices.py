"""People are told when a platform makes them responsible for a group, or ends that.

Who gets a group by transfer, claim or appeal, or loses it by a decision, is told by that.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from groups import tenure_changes
from groups.actions import notices
from groups.models import Group, Tenure
from groups.models.notices import NoticeKind
from groups.models.tenures import Role
from identity.models import Account
from portal.core.actors import Actor

Told = tuple[str, Tenure, Group]
# Reports come to them.
_ANSWERING = (Role.OWNER, Role.MANAGER)
_BEGAN = (Tenure.Began.GRANTED, Tenure.Began.SUCCEEDED)
# Who left knows it.
_ENDED = (Tenure.Ended.REVOKED, Tenure.Ended.REMOVED, Tenure.Ended.GROUP_ARCHIVED)


class _News(NamedTuple):
    kind: NoticeKind
    tenure: Tenure
    group: Group
    date: datetime
    link: str


@transaction.atomic(savepoint=False)
def tell(*, changes: Iterable[Told], by: Actor, at: datetime) -> None:
    """Write the notices of what changed, to those who sign in here.

    A platform without words for it stops no event: nobody is told then, and the log says so.
    """
    chosen = list(_choose(changes))
    ids = {found.tenure.account_id for found in chosen}
    if not ids:
        return
    found = Account.objects.filter(pk__in=ids, user__is_active=True)
    people = found.select_related("user", "platform").in_bulk()
    for each in chosen:
        if account := people.get(each.tenure.account_id):
            notices.write_if_worded(
                kind=each.kind,
                recipient=account,
                group=each.group,
                slots={"date": each.date, "link": settings.PUBLIC_URL + each.link},
                by=by,
                at=at,
            )


def _choose(changes: Iterable[Told]) -> Iterator[_News]:
    for what, tenure, group in changes:
        if what == tenure_changes.BEGAN:
            if tenure.until is None and tenure.role in _ANSWERING and tenure.began in _BEGAN:
                link = reverse("groups:people", args=[group.pk])
                yield _News(NoticeKind.TENURE_BEGAN, tenure, group, tenure.since, link)
        elif tenure.until is not None and tenure.ended in _ENDED:
            link = reverse("groups:notices")
            yield _News(NoticeKind.TENURE_ENDED, tenure, group, tenure.until, link)
