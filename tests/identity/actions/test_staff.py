"""Roles are given by address and ended, one after the other on a platform."""

import pytest
from django.db import transaction

from identity import access
from identity.actions import staff
from identity.models import StaffAssignment, User
from identity.roles import Permission, Role
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from tests.factories.core import PlatformFactory
from tests.factories.identity import UserFactory, staff_user

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")


def assign(platform, at, **changes):
    given = {"email": "nia@relay.example", "name": "Nia Berg", "role": "REVIEWER"} | changes
    return staff.assign_by_address(platform=platform, **given, by=SYSTEM, at=at)


def of(user):
    return StaffAssignment.objects.get(user=user)


def test_somebody_new_is_created_once_for_two_roles(platform, at):
    first = assign(platform, at, email=" NIA@relay.example", name=" Nia \n Berg ")
    second = assign(platform, at, role="SENIOR", name="Another name")

    user = User.objects.get()
    assert first.user == second.user == user
    assert (user.name, user.is_staff, user.has_usable_password()) == ("Nia Berg", True, False)
    assert access.may(user, Permission.APPROVE_DECISIONS, platform)
    entries = AuditEntry.objects.values_list("action", "platform_id")
    assert sorted(entries) == [
        ("staff.assign", platform.pk),
        ("staff.assign", platform.pk),
        ("staff.create", platform.pk),
    ]


@pytest.mark.parametrize("changes", [{"name": " "}, {"email": " "}])
def test_whoever_has_no_name_or_address_gets_no_role(platform, at, changes):
    UserFactory(email="nia@relay.example")

    with pytest.raises(staff.PersonNotNamed), transaction.atomic():
        assign(platform, at, **changes)

    assert not StaffAssignment.objects.exists()


def test_a_role_that_is_refused_creates_nobody(platform, at):
    assign(platform, at)

    with pytest.raises(staff.AlreadyAssigned), transaction.atomic():
        assign(platform, at)

    assert (User.objects.count(), StaffAssignment.objects.count()) == (1, 1)


def test_the_last_who_administers_a_platform_and_may_sign_in_stays(platform, at):
    boss = staff_user(platform, Role.ADMINISTRATOR)
    gone = staff_user(platform, Role.ADMINISTRATOR)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    staff_user(platform, Role.SENIOR)
    staff_user(PlatformFactory(), Role.ADMINISTRATOR)

    with pytest.raises(staff.LastAdministrator, match="Nobody else"), transaction.atomic():
        staff.end(assignment=of(boss), by=Actor.user(boss), at=at)
    assert of(boss).ended_at is None

    staff.end(assignment=of(gone), by=Actor.user(boss), at=at)
    with pytest.raises(staff.AssignmentEnded), transaction.atomic():
        staff.end(assignment=of(gone), by=Actor.user(boss), at=at)

    second = staff_user(platform, Role.ADMINISTRATOR)
    staff.end(assignment=of(boss), by=Actor.user(boss), at=at)
    assert (of(boss).ended_at, of(second).ended_at) == (at, None)
    assert not access.may(boss, Permission.ADMINISTER, platform)
