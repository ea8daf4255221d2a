"""Whose departures may end a tenure."""

from datetime import timedelta

import pytest

from groups.models import RoleEvent
from groups.queries import tenures
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import GroupFactory, TenureFactory
from tests.factories.identity import AccountFactory

pytestmark = pytest.mark.django_db


def test_everybody_who_holds_or_held_a_role_there_is_known_and_nobody_else():
    now, before = TenureFactory(role="MANAGER"), TenureFactory(role="MANAGER", until=AT)
    nobody, elsewhere = AccountFactory(), GroupFactory()

    known = tenures.get_first_roles(
        pairs=[
            (now.group_id, now.account_id),
            (before.group_id, before.account_id),
            (now.group_id, before.account_id),
            (now.group_id, nobody.pk),
            (elsewhere.pk, now.account_id),
        ]
    )

    assert known == {
        (now.group_id, now.account_id): now.since,
        (before.group_id, before.account_id): before.since,
    }


def test_a_holder_is_known_after_the_grant_was_purged():
    tenure = TenureFactory()
    with fixture_rows():
        RoleEvent.objects.all().delete()

    known = tenures.get_first_roles(pairs=[(tenure.group_id, tenure.account_id)])

    assert known == {(tenure.group_id, tenure.account_id): tenure.since}
    assert tenure.since < AT + timedelta(days=1)
