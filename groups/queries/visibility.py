"""What each person may see in groups: staff by their permissions on platforms, people on the
dashboard by the roles that their accounts hold now, and by what arose under them."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from groups.models import (
    Appeal,
    Case,
    Claim,
    Decision,
    Group,
    Notice,
    Tenure,
    Transfer,
)
from groups.models.cases import CaseQuerySet
from groups.models.tenures import Role
from groups.queries import answers
from identity import access
from identity.models import User
from identity.roles import Permission


def list_cases_for_staff(
    *, user: User, permission: Permission = Permission.VIEW_RECORDS
) -> QuerySet[Case]:
    return Case.objects.filter(platform__in=access.platforms_for(user, permission))


def list_groups_for_staff(
    *, user: User, permission: Permission = Permission.VIEW_RECORDS
) -> QuerySet[Group]:
    return Group.objects.filter(platform__in=access.platforms_for(user, permission))


def list_decisions_for_staff(
    *, user: User, permission: Permission = Permission.VIEW_RECORDS
) -> QuerySet[Decision]:
    return Decision.objects.filter(platform__in=access.platforms_for(user, permission))


def list_appeals_for_staff(
    *, user: User, permission: Permission = Permission.VIEW_RECORDS
) -> QuerySet[Appeal]:
    return Appeal.objects.filter(platform__in=access.platforms_for(user, permission))


def list_claims_for_staff(
    *, user: User, permission: Permission = Permission.VIEW_RECORDS
) -> QuerySet[Claim]:
    return Claim.objects.filter(group__platform__in=access.platforms_for(user, permission))


def list_groups_owned_by(*, user: User) -> QuerySet[Group]:
    """Return the groups that an account of `user` answers for now."""
    held = Tenure.objects.current().filter(account__user=user, role=Role.OWNER)
    return Group.objects.filter(pk__in=held.values("group_id"))


def list_transfers_for(*, user: User) -> QuerySet[Transfer]:
    """Return the offers that `user` made or received."""
    return Transfer.objects.filter(Q(from_account__user=user) | Q(to_account__user=user))


def list_claimable(*, at: datetime) -> QuerySet[Group]:
    """Return the groups without an owner that anybody on their platform may claim at `at`."""
    return Group.objects.waiting_for_owner().filter(claim_due_at__gt=at)


def list_groups_for_owner(*, user: User) -> QuerySet[Group]:
    """Return the groups in which an account of `user` holds a role now."""
    return Group.objects.filter(pk__in=_groups_held(user))


def list_cases_for_owner(*, user: User) -> CaseQuerySet:
    """Return the cases that the dashboard shows to `user`.

    Those of the groups they hold a role in, and those that arose while they were the owner. A
    case that went to staff first is shown once it is decided, and nobody sees an open case
    about themselves: warning the reported person would put reporters at risk.
    """
    return (
        Case.objects.filter(
            Q(group__in=_groups_held(user)) | Q(owner_at_opening__user=user),
        )
        .filter(Q(decided_at__isnull=False) | answers.ASKED)
        .exclude(state__in=Case.OPEN_STATES, subject__user=user)
    )


def list_decisions_for_owner(*, user: User) -> QuerySet[Decision]:
    """Return the decisions in effect that the dashboard shows to `user`.

    Those about their account or about a group of theirs, those in cases that arose under them,
    and those taken while they held a role there. What was decided about somebody else before
    they came is not theirs to see.
    """
    held_then = Tenure.objects.current().filter(
        group=OuterRef("case__group"),
        account__user=user,
        period__startswith__lte=OuterRef("effective_at"),
    )
    return Decision.objects.filter(
        Q(subject_account__user=user)
        | Q(subject_group__in=_groups_held(user))
        | Q(case__owner_at_opening__user=user)
        | Exists(held_then),
        effective_at__isnull=False,
    )


def list_appeals_for_owner(*, user: User) -> QuerySet[Appeal]:
    return Appeal.objects.filter(appellant__user=user)


def list_notices_for(*, user: User) -> QuerySet[Notice]:
    return Notice.objects.filter(recipient__user=user)


def _groups_held(user: User) -> Subquery:
    held = Tenure.objects.current().filter(account__user=user)
    return Subquery(held.values("group_id"))
