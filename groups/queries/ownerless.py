"""Groups without an owner: whose deadline comes or has passed, and what happened to one."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from groups.models import Claim, Group, OwnerlessStep, Tenure
from groups.models.tenures import Role
from identity.models import Account

Kind = OwnerlessStep.Kind
# How long before the deadline each is due; an invitation is due at once.
REMINDERS: Mapping[str, timedelta | None] = {
    Kind.REMINDED_DAY: timedelta(days=1),
    Kind.REMINDED_WEEK: timedelta(days=7),
    Kind.INVITED: None,
}


def list_due(*, at: datetime) -> QuerySet[Group]:
    """Return the groups whose deadline passed and that no open claim waits for."""
    open_ones = Claim.objects.filter(group=OuterRef("pk"), state=Claim.State.OFFERED)
    passed = Group.objects.waiting_for_owner().filter(claim_due_at__lte=at)
    return passed.exclude(Exists(open_ones))


def list_to_remind(*, kind: str, at: datetime) -> QuerySet[Group]:
    """Return the groups that have managers to tell and were not told so of this deadline.

    Whoever is told late gets the last of the reminders only.
    """
    later = list(REMINDERS)[: list(REMINDERS).index(kind) + 1]
    told = OwnerlessStep.objects.filter(
        group=OuterRef("pk"), due_at=OuterRef("claim_due_at"), kind__in=later
    )
    someone = Tenure.objects.current().filter(
        group=OuterRef("pk"), role=Role.MANAGER, account__user__is_active=True
    )
    waiting = Group.objects.waiting_for_owner().filter(claim_due_at__gt=at)
    if ahead := REMINDERS[kind]:
        waiting = waiting.filter(claim_due_at__lte=at + ahead)
    return waiting.filter(Exists(someone)).exclude(Exists(told))


def list_managers(*, group: Group) -> QuerySet[Account]:
    """Return the managers of the group who sign in."""
    held = Tenure.objects.current().filter(group=group, role=Role.MANAGER)
    found = Account.objects.filter(pk__in=held.values("account"), user__is_active=True)
    return found.select_related("user", "platform").order_by("pk")


def list_steps(*, group: Group) -> QuerySet[OwnerlessStep]:
    return group.ownerless_steps.select_related("by_user").order_by("-at", "-pk")
