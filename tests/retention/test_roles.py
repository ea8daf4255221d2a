"""Tenures and the facts behind them leave together, and what stays means the same."""

from datetime import timedelta

import pytest

from groups.actions import tenures
from groups.models import RoleEvent, Tenure
from portal.core.actions import purge
from portal.core.actors import Actor
from portal.core.models import Hold
from tests.factories.base import AT
from tests.factories.core import HoldFactory
from tests.factories.groups import GroupFactory, RoleEventFactory
from tests.factories.identity import AccountFactory

pytestmark = pytest.mark.django_db(transaction=True)

SYSTEM = Actor.system("tests")


@pytest.fixture
def group():
    """A founder who left long ago, a co-owner who succeeded then and is owner today."""
    group = GroupFactory()
    founder, heir = AccountFactory.create_batch(2, platform=group.platform)
    for days, account, kind in (
        (1200, founder, "GRANTED"),
        (1100, heir, "GRANTED"),
        (900, founder, "REVOKED"),
    ):
        at = AT - timedelta(days=days)
        RoleEventFactory(group=group, account=account, kind=kind, occurred_at=at)
    tenures.rederive(group=group, by=SYSTEM, at=AT)
    assert Tenure.objects.count() == 3
    return group


def values():
    return list(Tenure.objects.values_list("account", "role", "period", "began").order_by("period"))


def test_what_ended_two_years_ago_goes_and_what_holds_today_stays(group):
    present = values()[-1]

    purge.run(by=SYSTEM, at=AT)

    assert values() == [present]
    assert RoleEvent.objects.count() == 0


def test_deriving_again_after_a_purge_brings_nothing_back(group):
    purge.run(by=SYSTEM, at=AT)
    after = values()

    group.refresh_from_db()
    tenures.rederive(group=group, by=SYSTEM, at=AT)

    assert values() == after


def test_later_events_go_on_from_the_baseline(group):
    purge.run(by=SYSTEM, at=AT)
    owner = Tenure.objects.get()
    at = AT + timedelta(days=1)
    RoleEventFactory(group=group, account=owner.account, kind="REVOKED", occurred_at=at)

    tenures.rederive(group=group, by=SYSTEM, at=at)

    owner.refresh_from_db()
    assert owner.until == at
    assert owner.since == AT - timedelta(days=900)


@pytest.mark.parametrize("scope", ["GROUP", "PLATFORM", "ACCOUNT"])
def test_a_hold_keeps_the_whole_past_of_the_group(group, scope):
    founder = Tenure.objects.order_by("period").first().account
    covered = {"GROUP": group.pk, "PLATFORM": group.platform_id, "ACCOUNT": founder.pk}[scope]
    hold = HoldFactory(platform=group.platform, scope=Hold.Scope(scope), scope_id=covered)
    before = values()

    run = purge.run(by=SYSTEM, at=AT)

    line = next(line for line in run.plan if line["class"] == "tenures and role events")
    assert values() == before
    assert (line["deleted"], line["kept_by"]) == (0, {hold.reference: 5})
