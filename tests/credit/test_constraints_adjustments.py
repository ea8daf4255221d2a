"""Each guard of adjustments refuses what its name says, by that name."""

from datetime import timedelta

import pytest
from django.db import connection

from credit.models import Adjustment, LedgerEntry
from tests.credit import findings, test_constraints
from tests.credit.breaking import Breaks
from tests.factories.base import AT, fixture_rows
from tests.factories.credit import AdjustmentFactory
from tests.factories.identity import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=10)


@pytest.fixture
def open_one(account):
    return AdjustmentFactory(account=account, points=2, expires_at=LATER)


def entry_of(adjustment, approver, **fields):
    defaults = {
        "account": adjustment.account,
        "platform": adjustment.platform,
        "sequence": 1,
        "kind": "ADJUSTMENT",
        "points": adjustment.points,
        "effective_at": AT,
        "expires_at": adjustment.expires_at,
        "policy": findings.active_policy(adjustment.platform),
        "posted_by": adjustment.proposed_by,
        "approved_by": approver,
        "reason": adjustment.reason,
        "posted_at": AT,
    }
    with fixture_rows():
        return LedgerEntry.objects.create(**(defaults | fields))


def settle(adjustment, state, by, **fields):
    rows = Adjustment.objects.filter(pk=adjustment.pk)
    with fixture_rows():
        rows.update(**({"state": state, "decided_by": by, "decided_at": AT} | fields))


@pytest.mark.parametrize("points", [0, -1])
def test_a_proposed_adjustment_gives_points_back(account, points):
    with Breaks("a_proposed_adjustment_gives_points_back"):
        AdjustmentFactory(account=account, points=points)


def test_an_adjustment_states_its_reason(account):
    with Breaks("an_adjustment_states_its_reason"):
        AdjustmentFactory(account=account, reason="")


def test_an_adjustment_expires_after_it_is_proposed(account):
    with Breaks("an_adjustment_expires_after_it_is_proposed"):
        AdjustmentFactory(account=account, expires_at=AT)


@pytest.mark.parametrize(
    "fields",
    [
        {"decided_by": None},
        {"decided_at": None},
        {"decided_by": None, "decided_at": None},
        {"state": "PROPOSED"},
    ],
)
def test_an_adjustment_ends_by_whom_and_when(open_one, fields):
    with Breaks("an_adjustment_ends_by_whom_and_when"):
        settle(open_one, fields.pop("state", "DECLINED"), UserFactory(), **fields)


def test_an_adjustment_is_decided_by_another_person(open_one):
    with Breaks("an_adjustment_is_decided_by_another_person"):
        settle(open_one, "DECLINED", open_one.proposed_by)


def test_an_adjustment_is_withdrawn_by_its_proposer(open_one):
    with Breaks("an_adjustment_is_withdrawn_by_its_proposer"):
        settle(open_one, "WITHDRAWN", UserFactory())


@pytest.mark.parametrize("change", ["approved without", "declined with"])
def test_an_adjustment_has_its_entry_once_approved(open_one, change):
    approver = UserFactory()
    entry = entry_of(open_one, approver)
    with Breaks("an_adjustment_has_its_entry_once_approved"):
        if change == "approved without":
            settle(open_one, "APPROVED", approver)
        else:
            settle(open_one, "DECLINED", approver, entry=entry)


def test_one_open_adjustment_per_account(open_one):
    AdjustmentFactory(account=AccountFactory(platform=open_one.platform))
    with Breaks("one_open_adjustment_per_account"):
        AdjustmentFactory(account=open_one.account)


@pytest.mark.parametrize(
    "fields",
    [
        {"points": 3},
        {"reason": "Another."},
        {"expires_at": None},
        {"proposed_at": AT - timedelta(days=1)},
        {"proposed_by": None},
        {"account": None},
    ],
)
def test_an_adjustment_keeps_what_was_proposed(open_one, fields):
    if "proposed_by" in fields:
        fields = {"proposed_by": UserFactory()}
    if "account" in fields:
        fields = {"account": AccountFactory(platform=open_one.platform)}
    with Breaks("an_adjustment_keeps_what_was_proposed"):
        Adjustment.objects.update(**fields)


@pytest.mark.parametrize("state", ["PROPOSED", "APPROVED", "WITHDRAWN"])
def test_a_settled_adjustment_stays_settled(open_one, state):
    settle(open_one, "DECLINED", UserFactory())
    with Breaks("a_settled_adjustment_stays_settled"):
        Adjustment.objects.update(state=state)


@pytest.mark.parametrize("change", ["points", "expiry", "account", "kind", "proposer", "approver"])
def test_an_adjustment_posts_what_was_proposed(open_one, account, change):
    approver = UserFactory()
    fields = {
        "points": {"points": 3},
        "expiry": {"expires_at": None},
        "account": {"account": AccountFactory(platform=open_one.platform)},
        "kind": {"kind": "REVERSAL", "sequence": 2},
        "proposer": {"posted_by": UserFactory()},
        "approver": {"approved_by": UserFactory()},
    }[change]
    if change == "kind":
        fields["reverses"] = test_constraints.entry(account, findings.decision(account))
    entry = entry_of(open_one, approver, **fields)
    with Breaks("an_adjustment_posts_what_was_proposed"):
        settle(open_one, "APPROVED", approver, entry=entry)


@pytest.mark.parametrize("who", ["proposes", "approves"])
def test_nobody_adjusts_their_own_standing(platform, policy, who):
    user = UserFactory(is_staff=True)
    account = AccountFactory(platform=platform, user=user)
    with Breaks("nobody_adjusts_their_own_standing"):
        if who == "proposes":
            AdjustmentFactory(account=account, proposed_by=user)
        else:
            found = AdjustmentFactory(account=account)
            settle(found, "APPROVED", user, entry=entry_of(found, user))


def test_an_adjustment_is_deleted_by_the_purge_only(open_one):
    with Breaks("an_adjustment_is_deleted_by_the_purge_only"):
        Adjustment.objects.all().delete()


def test_adjustments_are_never_truncated(open_one):
    with Breaks("adjustments_are_never_truncated"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE credit_adjustment CASCADE")
    assert Adjustment.objects.count() == 1
