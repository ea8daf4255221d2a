"""Proposals leave as the entries of the ledger do; one that was approved, with its entry."""

from datetime import timedelta

import pytest

from credit.actions import adjustments
from credit.models import Adjustment, LedgerEntry
from identity.roles import Role
from portal.core.actions import purge
from portal.core.actors import Actor
from portal.core.models import Hold
from tests.credit import findings
from tests.factories.base import AT
from tests.factories.core import HoldFactory
from tests.factories.credit import AdjustmentFactory
from tests.factories.identity import AccountFactory, UserFactory, staff_user

pytestmark = pytest.mark.django_db(transaction=True)
TWO_YEARS = timedelta(days=730)
MOMENT = timedelta(microseconds=1)


def purge_at(at):
    purge.run(by=findings.SYSTEM, at=at)


def approved(platform, *, expires_at):
    account = AccountFactory(platform=platform)
    findings.penalty(account)
    people = [staff_user(platform, Role.SENIOR) for _ in range(2)]
    found = adjustments.propose(
        account=account,
        points=1,
        reason="A wrong clock.",
        expires_at=expires_at,
        by=Actor.user(people[0]),
        at=AT,
    )
    return adjustments.approve(adjustment=found, by=Actor.user(people[1]), at=AT)


@pytest.mark.parametrize("state", ["DECLINED", "PROPOSED"])
def test_what_was_not_approved_leaves_two_years_after_its_end(platform, state):
    ended = {"decided_by": UserFactory(), "decided_at": AT} if state == "DECLINED" else {}
    proposed_at = AT if state == "PROPOSED" else AT - timedelta(days=90)
    account = AccountFactory(platform=platform)
    AdjustmentFactory(account=account, state=state, proposed_at=proposed_at, **ended)

    purge_at(AT + TWO_YEARS)
    assert Adjustment.objects.count() == 1
    purge_at(AT + TWO_YEARS + MOMENT)
    assert Adjustment.objects.count() == 0


def test_what_was_approved_leaves_with_its_entry(platform):
    until = AT + timedelta(days=100)
    found = approved(platform, expires_at=until)

    purge_at(until + TWO_YEARS)
    assert Adjustment.objects.get() == found
    purge_at(until + TWO_YEARS + MOMENT)
    assert not Adjustment.objects.exists()
    assert not LedgerEntry.objects.filter(kind="ADJUSTMENT").exists()


def test_a_hold_on_the_account_keeps_its_proposals(platform):
    held, other = AccountFactory.create_batch(2, platform=platform)
    for account in (held, other):
        AdjustmentFactory(account=account)
    HoldFactory(platform=platform, scope=Hold.Scope.ACCOUNT, scope_id=held.pk)

    purge_at(AT + 2 * TWO_YEARS)

    assert Adjustment.objects.get().account == held
