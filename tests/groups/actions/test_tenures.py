"""Roles that Accord ends and gives back survive every later derivation."""

from datetime import timedelta
from uuid import UUID

import pytest

from credit.models import Privilege
from groups.actions import events, tenures
from groups.actions import groups as group_actions
from groups.models import Group, RoleEvent, Tenure
from identity.models import Account
from portal.core.actors import Actor
from portal.core.ids import uuid7
from portal.core.models import AuditEntry, OutboxEvent
from tests.factories.base import AT
from tests.factories.events import event, granted

BY = Actor.system("tests")
LATER = AT + timedelta(days=1)


def ingest(platform, *found, at=AT):
    events.ingest(platform=platform, events=found, by=BY, at=at)


def person(name):
    return Account.objects.get(external_id=name)


def end(name, privilege=Privilege.OWN_GROUP, *, decision_id, in_group=None, at=AT):
    return tenures.end_by_decision(
        account=person(name),
        privilege=privilege,
        in_group=in_group,
        decision_id=decision_id,
        by=BY,
        at=at,
    )


def current(group="g-1"):
    rows = Tenure.objects.current().filter(group__external_id=group).select_related("account")
    return sorted((row.account.external_id, row.role, row.began) for row in rows)


@pytest.fixture
def two_owners(platform):
    """p-1 owns g-1 beside p-2, and owns g-2 alone."""
    ingest(
        platform,
        granted("p-1", days=-9),
        granted("p-2", days=-8),
        granted("p-3", "manager", days=-7),
        granted("p-1", days=-6, group="g-2"),
    )
    return platform


@pytest.fixture
def decision_id():
    return uuid7()


def test_a_decision_ends_owning_everywhere_and_a_co_owner_succeeds(two_owners, decision_id):
    ended = end("p-1", decision_id=decision_id)

    assert [(tenure.role, tenure.until, tenure.ended) for tenure in ended] == [
        ("OWNER", AT, "DECISION"),
        ("OWNER", AT, "DECISION"),
    ]
    assert current() == [("p-2", "OWNER", "SUCCEEDED"), ("p-3", "MANAGER", "GRANTED")]
    assert Group.objects.get(external_id="g-1").state == "ACTIVE"
    assert Group.objects.get(external_id="g-2").state == "ORPHANED"
    told = OutboxEvent.objects.filter(data__ended="DECISION", created_at=AT)
    assert sorted(told.values_list("data__group", flat=True)) == ["g-1", "g-2"]


def test_a_decision_about_one_group_leaves_the_others(two_owners, decision_id):
    group = Group.objects.get(external_id="g-2")

    (ended,) = end("p-1", decision_id=decision_id, in_group=group)

    assert ended.group_id == group.pk
    assert ("p-1", "OWNER", "GRANTED") in current("g-1")


def test_a_co_owner_loses_owning_too_and_nobody_succeeds(two_owners, decision_id):
    (ended,) = end("p-2", decision_id=decision_id)

    assert ended.role == "CO_OWNER"
    assert ("p-1", "OWNER", "GRANTED") in current()


def test_managing_and_owning_are_different_privileges(two_owners, decision_id):
    assert end("p-3", decision_id=decision_id) == []
    assert end("p-1", Privilege.CREATE_GROUP, decision_id=decision_id) == []

    (ended,) = end("p-3", Privilege.MANAGE_GROUP, decision_id=decision_id)

    assert (ended.role, ended.ended) == ("MANAGER", "DECISION")


def test_a_role_that_began_an_instant_after_the_decision_ends_and_comes_back(
    two_owners, decision_id
):
    """The platform's clock is ahead, or a later command was first: see `Tenure.ends_at`."""
    ahead = AT + timedelta(minutes=3)
    ingest(two_owners, granted("p-9", group="g-3", time=ahead))
    instant = timedelta(microseconds=1)

    (ended,) = end("p-9", decision_id=decision_id)

    assert (ended.since, ended.until, ended.ended) == (ahead, ahead + instant, "DECISION")
    assert current("g-3") == []

    (back,) = tenures.reinstate(tenures=[ended], decision_id=decision_id, by=BY, at=AT)

    assert back.since == ahead + instant
    assert current("g-3") == [("p-9", "OWNER", "REINSTATED")]


def test_ending_twice_by_the_same_decision_changes_nothing_more(two_owners, decision_id):
    end("p-1", decision_id=decision_id)

    assert end("p-1", decision_id=decision_id, at=LATER) == []
    assert RoleEvent.objects.filter(origin="ACCORD").count() == 2


