"""A reversal leaves with what it reverses, wherever the batches of the purge end."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from credit.models import LedgerEntry
from portal.core.actions import purge
from portal.core.data_classes import registry
from portal.core.models import AuditEntry, Hold
from tests.credit import findings
from tests.credit.documents import giving
from tests.factories.base import AT
from tests.factories.core import HoldFactory
from tests.factories.credit import PolicyFactory
from tests.factories.identity import AccountFactory

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "ledger entries"
LONG_AFTER = AT + timedelta(days=9 * 365)


@pytest.fixture(autouse=True)
def batches_of_two(monkeypatch):
    kept = registry.classes[NAME]
    monkeypatch.setitem(registry.classes, NAME, replace(kept, engine=replace(kept.engine, batch=2)))


def line_of(run):
    return next(line for line in run.plan if line["class"] == NAME)


def reversed_later(account):
    """Three penalties, then a reversal of each: in the order of keys no pair is in one batch."""
    entries = [findings.penalty(account).entry for _ in range(3)]
    for entry in entries:
        findings.reverse(entry)


def test_a_reversal_leaves_in_the_batch_of_what_it_reverses(platform):
    account = AccountFactory(platform=platform)
    reversed_later(account)
    findings.penalty(account)

    dry = purge.run(by=findings.SYSTEM, at=LONG_AFTER, dry=True)
    assert LedgerEntry.objects.count() == 7
    run = purge.run(by=findings.SYSTEM, at=LONG_AFTER)

    assert LedgerEntry.objects.count() == 0
    assert line_of(dry)["due"] == line_of(run)["due"] == line_of(run)["deleted"] == 7
    batches = AuditEntry.objects.filter(action="purge.delete", old__model="credit.LedgerEntry")
    assert [entry.old["rows"] for entry in batches.order_by("pk")] == [4, 3]


def test_what_came_back_leaves_in_the_batch_of_its_finding(platform):
    account = AccountFactory(platform=platform)
    PolicyFactory(platform=platform, version=1, document=giving(MEDIUM=60))
    # Each further one puts off what the one before it would have given back.
    entries = [findings.penalty(account).entry for _ in range(3)]
    findings.reverse(entries[0])
    kinds = Counter(LedgerEntry.objects.values_list("kind", flat=True))
    assert kinds == {"PENALTY": 3, "RESTORATION": 6, "REVERSAL": 5}

    run = purge.run(by=findings.SYSTEM, at=LONG_AFTER)

    assert LedgerEntry.objects.count() == 0
    assert line_of(run)["deleted"] == 14


def test_a_hold_keeps_both_of_a_pair(platform):
    held, other = AccountFactory.create_batch(2, platform=platform)
    reversed_later(held)
    reversed_later(other)
    hold = HoldFactory(platform=platform, scope=Hold.Scope.ACCOUNT, scope_id=held.pk)

    line = line_of(purge.run(by=findings.SYSTEM, at=LONG_AFTER))

    assert set(LedgerEntry.objects.values_list("account", flat=True)) == {held.pk}
    assert (line["due"], line["deleted"]) == (6, 6)
    assert (line["kept"], line["kept_by"]) == (6, {hold.reference: 6})
