"""Ingest: what events do to groups, memberships and the past."""

import random
from datetime import timedelta

import pytest
from django.db import connection

from groups.models import Group, LogEntry, RoleEvent, Tenure
from identity.models import Account
from portal.core.models import OutboxEvent
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.events import event, granted, revoked
from tests.groups.ingesting import ingest, tenures, verdicts


def test_joins_and_leaves_of_ordinary_members_are_not_recorded(platform):
    receipt = ingest(platform, event("member.joined", "p-8"), event("member.left", "p-9"))

    assert verdicts(receipt) == [("ACCEPTED", "NOT_RECORDED")] * 2
    assert LogEntry.objects.count() == Account.objects.count() == Group.objects.count() == 0


@pytest.mark.django_db
def test_joins_and_leaves_are_recorded_where_the_platform_has_switched_it_on():
    platform = PlatformFactory(records_membership=True)

    receipt = ingest(platform, event("member.joined", "p-8"), event("member.left", "p-8"))

    assert verdicts(receipt) == [("ACCEPTED", None)] * 2
    assert LogEntry.objects.count() == 2
    assert RoleEvent.objects.count() == 0


@pytest.mark.parametrize(
    ("kind", "ended"),
    [("member.left", "LEFT"), ("member.removed", "REMOVED"), ("member.banned", "REMOVED")],
)
def test_whoever_holds_a_role_loses_it_with_their_membership(platform, kind, ended):
    ingest(platform, granted("p-1", days=-3))

    receipt = ingest(platform, event(kind, "p-1", days=-1))

    assert verdicts(receipt) == [("ACCEPTED", None)]
    assert tenures(platform) == [("g-1", "p-1", "OWNER", -3, -1, "GRANTED", ended)]
    assert LogEntry.objects.filter(kind=kind).count() == 1


def test_a_leave_before_the_grant_that_arrives_later_ends_nothing_then(platform):
    ingest(platform, granted("p-1", days=-2), event("member.left", "p-1", days=-3))

    assert tenures(platform) == [("g-1", "p-1", "OWNER", -2, None, "GRANTED", None)]


def test_a_removal_that_came_before_its_grant_ends_the_tenure_all_the_same(platform):
    ingest(platform, event("member.removed", "p-1", days=-1))
    assert RoleEvent.objects.count() == 0

    ingest(platform, granted("p-1", days=-3))

    assert tenures(platform) == [("g-1", "p-1", "OWNER", -3, -1, "GRANTED", "REMOVED")]


def test_a_group_whose_owner_goes_is_orphaned_with_thirty_days_to_claim_it(platform):
    ingest(platform, granted("p-1", days=-3))

    ingest(platform, revoked("p-1", days=-1))

    group = Group.objects.get()
    assert group.state == "ORPHANED"
    assert group.orphaned_at == AT - timedelta(days=1)
    assert group.claim_due_at == AT + timedelta(days=30)


def test_the_claim_deadline_stays_while_the_group_is_orphaned(platform):
    ingest(platform, granted("p-1", days=-3), revoked("p-1", days=-1))

    ingest(platform, granted("p-2", "manager"), at=AT + timedelta(days=5))

    assert Group.objects.get().claim_due_at == AT + timedelta(days=30)


def test_an_archived_group_is_closed_and_a_restored_one_is_back(platform):
    ingest(platform, granted("p-1", days=-9), event("group.archived", days=-5))
    group = Group.objects.get()
    assert (group.state, group.archived_at) == ("CLOSED", AT - timedelta(days=5))
    assert (group.orphaned_at, group.claim_due_at) == (None, None)

    ingest(platform, event("group.restored", days=-4), granted("p-1", days=-3))

    group.refresh_from_db()
    assert (group.state, group.archived_at) == ("ACTIVE", None)


def test_a_group_created_again_after_it_was_archived_is_back(platform):
    ingest(
        platform,
        event("group.created", days=-9),
        event("group.archived", days=-5),
        event("group.created", days=-4),
    )

    assert Group.objects.get().state == "ORPHANED"


