"""A group without an owner: its managers are invited, it is frozen, it is closed; and back."""

from datetime import timedelta

import pytest
from django.db import transaction

from groups.actions import claims, ownerless, sweeps, templates
from groups.actions import groups as group_actions
from groups.models import Claim, Group, Notice, OwnerlessStep
from groups.queries import evaluation
from groups.queries import ownerless as ownerless_queries
from identity import access
from portal.core.actors import Actor
from portal.core.errors import Invalid
from portal.core.models import AuditEntry, OutboxEvent
from tests.credit import findings
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.events import event, granted, revoked
from tests.factories.identity import AccountFactory, UserFactory, staff_user
from tests.groups.ingesting import BY, ingest

pytestmark = pytest.mark.django_db
A_DAY = timedelta(days=1)
TOLD = OutboxEvent.objects.filter(type="accord.group.ownerless.v1").order_by("pk")


@pytest.fixture
def platform():
    made = PlatformFactory(name="Relay")
    templates.install_defaults(platform=made, by=BY, at=AT)
    findings.active_policy(made)
    return made


@pytest.fixture
def manager(platform):
    return AccountFactory(platform=platform, external_id="p-2", user=UserFactory())


@pytest.fixture
def group(platform, manager):
    """A group that lost its owner at noon; one manager signs in."""
    ingest(platform, granted("p-1", days=-9), granted("p-2", "manager", days=-8))
    ingest(platform, revoked("p-1", days=0))
    Notice.objects.all().delete()
    return Group.objects.get()


def sweep(days):
    at = AT + days * A_DAY
    sweeps.award_claimed(by=BY, at=at, limit=9)
    sweeps.step_ownerless(by=BY, at=at, limit=9)
    sweeps.remind_ownerless(by=BY, at=at, limit=9)


def steps():
    return list(OwnerlessStep.objects.order_by("at", "pk").values_list("kind", flat=True))


def test_the_managers_are_invited_reminded_and_then_the_group_is_frozen_and_closed(group, manager):
    states = []
    for day in range(64):
        sweep(day)
        sweep(day)
        group.refresh_from_db()
        states.append(group.state)

    assert steps() == [
        *("INVITED", "REMINDED_WEEK", "REMINDED_DAY", "FROZEN"),
        # Frozen groups can still be claimed, and have a deadline of their own.
        *("INVITED", "REMINDED_WEEK", "REMINDED_DAY", "CLOSED"),
    ]
    assert [states.index(state) for state in ("ORPHANED", "FROZEN", "CLOSED")] == [0, 30, 60]
    assert Notice.objects.filter(recipient=manager, kind="OWNERLESS").count() == 8
    assert [row.data["step"] for row in TOLD] == ["FROZEN", "CLOSED"]
    assert (group.frozen_at, group.closed_at, group.claim_due_at) == (None, None, None)


def test_the_invitation_says_what_can_be_done_until_when(group):
    sweep(0)

    body = Notice.objects.get().body
    assert "You manage it: you can claim it and become its owner." in body
    assert "The next step comes on 2 December 2026, 12:00 UTC." in body
    assert "/claims/" in body


def test_a_step_that_is_late_tells_the_last_reminder_only(group):
    sweep(29.5)

    assert steps() == ["REMINDED_DAY"]


def test_a_group_that_nobody_is_there_for_is_frozen_without_invitations(platform):
    ingest(platform, granted("p-1", days=-9))
    ingest(platform, revoked("p-1", days=0))

    sweep(1)
    sweep(30)

    assert steps() == ["FROZEN"]
    assert not Notice.objects.exists()


def test_a_frozen_group_can_be_claimed_and_is_active_again(group, manager):
    sweep(30)
    at = AT + 31 * A_DAY

    made = claims.claim(group=group, account=manager, by=Actor.user(manager.user), at=at)
    assert made.expires_at == AT + 60 * A_DAY
    sweep(60)

    group.refresh_from_db()
    assert (group.state, group.unclaimed_frozen_at, group.claim_due_at) == ("ACTIVE", None, None)
    assert Claim.objects.get().state == "ACCEPTED"
    assert "CLOSED" not in steps()


@pytest.mark.parametrize("days", [30, 60])
def test_an_owner_whom_the_platform_names_ends_all_of_it(group, platform, days):
    for day in range(days + 1):
        sweep(day)

    ingest(platform, granted("p-9", days=0.003))

    group.refresh_from_db()
    assert (group.state, group.unclaimed_frozen_at, group.unclaimed_closed_at) == (
        "ACTIVE",
        None,
        None,
    )


