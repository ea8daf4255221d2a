"""Who works for which platform in which role."""

from datetime import datetime

from django.contrib.auth.models import Permission as DjangoPermission
from django.db import IntegrityError, transaction

from identity.models import PlatformUserObjectPermission, StaffAssignment, User
from identity.roles import ROLES
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict
from portal.core.models import Platform


class AlreadyAssigned(Conflict):
    """The person has this role on this platform already."""

    code = "already-assigned"


class AssignmentEnded(Conflict):
    """The assignment has ended before."""

    code = "assignment-ended"


@transaction.atomic(savepoint=False)
def assign(
    *, user: User, platform: Platform, role: str, by: Actor, at: datetime
) -> StaffAssignment:
    """Give `user` the role and its permissions on `platform`.

    Raises AlreadyAssigned when they hold it. Nobody assigns a role to themselves.
    """
    try:
        with transaction.atomic():
            assignment = StaffAssignment.objects.create(
                user=user,
                platform=platform,
                role=role,
                assigned_by_id=by.id if by.is_person else None,
                assigned_at=at,
            )
    except IntegrityError as error:
        if "nobody_assigns_a_role_to_themselves" in str(error):
            raise Conflict(
                "You cannot give a role to yourself. Ask another administrator."
            ) from error
        raise AlreadyAssigned(f"{user} already has this role on {platform.name}.") from error
    if not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    _sync_permissions(user=user, platform=platform)
    audit.record(
        action="staff.assign",
        record=assignment,
        by=by,
        at=at,
        new={"user": str(user.pk), "role": role},
    )
    return assignment


@transaction.atomic(savepoint=False)
def end(*, assignment: StaffAssignment, by: Actor, at: datetime) -> StaffAssignment:
    """End an assignment and take the permissions that no other role of theirs brings."""
    ended = StaffAssignment.objects.filter(pk=assignment.pk, ended_at=None).update(
        ended_by_id=by.id, ended_at=at
    )
    if not ended:
        raise AssignmentEnded("This assignment has already ended.")
    _sync_permissions(user=assignment.user, platform=assignment.platform)
    audit.record(
        action="staff.end",
        record=assignment,
        by=by,
        at=at,
        old={"user": str(assignment.user_id), "role": assignment.role},
    )
    assignment.refresh_from_db()
    return assignment


def _sync_permissions(*, user: User, platform: Platform) -> None:
    """Make the person's permissions on the platform the union of their current roles'."""
    roles = StaffAssignment.objects.filter(user=user, platform=platform, ended_at=None).values_list(
        "role", flat=True
    )
    wanted = {codename for role in roles for codename in ROLES[role]}
    granted = PlatformUserObjectPermission.objects.filter(user=user, content_object=platform)
    granted.exclude(permission__codename__in=wanted).delete()
    missing = DjangoPermission.objects.filter(
        content_type__app_label="core",
        content_type__model="platform",
        codename__in=wanted,
    ).exclude(pk__in=granted.values("permission_id"))
    PlatformUserObjectPermission.objects.bulk_create(
        PlatformUserObjectPermission(user=user, permission=permission, content_object=platform)
        for permission in missing
    )
