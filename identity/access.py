"""What a member of staff may do where: the questions every surface asks."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet
from guardian.shortcuts import get_objects_for_user

from identity.models import (
    Account,
    PlatformUserObjectPermission,
    User,
    Verification,
    VerificationProvider,
)
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.errors import Forbidden, NotFound
from portal.core.models import Platform


class StaffOnly(Forbidden):
    """The person does not have the role that this needs on this platform."""

    code = "missing-permission"
    title = "Your role does not allow this"
    advice = "Ask an administrator of the platform for the role that brings this permission."


def platforms_for(user: User, permission: Permission) -> QuerySet[Platform]:
    """Return the platforms on which `user` has `permission`; none for people who are not staff."""
    if not (user.is_active and user.is_staff):
        return Platform.objects.none()
    found: QuerySet[Platform] = get_objects_for_user(
        user,
        permission.value,
        klass=Platform,
        accept_global_perms=False,
        with_superuser=False,
    )
    return found


def may(user: User, permission: Permission, platform: Platform) -> bool:
    """Tell whether `user` has `permission` on `platform`; superusers get no short cut."""
    return platforms_for(user, permission).filter(pk=platform.pk).exists()


def require(user: User, permission: Permission, platform: Platform) -> None:
    """Raise StaffOnly unless `user` has `permission` on `platform`."""
    if not may(user, permission, platform):
        raise StaffOnly(
            f"Your role on {platform.name} does not allow this.",
            permission=permission.value,
        )


def find_person(by: Actor) -> User | None:
    """Return the person who acts; none for a program, a task, or somebody who is gone."""
    return User.objects.filter(pk=by.id).first() if by.is_person and by.id else None


def grants_of(user: User) -> Mapping[Permission, frozenset[UUID]]:
    """Return the platforms on which `user` has each permission, for pages that ask many times.

    One query; a permission that they have nowhere is not among the keys.
    """
    if not (user.is_active and user.is_staff):
        return {}
    rows = PlatformUserObjectPermission.objects.filter(user=user).values_list(
        "permission__codename", "content_object_id"
    )
    found: dict[Permission, set[UUID]] = {}
    for codename, platform_id in rows:
        found.setdefault(Permission(codename), set()).add(platform_id)
    return {permission: frozenset(platforms) for permission, platforms in found.items()}


def find_account_on(platform: Platform, external_id: str) -> Account | None:
    """Return the platform's account of that external id, if it has one."""
    found = Account.objects.filter(platform=platform, external_id=external_id)
    return found.order_by("pk").first()


def find_partner_provider_on(platform: Platform, name: str) -> VerificationProvider | None:
    """Return the provider of that name through which the platform itself attests."""
    found = VerificationProvider.objects.filter(
        platform=platform, name=name, kind=VerificationProvider.Kind.PARTNER, is_enabled=True
    )
    return found.order_by("pk").first()


def get_verification_on(platform: Platform, id: UUID) -> Verification:
    """Return what the platform itself attested through a provider of the kind partner."""
    found = Verification.objects.filter(
        account__platform=platform, provider__kind=VerificationProvider.Kind.PARTNER, pk=id
    )
    verification = found.select_related("account", "provider").order_by("pk").first()
    if verification is None:
        raise NotFound("There is no such record, or it is not one you may see.")
    return verification
