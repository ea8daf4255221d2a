"""Points given back by two people: proposed by one, approved or declined by another."""

from datetime import timedelta

import pytest
from django.db import transaction

from credit import previews, queries, verification
from credit.actions import adjustments
from credit.models import Adjustment, LedgerEntry, Privilege, Standing
from identity.access import StaffOnly
from identity.models import Account
from identity.roles import Role
from portal.core.actors import Actor
from portal.core.models import AuditEntry, OutboxEvent
from tests.credit import findings
from tests.factories.base import fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.identity import AccountFactory, staff_user

REASON = "The finding rested on a wrong clock."


@pytest.fixture
def account(account):
    """Somebody who is short of four points."""
    findings.penalty(account, severity="HIGH")
    return account


@pytest.fixture
def reviewer(platform):
    return staff_user(platform, Role.REVIEWER)


@pytest.fixture
def senior(platform):
    return staff_user(platform, Role.SENIOR)


def propose(account, user, at, *, points=4, reason=REASON, expires_at=None):
    return adjustments.propose(
        account=account,
        points=points,
        reason=reason,
        expires_at=expires_at,
        by=Actor.user(user),
        at=at,
    )


def refused(error, action, words=None):
    """It is refused, and nothing was written."""
    models = (Adjustment, LedgerEntry, AuditEntry, OutboxEvent)
    before = [model.objects.count() for model in models]
    states = list(Adjustment.objects.order_by("pk").values_list("state", flat=True))
    with pytest.raises(error, match=words), transaction.atomic():
        action()
    assert [model.objects.count() for model in models] == before
    assert list(Adjustment.objects.order_by("pk").values_list("state", flat=True)) == states


def test_a_proposal_changes_nothing_before_a_second_person_approves(account, reviewer, at):
    adjustment = propose(account, reviewer, at, reason=f"  {REASON}  ")

    assert (adjustment.state, adjustment.reason) == ("PROPOSED", REASON)
    assert (adjustment.proposed_by, adjustment.entry) == (reviewer, None)
    assert findings.score(account) == 8
    row = AuditEntry.objects.get(action="adjustments.propose")
    assert (row.record_id, row.new["points"]) == (str(adjustment.pk), 4)


def test_approving_posts_the_entry_and_the_standing_follows(account, reviewer, senior, at):
    findings.penalty(account, severity="HIGH")
    later, until = at + timedelta(hours=3), at + timedelta(days=365)
    proposed = propose(account, reviewer, at, expires_at=until)
    OutboxEvent.objects.all().delete()

    approved = adjustments.approve(adjustment=proposed, by=Actor.user(senior), at=later)

    entry = approved.entry
    assert (approved.state, approved.decided_by, approved.decided_at) == ("APPROVED", senior, later)
    assert (entry.kind, entry.points, entry.sequence) == ("ADJUSTMENT", 4, 3)
    assert (entry.posted_by, entry.approved_by, entry.reason) == (reviewer, senior, REASON)
    assert (entry.effective_at, entry.expires_at) == (later, until)
    stored = Standing.objects.get(account=account)
    assert (stored.score, stored.last_sequence) == (8, 3)
    assert findings.score(account, later - timedelta(seconds=1)) == 4
    assert verification.verify(platform_id=account.platform_id).differences == []
    event = OutboxEvent.objects.get()
    assert event.data["changed"] == ["create_group", "limits"]
    posted = AuditEntry.objects.get(action="ledger.post_adjustment")
    assert posted.new["decision"] is None
    assert AuditEntry.objects.get(action="adjustments.approve").new["entry"] == str(entry.pk)
    line = queries.list_entries(account=account, at=later)[0]
    assert (line.points, line.counts, line.entry.reason) == (4, True, REASON)


def test_points_with_a_day_expire_on_it(account, reviewer, senior, at):
    until = at + timedelta(days=10)
    proposed = propose(account, reviewer, at, expires_at=until)
    adjustments.approve(adjustment=proposed, by=Actor.user(senior), at=at)

    assert findings.score(account, until - timedelta(microseconds=1)) == 12
    assert findings.score(account, until) == 8