def test_a_group_that_an_open_claim_waits_for_is_not_frozen(group, manager):
    claims.claim(group=group, account=manager, by=Actor.user(manager.user), at=AT + A_DAY)

    sweeps.step_ownerless(by=BY, at=AT + 30 * A_DAY, limit=9)

    group.refresh_from_db()
    assert group.state == "ORPHANED"


def test_a_group_that_a_decision_froze_is_left_to_the_decision(group):
    group_actions.set_limits(group=group, frozen_at=AT, closed_at=None, by=BY, at=AT)

    sweep(30)
    sweep(60)

    group.refresh_from_db()
    assert (group.state, group.unclaimed_frozen_at) == ("FROZEN", None)
    assert steps() == []
    # When the decision is undone it waits for an owner as before.
    group_actions.set_limits(group=group, frozen_at=None, closed_at=None, by=BY, at=AT)
    group.refresh_from_db()
    assert group.state == "ORPHANED"


def test_an_undone_decision_does_not_thaw_what_nobody_claimed(group):
    sweep(30)
    group.refresh_from_db()
    group_actions.set_limits(group=group, frozen_at=AT, closed_at=None, by=BY, at=AT)
    group_actions.set_limits(group=group, frozen_at=None, closed_at=None, by=BY, at=AT)

    group.refresh_from_db()
    assert (group.state, group.waits_for_owner) == ("FROZEN", True)


@pytest.mark.parametrize("days", [0, 30, 60])
def test_staff_take_each_step_back_with_a_reason(group, platform, manager, days):
    for day in range(days + 1):
        sweep(day)
    group.refresh_from_db()
    user, at = staff_user(platform, "SENIOR"), AT + (days + 1) * A_DAY

    ownerless.reopen(group=group, reason="Talks go on.", by=Actor.user(user), at=at)

    group.refresh_from_db()
    assert (group.state, group.claim_due_at) == ("ORPHANED", at + 30 * A_DAY)
    made = OwnerlessStep.objects.get(kind="REOPENED")
    assert (made.by_user, made.reason) == (user, "Talks go on.")
    assert "gave the group more time" in Notice.objects.order_by("pk").last().body
    # And the ladder begins anew.
    sweep(days + 2)
    assert steps()[-1] == "INVITED"


def test_who_claimed_before_keeps_their_place_when_there_is_more_time(group, platform, manager):
    made = claims.claim(group=group, account=manager, by=Actor.user(manager.user), at=AT + A_DAY)
    user = staff_user(platform, "SENIOR")

    ownerless.reopen(group=group, reason="More time.", by=Actor.user(user), at=AT + 20 * A_DAY)

    made.refresh_from_db()
    assert (made.state, made.expires_at) == ("OFFERED", AT + 50 * A_DAY)


def test_more_time_is_refused_without_a_reason_a_role_or_a_need(group, platform):
    senior, auditor = (Actor.user(staff_user(platform, r)) for r in ("SENIOR", "AUDITOR"))
    nobody = access.StaffOnly
    for error, reason, by in ((Invalid, " ", senior), (nobody, "x", auditor), (nobody, "x", BY)):
        with pytest.raises(error), transaction.atomic():
            ownerless.reopen(group=group, reason=reason, by=by, at=AT)
    ingest(platform, granted("p-9", days=0.003))
    with pytest.raises(ownerless.NotWithoutOwner), transaction.atomic():
        ownerless.reopen(group=group, reason="x", by=senior, at=AT)

    assert steps() == []
    assert not AuditEntry.objects.filter(action__startswith="ownerless.").exists()


def test_partners_hear_why_a_frozen_group_takes_no_managers_but_an_owner(group, platform):
    sweep(30)
    group.refresh_from_db()
    answers = {
        action: evaluation.evaluate(
            platform=platform,
            account_id="p-5",
            action=action,
            group_id=group.external_id,
            group_size=None,
            at=AT + 31 * A_DAY,
        ).evaluation
        for action in evaluation.Action
        if action != "create_group"
    }

    assert answers["own_group"].decision
    [reason] = answers["manage_group"].reasons
    assert reason.code == "group-unclaimed"


def test_an_archived_group_waits_for_nobody(group, platform):
    ingest(platform, event("group.archived", None, days=0.003))
    group.refresh_from_db()

    sweep(30)

    assert group.state == "CLOSED"
    assert steps() == []


def test_looking_for_what_is_due_costs_the_same_with_ten_groups(
    platform, manager, django_assert_num_queries
):
    for number in range(10):
        ingest(
            platform,
            granted("p-2", "manager", days=-8, group=f"g-{number}"),
        )

    with django_assert_num_queries(2):
        assert list(ownerless_queries.list_due(at=AT)) == []
        assert len(ownerless_queries.list_to_remind(kind="INVITED", at=AT)) == 10
