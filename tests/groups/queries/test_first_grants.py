"""Whose departures may end a tenure, and since when."""

import pytest

from groups.models import RoleEvent
from groups.queries import tenures
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import GroupFactory, TenureFactory
from tests.factories.identity import AccountFactory

pytestmark = pytest.mark.django_db
LAST = 2**63 - 1


def test_everybody_who_was_ever_granted_a_role_there_is_known_and_nobody_else():
    now, before = TenureFactory(role="MANAGER"), TenureFactory(role="MANAGER", until=AT)
    nobody, elsewhere = AccountFactory(), GroupFactory()

    found = tenures.get_first_grants(
        pairs=[
            (now.group_id, now.account_id),
            (before.group_id, before.account_id),
            (now.group_id, before.account_id),
            (now.group_id, nobody.pk),
            (elsewhere.pk, now.account_id),
        ]
    )

    assert {pair: at for pair, (at, _) in found.items()} == {
        (now.group_id, now.account_id): now.since,
        (before.group_id, before.account_id): before.since,
    }


def test_a_holder_is_known_after_the_grant_was_purged():
    tenure = TenureFactory()
    with fixture_rows():
        RoleEvent.objects.all().delete()

    found = tenures.get_first_grants(pairs=[(tenure.group_id, tenure.account_id)])

    assert found == {(tenure.group_id, tenure.account_id): (tenure.since, LAST)}