def test_the_latest_name_and_size_count_and_late_news_do_not(platform):
    ingest(
        platform,
        event("group.created", days=-9, attributes={"name": "Gardening"}),
        event("group.size", days=-2, attributes={"size": 40}),
        event("group.updated", days=-1, attributes={"name": "Gärtnern"}),
    )
    ingest(
        platform,
        event("group.updated", days=-5, attributes={"name": "Late"}),
        event("group.size", days=-3, attributes={"size": 4}),
        event("group.updated", attributes={"name": " \u3000"}),
    )

    group = Group.objects.get()
    assert (group.name, group.size) == ("Gärtnern", 40)


def test_history_makes_tenures_of_any_age_and_logs_what_the_window_holds(platform):
    receipt = ingest(
        platform,
        granted("p-1", days=-900),
        event("member.joined", "p-7", days=-900),
        event("group.updated", days=-800, attributes={"name": "Old"}),
        revoked("p-1", days=-10),
        history=True,
    )

    assert verdicts(receipt) == [
        ("ACCEPTED", None),
        ("ACCEPTED", "NOT_RECORDED"),
        ("ACCEPTED", "NOT_LOGGED"),
        ("ACCEPTED", None),
    ]
    assert tenures(platform) == [("g-1", "p-1", "OWNER", -900, -10, "GRANTED", "REVOKED")]
    assert Tenure.objects.get().is_history
    assert LogEntry.objects.count() == 1
    group = Group.objects.get()
    assert (group.has_imported_history, group.name) == (True, "Old")
    assert OutboxEvent.objects.count() == 0


def test_history_again_adds_nothing(platform):
    batch = [granted("p-1", days=-900), revoked("p-1", days=-10)]
    ingest(platform, *batch, history=True)

    assert verdicts(ingest(platform, *batch, history=True)) == [("DUPLICATE", None)] * 2
    assert RoleEvent.objects.count() == 2


def test_every_day_of_the_window_gets_its_partition(platform):
    ingest(platform, event("group.updated", days=-183), event("group.updated", days=-40))

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'groups_logentry'::regclass"
        )
        assert cursor.fetchone() == (2,)


def test_platforms_do_not_share_groups_or_accounts(platform):
    other = PlatformFactory()

    ingest(platform, granted("p-1"))
    ingest(other, granted("p-1"))

    assert Group.objects.filter(external_id="g-1").count() == 2
    assert Account.objects.filter(external_id="p-1").count() == 2


def test_any_order_and_repetition_of_batches_gives_the_same_state(platform):
    """Roles, removals, archives and names of three groups, told in eight different orders."""
    chance = random.Random(11)
    story = []
    for place in range(60):
        group, who = f"g-{chance.randint(1, 3)}", f"p-{chance.randint(1, 4)}"
        when = {"group": group, "days": -chance.randint(1, 30), "sequence": place}
        story.append(
            chance.choice(
                [
                    granted(who, **when),
                    granted(who, "manager", **when),
                    revoked(who, **when),
                    event("member.removed", who, **when),
                    event("group.archived", **when),
                    event("group.restored", **when),
                    # Which of two names of one instant counts, their arrival decides.
                    event(
                        "group.updated",
                        attributes={"name": f"N{place}"},
                        **when | {"days": -place - 1.5},
                    ),
                ]
            )
        )

    def state(told_to):
        groups = Group.objects.filter(platform=told_to).order_by("external_id")
        fields = ("external_id", "name", "state", "archived_at", "first_seen_at", "orphaned_at")
        return tenures(told_to), list(groups.values_list(*fields))

    ingest(platform, *sorted(story, key=lambda found: (found.time, found.sequence)))
    expected = state(platform)
    assert len(expected[0]) > 10
    for _ in range(8):
        other = PlatformFactory()
        shuffled = story + chance.sample(story, k=20)
        chance.shuffle(shuffled)
        while shuffled:
            size = chance.randint(1, 12)
            ingest(other, *shuffled[:size])
            shuffled = shuffled[size:]
        assert state(other) == expected


def test_a_batch_costs_the_same_number_of_queries_whatever_its_size(
    platform, django_assert_max_num_queries
):
    ingest(platform, *[granted(f"p-{n}", group=f"g-{n}") for n in range(3)])

    with django_assert_max_num_queries(45):
        ingest(platform, *[granted(f"q-{n}", group=f"h-{n}") for n in range(300)])
