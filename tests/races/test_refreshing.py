"""A standing is refreshed while an action is under way: the platform was last told what holds.

The refresh locks standings and no accounts. Here time puts a version into effect under which the
account may not create groups, and the finding that this rests on is reversed at the same moment.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from credit import changes, queries, verification
from credit.actions import standings
from credit.models import Sanction, Standing
from portal.core.actors import Actor
from portal.core.models import OutboxEvent
from tests.credit import findings
from tests.credit.test_simulation import stricter
from tests.factories.base import fixture_rows
from tests.factories.credit import PolicyFactory
from tests.factories.identity import AccountFactory
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def later(at):
    return at + timedelta(days=1)


@pytest.fixture
def finding(platform, at, later):
    """A HIGH finding after which the account may create groups still, until `later`."""
    PolicyFactory(platform=platform, version=1)
    entry = findings.penalty(AccountFactory(platform=platform), severity="HIGH", at=at).entry
    findings.next_version(platform, stricter(), at=later)
    OutboxEvent.objects.all().delete()
    return entry


def refresh(at):
    return standings.refresh_due(by=Actor.system("tests"), at=at, limit=10)


def assert_told(account, *answers, at):
    """Say in turn which answers about creating groups the platform was told; the last one holds."""
    events = OutboxEvent.objects.filter(type=changes.TYPE).order_by("created_at", "pk")
    assert [event.data["privileges"]["create_group"]["allowed"] for event in events] == [*answers]
    assert queries.get_privileges(account=account, at=at).create.allowed
    assert findings.score(account, at) == 12
    assert verification.verify().differences == []
    assert refresh(at) == 0


def test_an_action_that_has_read_the_ledger_waits_for_a_refresh_that_has_the_standing(
    finding, later
):
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert refresh(later) == 1
            waiting = pool.submit(at_once.run, lambda: findings.reverse(finding, at=later))
            at_once.until_somebody_waits()
        waiting.result()

    assert_told(finding.account, False, True, at=later)


def test_a_refresh_passes_over_the_standing_that_an_action_has(finding, later):
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        findings.reverse(finding, at=later)
        passing = pool.submit(at_once.run, lambda: refresh(later))
        assert passing.result(timeout=30) == [0]

    assert_told(finding.account, at=later)


def test_what_waits_for_a_refresh_goes_on_from_the_number_of_an_entry_that_the_purge_took(
    finding, later
):
    with fixture_rows(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL accord.purging = 'on'")
        cursor.execute("DELETE FROM credit_ledgerentry")
    found = findings.approved(finding.account, at=later)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert refresh(later) == 1
            waiting = pool.submit(
                at_once.run, lambda: findings.impose(finding.account, found, at=later)
            )
            at_once.until_somebody_waits()
        waiting.result()

    assert Sanction.objects.count() == 1
    assert Standing.objects.get().last_sequence == 1
