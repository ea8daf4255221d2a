"""Standings follow the clock and new policies, some at a time, as often as anybody likes."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from credit import tasks, verification
from credit.actions import policies, standings
from credit.models import Policy, Standing
from portal.core.actors import Actor
from portal.core.models import AuditEntry, OutboxEvent
from tests.credit import findings
from tests.factories.base import fixture_rows, triggers_asleep
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory, UserFactory

BY = Actor.system("tests")


def refresh(at, limit=100):
    return standings.refresh_due(by=BY, at=at, limit=limit)


def test_an_expired_entry_changes_the_standing_when_its_time_has_come(account, at):
    entry = findings.penalty(account).entry

    assert refresh(entry.expires_at - timedelta(microseconds=1)) == 0
    assert refresh(entry.expires_at) == 1
    stored = Standing.objects.get()
    assert (stored.score, stored.next_change_at) == (12, None)
    assert refresh(entry.expires_at) == 0


def test_a_run_takes_a_bounded_number_and_audits_once(account, at):
    accounts = [account, *AccountFactory.create_batch(4, platform=account.platform)]
    for one in accounts:
        findings.penalty(one)
    over = at + timedelta(days=180)

    assert [refresh(over, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    runs = AuditEntry.objects.filter(action="standings.refresh")
    assert sum(run.new["refreshed"] for run in runs) == 5


def test_a_run_costs_the_same_queries_for_one_and_for_ten(account, at, django_assert_num_queries):
    over = at + timedelta(days=180)
    findings.penalty(account)
    # Due by time, due by policy; policy; standings, audit.
    with django_assert_num_queries(5):
        refresh(over)
    for one in AccountFactory.create_batch(10, platform=account.platform):
        findings.penalty(one)
    with django_assert_num_queries(5):
        assert refresh(over + timedelta(days=1)) == 10


def test_events_of_a_run_leave_in_one_statement(account, at, django_assert_num_queries):
    for one in [account, *AccountFactory.create_batch(9, platform=account.platform)]:
        findings.penalty(one, severity="CRITICAL")

    with django_assert_num_queries(9):
        refresh(at + timedelta(days=730))

    assert OutboxEvent.objects.count() == 20


def test_the_platform_hears_when_time_gives_a_privilege_back(account, at):
    findings.penalty(account, severity="HIGH")
    findings.penalty(account, severity="HIGH")
    OutboxEvent.objects.all().delete()

    refresh(at + timedelta(days=365))

    event = OutboxEvent.objects.get()
    assert event.data["changed"] == ["create_group", "limits"]
    assert event.data["privileges"]["create_group"]["allowed"] is True


def test_the_platform_hears_when_a_suspension_has_run_out(account, at):
    findings.sanction(account, days=3)
    OutboxEvent.objects.all().delete()

    assert refresh(at + timedelta(days=3)) == 1
    assert refresh(at + timedelta(days=3)) == 0

    assert OutboxEvent.objects.get().data["changed"] == ["create_group"]


def test_a_new_policy_reaches_every_standing(account, at):
    findings.penalty(account, severity="HIGH")
    drafter, approver = (UserFactory(is_staff=True) for _ in range(2))
    document = {**findings.active_policy(account.platform).document}
    document["tiers"] = [*document["tiers"]]
    document["tiers"][1] = {**document["tiers"][1], "at_least": 9}
    document["tiers"][2] = {**document["tiers"][2], "at_least": 5}
    policy = policies.draft(
        platform=account.platform, document=document, by=Actor.user(drafter), at=at
    )
    findings.simulate(policy, at=at)
    policies.approve(policy=policy, by=Actor.user(approver), at=at)
    later = at + timedelta(days=1)
    policies.activate(policy=policy, by=Actor.user(approver), at=later)

    assert refresh(later) == 1
    stored = Standing.objects.get()
    assert (stored.tier, stored.policy, stored.score) == ("Limited", policy, 8)
    assert refresh(later) == 0
    assert OutboxEvent.objects.get().data["changed"] == ["create_group", "limits"]


def test_a_retired_policy_without_a_successor_keeps_no_run_busy(account, at):
    findings.penalty(account)
    with fixture_rows():
        Policy.objects.update(state="RETIRED", retired_at=at)

    assert refresh(at + timedelta(days=1)) == 0
    assert findings.score(account, at + timedelta(days=1)) == 10


def test_the_task_works_everything_off_and_can_run_again(account, at, monkeypatch):
    monkeypatch.setattr(tasks, "BATCH", 2)
    for one in [account, *AccountFactory.create_batch(4, platform=account.platform)]:
        findings.penalty(one)

    with time_machine.travel(at + timedelta(days=181), tick=False):
        for _ in range(3):
            tasks.refresh_standings()

    assert set(Standing.objects.values_list("score", flat=True)) == {12}


def test_every_stored_standing_equals_a_replay(account, at, capsys):
    entry = findings.penalty(account, severity="HIGH").entry
    findings.sanction(account)
    findings.reverse(entry, at=at + timedelta(days=1))
    findings.penalty(AccountFactory(platform=account.platform))

    call_command("verify_standings", platform=account.platform.slug)

    assert "2 standings replayed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"score": 3}, "score is 3, the replay gives 10"),
        ({"tier": "Limited"}, "tier is Limited, the replay gives Good standing"),
        ({"next_change_at": None}, "next change is None"),
    ],
    ids=["score", "tier", "next change"],
)
def test_a_standing_written_past_the_actions_is_found(account, fields, what, capsys):
    findings.penalty(account)
    Standing.objects.update(**fields)

    with pytest.raises(CommandError, match="1 differences in 1 standings"):
        call_command("verify_standings")

    assert what in capsys.readouterr().err


def test_an_entry_that_a_standing_has_not_seen_is_found(account):
    findings.penalty(account)
    with triggers_asleep():
        Standing.objects.update(last_sequence=0)

    [difference] = verification.verify().differences
    assert difference.what == "has not seen its last 1 entries"


def test_a_ledger_without_a_standing_is_found(account):
    findings.penalty(account)
    with triggers_asleep():
        Standing.objects.all().delete()

    [difference] = verification.verify().differences
    assert difference.what == "has a ledger but no standing"


def test_an_unknown_platform_is_named_with_those_that_exist(account):
    with pytest.raises(CommandError, match=f"Known: {account.platform.slug}"):
        call_command("verify_standings", platform="nowhere")


def test_refreshing_uses_the_index_of_due_standings(account):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        due = Standing.objects.filter(next_change_at__lte=account.created_at)
        assert "standing_changes_next" in due.order_by("next_change_at").explain()


def changed(account):
    """What the platform was told of the account, oldest first."""
    events = OutboxEvent.objects.filter(subject=account.external_id).order_by("created_at", "pk")
    return [event.data["changed"] for event in events]


def test_an_action_tells_what_time_changed_before_the_refresher_came(account, at):
    """Whatever the action writes, the refresher would not look there any more."""
    for _ in range(2):
        findings.penalty(account, severity="HIGH")
    assert changed(account) == [["create_group", "limits"]]
    later = at + timedelta(days=366)
    findings.penalty(account, severity="MEDIUM", at=later)

    assert changed(account)[1:] == [["create_group", "limits"]]
    assert refresh(later) == 0


def test_an_action_tells_what_ended_in_a_group_meanwhile(account, at):
    group = GroupFactory(platform=account.platform)
    findings.sanction(account, privilege="OWN_GROUP", days=10, group=group)
    later = at + timedelta(days=11)
    findings.penalty(account, severity="LOW", points=0, at=later)

    events = OutboxEvent.objects.filter(subject=account.external_id, created_at=later)
    assert [event.data["group_id"] for event in events] == [str(group.pk)]
    assert events[0].data["privileges"]["own_group"]["allowed"] is True
