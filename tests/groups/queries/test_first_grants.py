"""Whose departures may end a tenure."""

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

    pairs = tenures.get_first_grants(
        group_ids=[now.group_id, before.group_id, elsewhere.pk],
        account_ids=[now.account_id, before.account_id, nobody.pk],
    )

    pair = now.group_id, now.account_id
    assert pairs.keys() == {pair, (before.group_id, before.account_id)}
    assert pairs[pair] == (now.since, 0)


def test_a_holder_is_known_after_the_grant_was_purged():
    tenure = TenureFactory()
    with fixture_rows():
        RoleEvent.objects.all().delete()

    pairs = tenures.get_first_grants(group_ids=[tenure.group_id], account_ids=[tenure.account_id])

    assert pairs == {(tenure.group_id, tenure.account_id): (tenure.since, tenures.LAST)}