@pytest.mark.parametrize("asked", [None, 400])
def test_points_count_no_longer_than_they_are_missing(account, reviewer, senior, at, asked):
    """What is left would stand against a finding that nobody has made yet."""
    until = at + timedelta(days=asked) if asked else None
    proposed = propose(account, reviewer, at, expires_at=until)
    adjustments.approve(adjustment=proposed, by=Actor.user(senior), at=at)

    assert proposed.expires_at == at + timedelta(days=365)
    later = at + timedelta(days=366)
    assert queries.get_standing(account=account, at=later).entries == ()
    findings.penalty(account, severity="HIGH", at=later)
    assert findings.score(account, later) == 8


def test_what_is_missing_for_less_time_by_now_is_not_given(account, reviewer, senior, at):
    findings.penalty(account, severity="MEDIUM")
    first = LedgerEntry.objects.get(points=-4)
    proposed = propose(account, reviewer, at, points=2)
    assert proposed.expires_at == at + timedelta(days=365)
    findings.reverse(first, at=at)

    refused(
        adjustments.AdjustmentNotValid,
        lambda: adjustments.approve(adjustment=proposed, by=Actor.user(senior), at=at),
        words="From 1 May 2027 on fewer points are missing than would be given back",
    )


def test_the_preview_says_what_approving_does(account, reviewer, senior, at):
    findings.penalty(account, severity="HIGH")
    proposed = propose(account, reviewer, at)

    change = previews.preview_adjustment(adjustment=proposed, at=at)
    adjustments.approve(adjustment=proposed, by=Actor.user(senior), at=at)

    assert (change.before.score, change.after.score) == (4, 8)
    assert (change.before.tier, change.after.tier) == ("Limited", "Under watch")
    assert change.opened == (Privilege.CREATE_GROUP,)
    assert queries.get_standing(account=account, at=at).score == change.after.score


@pytest.mark.parametrize("points", [0, -1, 5])
def test_points_that_nobody_took_are_not_given(account, reviewer, at, points):
    refused(adjustments.AdjustmentNotValid, lambda: propose(account, reviewer, at, points=points))


def test_points_below_the_floor_are_missing_too(account, reviewer, at):
    findings.penalty(account, severity="CRITICAL")

    assert propose(account, reviewer, at, points=14).points == 14


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_a_reason_is_asked_for(account, reviewer, at, reason):
    refused(adjustments.AdjustmentNotValid, lambda: propose(account, reviewer, at, reason=reason))


def test_a_day_that_has_passed_is_refused_at_both_steps(account, reviewer, senior, at):
    refused(adjustments.AdjustmentNotValid, lambda: propose(account, reviewer, at, expires_at=at))
    proposed = propose(account, reviewer, at, expires_at=at + timedelta(days=1))

    def approve():
        by = Actor.user(senior)
        adjustments.approve(adjustment=proposed, by=by, at=at + timedelta(days=1))

    refused(adjustments.AdjustmentNotValid, approve, "would have expired")


def test_what_came_back_by_itself_meanwhile_is_not_given_again(account, reviewer, senior, at):
    proposed = propose(account, reviewer, at)
    findings.reverse(LedgerEntry.objects.get(account=account))
    by = Actor.user(senior)

    refused(
        adjustments.AdjustmentNotValid,
        lambda: adjustments.approve(adjustment=proposed, by=by, at=at),
        "Only 0 points are missing",
    )
    adjustments.decline(adjustment=proposed, by=by, at=at)


def test_one_proposal_waits_at_a_time(account, reviewer, senior, at):
    first = propose(account, reviewer, at, points=1)
    refused(adjustments.AdjustmentOpen, lambda: propose(account, senior, at, points=1))

    adjustments.decline(adjustment=first, by=Actor.user(senior), at=at)

    assert propose(account, reviewer, at).is_open


