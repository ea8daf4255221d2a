"""Who works for which platform in which role."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission as DjangoPermission
from django.db import IntegrityError, transaction

from identity.models import PlatformUserObjectPermission, StaffAssignment, User
from identity.roles import ROLES, Role
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid
from portal.core.models import Platform


class AlreadyAssigned(Conflict):
    """The person has this role on this platform already."""

    code = "already-assigned"


class AssignmentEnded(Conflict):
    """The assignment has ended before."""

    code = "assignment-ended"


class LastAdministrator(Conflict):
    """Somebody has to be left who can assign roles on the platform."""

    code = "last-administrator"
    title = "This is the last administrator of the platform"
    advice = "Give somebody else the role of an administrator first, then end this one."


class PersonNotNamed(Invalid):
    """Whoever works for a platform has a name and an email address."""

    code = "person-not-named"


@transaction.atomic(savepoint=False)
def assign_by_address(
    *, email: str, name: str, platform: Platform, role: str, by: Actor, at: datetime
) -> StaffAssignment:
    """Give the role to whoever signs in with `email`. Somebody new is created without a password.

    The name is used only for them, and asked for always: whether an address is known here is not
    said before it has a role. Raises PersonNotNamed, AlreadyAssigned.
    """
    email, name = email.strip().lower(), " ".join(name.split())
    if not (email and name):
        raise PersonNotNamed("Give the name and the email address of the person.")
    user = User.objects.filter(email=email).first()
    if user is None:
        user = _create(email=email, name=name, platform=platform, by=by, at=at)
    return assign(user=user, platform=platform, role=role, by=by, at=at)


@transaction.atomic(savepoint=False)
def assign(
    *, user: User, platform: Platform, role: str, by: Actor, at: datetime
) -> StaffAssignment:
    """Give `user` the role and its permissions on `platform`.

    Raises AlreadyAssigned when they hold it. Nobody assigns a role to themselves.
    """
    _lock(platform)
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
    """End an assignment and take the permissions that no other role of theirs brings.

    Raises AssignmentEnded, and LastAdministrator when nobody else administers the platform.
    """
    _lock(assignment.platform)
    if assignment.role == Role.ADMINISTRATOR and not _others_administer(assignment):
        name = assignment.platform.name
        raise LastAdministrator(
            f"Nobody else administers {name}. Give somebody else the role first."
        )
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


def _lock(platform: Platform) -> None:
    """Let roles on a platform change one after the other.

    Two administrators who end each other's role would leave none, and two changes of one person's
    roles would each count the permissions without the other.
    """
    Platform.objects.select_for_update(no_key=True).get(pk=platform.pk)


def _others_administer(assignment: StaffAssignment) -> bool:
    """Say whether somebody else, who may sign in, holds the role of an administrator."""
    others = StaffAssignment.objects.filter(
        platform=assignment.platform_id,
        role=Role.ADMINISTRATOR,
        ended_at=None,
        user__is_active=True,
    )
    return others.exclude(user=assignment.user_id).exists()


def _create(*, email: str, name: str, platform: Platform, by: Actor, at: datetime) -> User:
    """Create the person, or return them if somebody else did at this very moment."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, name=name, joined_at=at)
            # Until they choose a password by a link that goes there, they cannot sign in.
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    except IntegrityError:
        return User.objects.get(email=email)
    audit.record(action="staff.create", record=user, platform_id=platform.pk, by=by, at=at)
    return user


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
