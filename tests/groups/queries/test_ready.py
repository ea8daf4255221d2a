"""One statement finds accounts that no sanction restricts; of all others it says nothing."""

from datetime import timedelta

import pytest

from credit import queries
from credit.models import Standing
from groups.queries import ready
from identity.models import PersonTag
from tests.credit import findings
from tests.factories.base import AT, triggers_asleep
from tests.factories.groups import GroupFactory, TenureFactory
from tests.factories.identity import AccountFactory


@pytest.fixture
def account(platform):
    findings.active_policy(platform)
    account = AccountFactory(platform=platform)
    findings.penalty(account)
    return account


def find(account, at=AT):
    return ready.find(platform_id=account.platform_id, external_id=account.external_id, at=at)


def test_it_finds_what_the_longer_way_finds(account, at):
    owned = TenureFactory(account=account, group=GroupFactory(platform=account.platform))
    closed = GroupFactory(platform=account.platform, state="CLOSED", closed_at=at, archived_at=at)
    TenureFactory(account=account, group=closed)
    managed = GroupFactory(platform=account.platform)
    TenureFactory(account=account, group=managed, role="MANAGER")

    found = find(account)

    assert found.account == account
    assert found.privileges == queries.get_privileges(account=account, at=at)
    assert found.owned == {owned.group_id} == ready.list_owned(account=account, at=at)
    assert not find(account, at - timedelta(seconds=1))


def test_an_account_without_a_finding_has_the_starting_standing(account, at):
    clean = AccountFactory(platform=account.platform)

    found = find(clean)

    assert found.account == clean
    assert found.privileges == queries.get_privileges(account=clean, at=at)


def test_an_account_that_nobody_knows_is_a_new_one(account):
    found = ready.find(platform_id=account.platform_id, external_id="p-new", at=AT)

    assert (found.account, found.owned) == (None, frozenset())
    assert found.privileges.create.allowed


def test_a_platform_without_a_policy_in_effect_is_left_to_the_longer_way(account):
    elsewhere = AccountFactory(external_id=account.external_id)

    assert find(elsewhere) is None


def test_a_standing_out_of_date_is_not_believed(account, at):
    over = Standing.objects.get().next_change_at

    assert find(account, over - timedelta(microseconds=1)) is not None
    assert find(account, over) is None
    assert find(account, at - timedelta(microseconds=1)) is None


def test_a_tier_that_withholds_something_is_explained_by_the_ledger(account, at):
    findings.penalty(account, severity="CRITICAL")

    found = find(account)

    assert found.privileges == queries.get_privileges(account=account, at=at)
    assert found.privileges.create.reasons


def test_a_retired_policy_says_nothing(account, at):
    with findings.fixture_rows():
        findings.Policy.objects.update(state="RETIRED", retired_at=at)

    assert find(account) is None


@pytest.mark.parametrize("in_group", [False, True], ids=["everywhere", "in a group"])
def test_a_restriction_of_the_account_is_left_to_the_longer_way(account, at, in_group):
    group = GroupFactory(platform=account.platform) if in_group else None
    findings.sanction(account, days=3, group=group)

    assert find(account, at + timedelta(days=3)) is None  # due to be refreshed
    assert find(account) is None
    assert find(account, at - timedelta(seconds=1)) is None


def test_a_restriction_to_come_is_left_to_the_longer_way_also_without_a_standing(account, at):
    clean = AccountFactory(platform=account.platform)
    findings.sanction(clean, days=3)
    with triggers_asleep():
        Standing.objects.filter(account=clean).delete()

    assert find(clean, at - timedelta(seconds=1)) is None
    assert find(clean, at + timedelta(days=3)) is not None


def test_a_restriction_of_the_same_person_is_left_to_the_longer_way(account, at):
    other = AccountFactory(platform=account.platform)
    elsewhere = AccountFactory()
    for one in (account, other, elsewhere):
        PersonTag.objects.create(account=one, digest=b"x" * 32, created_at=at)
    findings.active_policy(elsewhere.platform)
    findings.sanction(elsewhere)
    assert find(account) is not None

    findings.sanction(other, days=3)

    assert find(account) is None
    assert find(account, at + timedelta(days=3)) is not None