@pytest.mark.parametrize("step", [adjustments.approve, adjustments.decline])
def test_whoever_proposed_it_does_not_decide_it(account, senior, at, step):
    proposed = propose(account, senior, at)

    refused(
        adjustments.AdjustmentByOthers,
        lambda: step(adjustment=proposed, by=Actor.user(senior), at=at),
    )


def test_declining_and_withdrawing_give_nothing(account, reviewer, senior, at):
    declined = propose(account, reviewer, at)
    adjustments.decline(adjustment=declined, by=Actor.user(senior), at=at)
    withdrawn = propose(account, reviewer, at)
    adjustments.withdraw(adjustment=withdrawn, by=Actor.user(reviewer), at=at)

    assert (declined.state, declined.decided_by) == ("DECLINED", senior)
    assert (withdrawn.state, withdrawn.decided_by) == ("WITHDRAWN", reviewer)
    assert findings.score(account) == 8
    assert LedgerEntry.objects.count() == 1


def test_only_its_proposer_withdraws_a_proposal(account, reviewer, senior, at):
    proposed = propose(account, reviewer, at)

    for by in (Actor.user(senior), Actor.system("tests")):
        refused(
            adjustments.AdjustmentByOthers,
            lambda by=by: adjustments.withdraw(adjustment=proposed, by=by, at=at),
        )


@pytest.mark.parametrize("state", ["APPROVED", "DECLINED", "WITHDRAWN"])
def test_what_has_ended_is_not_settled_again(account, reviewer, senior, at, state):
    ways = {
        "APPROVED": (adjustments.approve, senior),
        "DECLINED": (adjustments.decline, senior),
        "WITHDRAWN": (adjustments.withdraw, reviewer),
    }
    proposed = propose(account, reviewer, at, points=2)
    ways[state][0](adjustment=proposed, by=Actor.user(ways[state][1]), at=at)

    for step, user in ways.values():
        refused(
            adjustments.AdjustmentEnded,
            lambda step=step, user=user: step(adjustment=proposed, by=Actor.user(user), at=at),
        )


def test_nobody_gives_points_to_themselves(account, reviewer, senior, at):
    def own(user):
        with fixture_rows():
            Account.objects.filter(pk=account.pk).update(user=user)
        return Account.objects.get(pk=account.pk)

    mine = own(senior)
    refused(adjustments.AdjustmentByOthers, lambda: propose(mine, senior, at), "your own standing")
    proposed = propose(mine, reviewer, at)
    refused(
        adjustments.AdjustmentByOthers,
        lambda: adjustments.approve(adjustment=proposed, by=Actor.user(senior), at=at),
        "your own standing",
    )


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SENIOR}))
def test_roles_that_do_not_approve_measures_approve_no_adjustment(account, senior, at, role):
    proposed = propose(account, senior, at)
    by = Actor.user(staff_user(account.platform, role))

    for step in (adjustments.approve, adjustments.decline):
        refused(StaffOnly, lambda step=step: step(adjustment=proposed, by=by, at=at))


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SENIOR, Role.REVIEWER}))
def test_roles_that_do_not_decide_cases_propose_nothing(account, at, role):
    refused(StaffOnly, lambda: propose(account, staff_user(account.platform, role), at))


def test_staff_of_another_platform_propose_and_approve_nothing(account, reviewer, at):
    stranger = staff_user(PlatformFactory(), *Role)
    proposed = propose(account, reviewer, at)
    other = AccountFactory(platform=account.platform)

    refused(StaffOnly, lambda: propose(other, stranger, at))
    refused(
        StaffOnly,
        lambda: adjustments.approve(adjustment=proposed, by=Actor.user(stranger), at=at),
    )


def test_a_program_neither_proposes_nor_approves(account, reviewer, at):
    by = Actor.system("tests")
    proposed = propose(account, reviewer, at)

    for step in (adjustments.approve, adjustments.decline):
        refused(
            adjustments.AdjustmentByOthers,
            lambda step=step: step(adjustment=proposed, by=by, at=at),
        )