def test_what_a_decision_ended_stays_ended_when_late_events_arrive(two_owners, decision_id):
    end("p-1", decision_id=decision_id)
    before = current()

    ingest(
        two_owners,
        granted("p-4", "manager", days=-20),
        event("member.removed", "p-4", days=-10),
        at=LATER,
    )
    for group in Group.objects.all():
        tenures.rederive(group=group, by=BY, at=LATER)

    assert current() == before
    assert Tenure.objects.filter(ended="DECISION").count() == 2


def test_the_platform_carrying_it_out_changes_nothing(two_owners, decision_id):
    end("p-1", decision_id=decision_id)

    ingest(
        two_owners,
        event("role.revoked", "p-1", role="owner", days=1, caused_by=str(decision_id)),
        at=LATER,
    )

    assert Tenure.objects.filter(ended="DECISION").count() == 2
    assert current() == [("p-2", "OWNER", "SUCCEEDED"), ("p-3", "MANAGER", "GRANTED")]


def test_a_reversal_gives_back_what_the_decision_ended(two_owners, decision_id):
    ended = end("p-1", decision_id=decision_id)

    back = tenures.reinstate(tenures=ended, decision_id=decision_id, by=BY, at=LATER)

    assert [(tenure.role, tenure.since, tenure.began) for tenure in back] == [
        ("OWNER", LATER, "REINSTATED"),
        ("OWNER", LATER, "REINSTATED"),
    ]
    assert current() == [
        ("p-1", "OWNER", "REINSTATED"),
        ("p-2", "CO_OWNER", "STEPPED_BACK"),
        ("p-3", "MANAGER", "GRANTED"),
    ]
    assert Group.objects.get(external_id="g-2").state == "ACTIVE"
    assert Tenure.objects.filter(ended="DECISION").count() == 2


@pytest.mark.parametrize("number", range(6))
def test_a_reversal_at_the_instant_of_the_decision_comes_after_it(two_owners, number):
    """Keys are digests of ids: by chance alone, some of the six would come out first."""
    decision = UUID(int=number)
    ended = end("p-1", decision_id=decision)

    back = tenures.reinstate(tenures=ended, decision_id=decision, by=BY, at=AT)

    assert len(back) == len(ended) == 2


def test_a_reversal_beside_an_owner_of_the_platforms_choice_gives_a_co_owner(
    two_owners, decision_id
):
    ended = end("p-1", decision_id=decision_id)
    ingest(two_owners, granted("p-5", group="g-2", days=0.5), at=LATER)

    tenures.reinstate(tenures=ended, decision_id=decision_id, by=BY, at=LATER)

    assert current("g-2") == [("p-1", "CO_OWNER", "REINSTATED"), ("p-5", "OWNER", "GRANTED")]


def test_every_step_leaves_its_audit_entry_on_the_groups(two_owners, decision_id):
    entries = AuditEntry.objects.filter(action="tenures.derive")
    before = entries.count()

    end("p-1", decision_id=decision_id)

    latest = entries.order_by("-id")[:2]
    assert entries.count() == before + 2
    assert sorted(entry.new["state"] for entry in latest) == ["ACTIVE", "ORPHANED"]


@pytest.mark.parametrize(
    ("frozen_at", "closed_at", "state"),
    [(AT, None, "FROZEN"), (None, AT, "CLOSED"), (AT, AT, "CLOSED"), (None, None, "ACTIVE")],
)
def test_a_group_follows_what_accord_set_and_comes_back(two_owners, frozen_at, closed_at, state):
    group = Group.objects.get(external_id="g-1")

    limited = group_actions.set_limits(
        group=group, frozen_at=frozen_at, closed_at=closed_at, by=BY, at=AT
    )
    assert limited.state == state

    group_actions.set_limits(group=group, frozen_at=None, closed_at=None, by=BY, at=LATER)
    group.refresh_from_db()
    assert group.state == "ACTIVE"


def test_restoring_an_archived_group_does_not_undo_accords_closure(two_owners):
    group = Group.objects.get(external_id="g-1")
    group_actions.set_limits(group=group, frozen_at=None, closed_at=AT, by=BY, at=AT)

    ingest(two_owners, event("group.archived", days=-1), event("group.restored"))

    group.refresh_from_db()
    assert (group.state, group.archived_at, group.closed_at) == ("CLOSED", None, AT)
