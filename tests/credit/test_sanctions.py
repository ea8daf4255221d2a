"""Privileges taken away for a period or until lifted, on the platform or in one group."""

from datetime import timedelta

import pytest
from django.db import transaction

from credit import queries
from credit.actions import sanctions
from credit.models import Sanction, Standing
from portal.core.actors import Actor
from portal.core.models import AuditEntry, OutboxEvent
from tests.credit import findings
from tests.factories.groups import GroupFactory
from tests.factories.identity import UserFactory


def privileges(account, at, group=None):
    return queries.get_privileges(account=account, at=at, group_id=group.pk if group else None)


def lift(sanction, *, how="EARLY", person=None, at):
    person = person or UserFactory(is_staff=True)
    return sanctions.lift(
        sanction=sanction, how=how, reason="New facts.", by=Actor.user(person), at=at
    )


def test_a_suspension_says_why_and_until_when_and_ends_by_itself(account, at):
    sanction = findings.sanction(account, days=30)
    end = at + timedelta(days=30)

    answer = privileges(account, at).create
    [reason] = answer.reasons
    assert not answer.allowed
    assert reason.code == "suspended"
    assert reason.sentence == "Creating groups is suspended until 2 December 2026."
    assert reason.until == answer.until == end == sanction.ends_at
    assert reason.decision_ids == (sanction.decision_id,)
    assert privileges(account, at).own.allowed
    assert not privileges(account, end - timedelta(microseconds=1)).create.allowed
    assert privileges(account, end).create.allowed
    assert privileges(account, at - timedelta(microseconds=1)).create.allowed


def test_a_revocation_holds_until_a_person_lifts_it(account, at):
    findings.sanction(account, kind="REVOKE", privilege="MANAGE_GROUP")

    answer = privileges(account, at + timedelta(days=3000)).manage
    [reason] = answer.reasons
    assert (reason.code, reason.until, answer.until) == ("revoked", None, None)
    assert reason.sentence == "Managing groups is revoked until a person lifts it."


def test_who_may_not_own_may_not_create(account, at):
    findings.sanction(account, privilege="OWN_GROUP")

    assert not privileges(account, at).own.allowed
    assert not privileges(account, at).create.allowed
    assert privileges(account, at).manage.allowed


def test_a_sanction_in_one_group_leaves_the_others_alone(account, at):
    group, other = GroupFactory.create_batch(2, platform=account.platform)
    findings.sanction(account, privilege="MANAGE_GROUP", group=group)

    [reason] = privileges(account, at, group).manage.reasons
    assert reason.code == "suspended-in-group"
    assert reason.sentence == "Managing this group is suspended until 2 December 2026."
    assert privileges(account, at, other).manage.allowed
    assert privileges(account, at).manage.allowed


def test_the_platform_hears_of_a_sanction_in_a_group_with_its_group(account, at):
    group = GroupFactory(platform=account.platform)
    findings.sanction(account, privilege="MANAGE_GROUP", group=group)

    event = OutboxEvent.objects.get()
    assert event.data["group_id"] == str(group.pk)
    assert event.data["changed"] == ["manage_group"]


def test_standing_knows_when_a_sanction_ends(account, at):
    findings.sanction(account, days=7)

    assert Standing.objects.get(account=account).next_change_at == at + timedelta(days=7)


def test_somebody_else_lifts_it_early_and_the_history_says_so(account, at):
    sanction = findings.sanction(account)
    later = at + timedelta(days=2)

    lift(sanction, at=later)

    assert (sanction.lift, sanction.lifted_at) == ("EARLY", later)
    assert privileges(account, later).create.allowed
    assert not privileges(account, later - timedelta(seconds=1)).create.allowed
    assert AuditEntry.objects.get(action="sanctions.lift").new["how"] == "EARLY"
    assert [event.data["privileges"]["create_group"]["allowed"] for event in events()] == [
        False,
        True,
    ]


def events():
    return OutboxEvent.objects.order_by("created_at", "id")


@pytest.mark.parametrize("by", ["imposer", "system"])
def test_neither_who_imposed_it_nor_a_program_lifts_it_early(account, at, by):
    sanction = findings.sanction(account)
    actor = Actor.user(sanction.imposed_by) if by == "imposer" else Actor.system("tests")

    with pytest.raises(sanctions.LiftedByAPerson), transaction.atomic():
        sanctions.lift(sanction=sanction, how="EARLY", reason="x", by=actor, at=at)

    sanction.refresh_from_db()
    assert sanction.lifted_at is None


def test_what_is_over_cannot_be_lifted_early(account, at):
    sanction = findings.sanction(account, days=5)

    with pytest.raises(sanctions.NotInForce), transaction.atomic():
        lift(sanction, at=at + timedelta(days=5))


def test_a_sanction_is_lifted_once(account, at):
    sanction = findings.sanction(account)
    lift(sanction, at=at)

    with pytest.raises(sanctions.NotInForce), transaction.atomic():
        lift(sanction, at=at)


def test_a_reversed_decision_takes_its_sanctions_back_even_those_that_ended(account, at):
    sanction = findings.sanction(account, days=5)
    person = UserFactory(is_staff=True)

    lifted = sanctions.lift_for_decision(
        decision_id=sanction.decision_id,
        reason="Reversed on appeal.",
        by=Actor.user(person),
        at=at + timedelta(days=9),
    )

    assert [(one.lift, one.lifted_by) for one in lifted] == [("REVERSED", person)]


@pytest.mark.parametrize(("kind", "days"), [("SUSPENSION", None), ("REVOCATION", 5)])
def test_a_period_that_does_not_fit_is_refused(account, at, kind, days):
    found = findings.approved(account)

    with pytest.raises(sanctions.WrongPeriod), transaction.atomic():
        sanctions.impose(
            account=account,
            kind=kind,
            privilege="CREATE_GROUP",
            scope_group_id=None,
            days=days,
            decision_id=found.pk,
            imposed_by=found.decided_by,
            approved_by=found.approved_by,
            by=Actor.user(found.approved_by),
            at=at,
        )

    assert Sanction.objects.count() == 0


def test_imposing_costs_the_same_queries_however_many_there_are(account, django_assert_num_queries):
    found = [findings.approved(account) for _ in range(11)]

    # Lock, policy, entries, sanctions; then sanction, audit, standing, event.
    with django_assert_num_queries(9):
        findings.impose(account, found[0])
    for one in found[1:10]:
        findings.impose(account, one)
    with django_assert_num_queries(8):  # the answer is the same, so there is no event
        findings.impose(account, found[10])
