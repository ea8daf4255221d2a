"""A ledger number never means two entries, also when the purge has taken the first of them."""

from datetime import timedelta

import pytest

from credit import verification
from credit.actions import standings
from credit.models import LedgerEntry, Standing
from identity.models import Account
from portal.core.actions import purge
from tests.credit import findings
from tests.factories.base import AT, fixture_rows
from tests.factories.identity import AccountFactory

pytestmark = pytest.mark.django_db(transaction=True)
YEARS = timedelta(days=365)


def numbers(account):
    entries = LedgerEntry.objects.filter(account=account).order_by("sequence")
    return list(entries.values_list("sequence", flat=True))


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_numbers_go_on_after_the_purge_took_the_newest_entries(platform, is_refreshed):
    account = AccountFactory(platform=platform)
    # The first counts for longer than the two after it.
    findings.penalty(account, severity="CRITICAL", at=AT)
    for _ in range(2):
        findings.penalty(account, severity="LOW", at=AT)
    lasting, *short = LedgerEntry.objects.order_by("sequence")
    assert max(entry.expires_at for entry in short) < lasting.expires_at
    purged_at = max(entry.expires_at for entry in short) + 2 * YEARS + timedelta(days=1)

    purge.run(by=findings.SYSTEM, at=purged_at)
    assert numbers(account) == [1]
    if is_refreshed:
        assert standings.refresh_due(by=findings.SYSTEM, at=purged_at, limit=10) == 1
    change = findings.penalty(account, at=purged_at + YEARS)

    assert change.entry.sequence == 4
    assert numbers(account) == [1, 4]
    assert Standing.objects.get(account=account).last_sequence == 4
    assert verification.verify().differences == []


def test_numbers_go_on_after_the_purge_took_all_entries(platform):
    account = AccountFactory(platform=platform)
    findings.reverse(findings.penalty(account).entry)

    purge.run(by=findings.SYSTEM, at=AT + 9 * YEARS)
    assert numbers(account) == []
    findings.penalty(account, at=AT + 9 * YEARS)

    assert numbers(account) == [3]
    assert verification.verify().differences == []


def test_a_standing_leaves_with_its_account_and_keeps_none_back(platform):
    """What would bring the account back is gone, so no number of it can be used again."""
    gone, named = AccountFactory.create_batch(2, platform=platform, created_at=AT - YEARS)
    findings.penalty(named, severity="CRITICAL", at=AT)
    with fixture_rows():
        standing = Standing.objects.get(account=named)
        standing.pk, standing.account, standing.last_sequence = None, gone, 0
        standing.save(force_insert=True)

    purge.run(by=findings.SYSTEM, at=AT)

    assert list(Account.objects.filter(platform=platform, user=None)) == [named]
    assert list(Standing.objects.values_list("account", flat=True)) == [named.pk]
