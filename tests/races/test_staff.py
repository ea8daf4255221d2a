"""Roles that change at once: somebody administers the platform, and permissions fit the roles."""

from functools import partial

import pytest

from identity import access
from identity.actions import clients, staff
from identity.models import ApiClient, StaffAssignment, User
from identity.roles import ROLES, Role
from portal.core.actors import Actor
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.identity import staff_user
from tests.races import at_once
from tests.sizes import size

TRIALS = size(every_run=10, release=60)
SYSTEM = Actor.system("tests")
pytestmark = pytest.mark.django_db(transaction=True)


def current(platform):
    return StaffAssignment.objects.filter(platform=platform, ended_at=None)


def test_two_administrators_who_end_each_other_leave_one():
    for _ in range(TRIALS):
        platform = PlatformFactory()
        pair = [staff_user(platform, Role.ADMINISTRATOR) for _ in range(2)]
        roles = [current(platform).get(user=user) for user in pair]

        ended, refused = at_once.split(
            at_once.run(
                partial(staff.end, assignment=roles[0], by=Actor.user(pair[1]), at=AT),
                partial(staff.end, assignment=roles[1], by=Actor.user(pair[0]), at=AT),
            )
        )

        assert (len(ended), [type(error) for error in refused]) == (1, [staff.LastAdministrator])
        assert current(platform).count() == 1


def test_a_role_given_while_another_ends_brings_all_it_allows():
    for _ in range(TRIALS):
        platform = PlatformFactory()
        boss = staff_user(platform, Role.ADMINISTRATOR)
        user = staff_user(platform, Role.SENIOR)
        old = current(platform).get(user=user)

        at_once.run(
            partial(staff.end, assignment=old, by=Actor.user(boss), at=AT),
            partial(
                staff.assign,
                user=user,
                platform=platform,
                role=Role.REVIEWER,
                by=Actor.user(boss),
                at=AT,
            ),
        )

        assert set(access.grants_of(User.objects.get(pk=user.pk))) == ROLES[Role.REVIEWER]


def test_two_who_invite_the_same_person_create_them_once():
    for number in range(TRIALS):
        person = {"email": f"nia{number}@relay.example", "name": "Nia Berg", "role": "REVIEWER"}
        platforms = [PlatformFactory(), PlatformFactory()]

        made = at_once.run(
            *(
                partial(staff.assign_by_address, platform=platform, **person, by=SYSTEM, at=AT)
                for platform in platforms
            )
        )

        assert len({assignment.user_id for assignment in made}) == 1


def test_two_who_add_a_client_of_one_name_add_it_once():
    for _ in range(TRIALS):
        platform = PlatformFactory()
        add = partial(clients.add, platform=platform, name="Backend", by=SYSTEM, at=AT)

        added, refused = at_once.split(at_once.run(add, add))

        assert (len(added), len(refused)) == (1, 1)
        assert ApiClient.objects.filter(platform=platform).count() == 1
