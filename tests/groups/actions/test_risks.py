"""A group is at risk when one person alone runs it and did nothing there for 30 days."""

from datetime import timedelta

import pytest

from groups.actions import partitions, risks, templates
from groups.models import Group, Notice
from groups.queries import dashboard, gaps
from tests.credit import findings
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.events import event, granted, revoked
from tests.factories.groups import GroupFactory, TenureFactory
from tests.factories.identity import AccountFactory, UserFactory, VerificationFactory
from tests.groups.ingesting import BY, ingest

pytestmark = pytest.mark.django_db
A_DAY = timedelta(days=1)


@pytest.fixture
def platform():
    made = PlatformFactory(name="Relay")
    templates.install_defaults(platform=made, by=BY, at=AT)
    first, last = (AT - 40 * A_DAY).date(), (AT + 40 * A_DAY).date()
    partitions.ensure(first=first, last=last, by=BY, at=AT)
    return made


@pytest.fixture
def owner(platform):
    return AccountFactory(platform=platform, external_id="p-1", user=UserFactory())


@pytest.fixture
def group(platform, owner):
    ingest(platform, granted("p-1", days=-40), history=True)
    return Group.objects.get()


def at_risk():
    return list(Group.objects.exclude(at_risk_from=None).values_list("external_id", flat=True))


def test_whoever_runs_it_alone_and_does_nothing_puts_it_at_risk(group, owner):
    assert risks.note(by=BY, at=AT) == (1, 0)
    assert risks.note(by=BY, at=AT + A_DAY) == (0, 0)

    group.refresh_from_db()
    assert group.at_risk_from == AT
    assert list(dashboard.list_at_risk(user=owner.user)) == [group]
    assert [gap.code for gap in gaps.list_gaps(group=group, at=AT)] == ["at-risk"]
    told = Notice.objects.get(kind="AT_RISK")
    assert told.recipient == owner
    assert "This counts in no way against you." in told.body


@pytest.mark.parametrize(
    ("days", "expected"), [(-29.9, []), (-30, ["g-1"]), (-1, [])], ids=["late", "too old", "new"]
)
def test_doing_something_there_keeps_it(platform, group, days, expected):
    ingest(platform, event("content.removed", "p-7", actor="p-1", days=days))

    risks.note(by=BY, at=AT)

    assert at_risk() == expected


def test_what_others_do_there_does_not(platform, group):
    ingest(platform, event("content.removed", "p-7", actor="p-bot", days=-1))

    risks.note(by=BY, at=AT)

    assert at_risk() == ["g-1"]


def test_it_ends_when_somebody_joins_and_is_not_shown_from_that_moment(platform, group, owner):
    risks.note(by=BY, at=AT)
    ingest(platform, granted("p-2", "manager", days=0))

    assert list(dashboard.list_at_risk(user=owner.user)) == []
    group.refresh_from_db()
    assert gaps.list_gaps(group=group, at=AT) == []
    assert risks.note(by=BY, at=AT + A_DAY) == (0, 1)
    assert at_risk() == []


def test_a_new_owner_and_a_group_without_one_are_not_at_risk(platform, group):
    ingest(platform, revoked("p-1", days=0), granted("p-3", group="g-2", days=-29))

    risks.note(by=BY, at=AT)

    assert at_risk() == []


@pytest.mark.parametrize(
    ("size", "managers", "expected"),
    [(500, 0, []), (501, 0, [1]), (501, 1, []), (5001, 1, [2]), (50_001, 2, [3]), (None, 0, [])],
)
def test_the_larger_the_group_the_more_managers_it_should_have(platform, size, managers, expected):
    findings.active_policy(platform)
    group = GroupFactory(platform=platform, size=size, state="ACTIVE")
    owner = TenureFactory(group=group).account
    VerificationFactory(account=owner, level="HIGH")
    for _ in range(managers):
        TenureFactory(group=group, role="MANAGER")

    found = gaps.list_gaps(group=group, at=AT)

    wanted = [int(gap.sentence.split("have ")[1].split()[0]) for gap in found]
    assert wanted == expected


def test_an_owner_who_is_not_verified_for_the_size_is_a_gap(platform):
    findings.active_policy(platform)
    group = GroupFactory(platform=platform, size=600, state="ACTIVE")
    owner = TenureFactory(group=group).account
    TenureFactory(group=group, role="MANAGER")

    assert [gap.code for gap in gaps.list_gaps(group=group, at=AT)] == ["verification"]
    VerificationFactory(account=owner, level="SUBSTANTIAL")
    assert gaps.list_gaps(group=group, at=AT) == []
