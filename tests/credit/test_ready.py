"""One statement finds accounts that nothing restricts; of all others it says nothing."""

from datetime import timedelta

import pytest

from credit import queries, ready
from credit.models import Standing
from identity.models import PersonTag
from tests.credit import findings
from tests.factories.base import AT
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory


@pytest.fixture
def account(account):
    findings.penalty(account)
    return account


def find(account, at=AT):
    return ready.find(platform_id=account.platform_id, external_id=account.external_id, at=at)


def test_it_finds_what_the_longer_way_finds(account, at):
    found, privileges = find(account)

    assert found == account
    assert privileges == queries.get_privileges(account=account, at=at)
    assert find(AccountFactory(external_id=account.external_id)) is None


def test_a_standing_out_of_date_is_not_believed(account, at):
    over = Standing.objects.get().next_change_at

    assert find(account, over - timedelta(microseconds=1)) is not None
    assert find(account, over) is None
    assert find(account, at - timedelta(microseconds=1)) is None


def test_a_tier_that_withholds_something_is_explained_by_the_ledger(account):
    findings.penalty(account, severity="CRITICAL")

    assert find(account) is None


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
