"""What a decision costs, and that it can be given back: rows are only ever added."""

from datetime import timedelta

import pytest
from django.db import transaction

from credit import queries
from credit.actions import ledger
from credit.models import LedgerEntry, Standing
from portal.core.models import AuditEntry, OutboxEvent
from tests.credit import findings
from tests.factories.credit import PolicyFactory
from tests.factories.identity import AccountFactory, UserFactory


def test_a_finding_costs_the_points_and_the_time_of_its_severity(account, at):
    change = findings.penalty(account, severity="HIGH")

    assert change.before.score == 12
    assert change.after.score == 8
    assert (change.before.tier, change.after.tier) == ("Good standing", "Under watch")
    assert change.entry.sequence == 1
    assert change.entry.expires_at == at + timedelta(days=365)
    stored = Standing.objects.get(account=account)
    assert (stored.score, stored.tier, stored.last_sequence) == (8, "Under watch", 1)
    assert stored.next_change_at == at + timedelta(days=365)


def test_a_posting_is_audited_with_ids_and_numbers(account):
    entry = findings.penalty(account).entry

    row = AuditEntry.objects.get(action="ledger.post_penalty")
    assert row.record_id == str(entry.pk)
    assert row.old == {"score": 12, "tier": "Good standing"}
    assert row.new["points"] == -2
    assert row.new["decision"] == str(entry.decision_id)


def test_an_entry_counts_until_the_instant_it_expires(account, at):
    entry = findings.penalty(account).entry

    assert entry.expires_at == at + timedelta(days=180)
    assert findings.score(account, entry.expires_at - timedelta(microseconds=1)) == 10
    assert findings.score(account, entry.expires_at) == 12


def test_a_first_low_finding_is_a_warning_and_the_second_is_not(account, at):
    first = queries.get_penalty(account=account, severity="LOW", at=at)
    findings.penalty(account, severity="LOW", points=first.points)
    second = queries.get_penalty(account=account, severity="LOW", at=at + timedelta(days=89))
    later = queries.get_penalty(account=account, severity="LOW", at=at + timedelta(days=90))

    assert (first.points, first.is_warning) == (0, True)
    assert (second.points, second.is_warning) == (-1, False)
    assert later.is_warning
    assert findings.score(account) == 12


def test_a_low_finding_that_follows_a_reversed_one_is_a_first_one(account, at):
    entry = findings.penalty(account, severity="HIGH").entry
    findings.reverse(entry)

    assert queries.get_penalty(account=account, severity="LOW", at=at).is_warning


@pytest.mark.parametrize("points", [-3, 1])
def test_points_beyond_the_policy_are_refused(account, points):
    found = findings.decision(account)

    with pytest.raises(ledger.NotByThePolicy), transaction.atomic():
        findings.post(account, found, points=points)

    assert LedgerEntry.objects.count() == 0


def test_a_decision_costs_its_points_once(account):
    found = findings.decision(account)
    findings.post(account, found)

    with pytest.raises(ledger.AlreadyPosted), transaction.atomic():
        findings.post(account, found)

    assert LedgerEntry.objects.count() == 1


def test_a_reversal_gives_back_what_the_decision_cost(account, at):
    entry = findings.penalty(account, severity="CRITICAL").entry
    later = at + timedelta(days=10)

    [change] = findings.reverse(entry, at=later)

    assert (change.before.score, change.after.score) == (2, 12)
    assert change.entry.points == 10
    assert change.entry.expires_at == entry.expires_at
    assert change.entry.reverses == entry
    assert findings.score(account, later - timedelta(seconds=1)) == 2
    assert findings.score(account, entry.expires_at + timedelta(days=1)) == 12


def test_a_second_reversal_is_refused_and_changes_nothing(account):
    entry = findings.penalty(account).entry
    findings.reverse(entry)

    with pytest.raises(ledger.AlreadyReversed), transaction.atomic():
        findings.reverse(entry)

    assert LedgerEntry.objects.count() == 2


def test_reversing_a_decision_that_cost_nothing_is_no_entry(account):
    found = findings.decision(account, points=0)

    assert findings.reverse(LedgerEntry(decision_id=found.pk)) == []
    assert LedgerEntry.objects.count() == 0


def test_what_has_expired_can_still_be_reversed(account, at):
    entry = findings.penalty(account, severity="LOW").entry
    late = entry.expires_at + timedelta(days=30)

    [change] = findings.reverse(entry, at=late)

    assert change.entry.effective_at == entry.expires_at
    assert (change.before.score, change.after.score) == (12, 12)
    [_, line] = queries.list_entries(account=account, at=late)
    assert line.is_reversed


def test_a_score_never_leaves_floor_and_ceiling(account, at):
    findings.penalty(account, severity="CRITICAL")
    findings.penalty(account, severity="CRITICAL")

    assert findings.score(account) == 0


def test_a_posting_costs_the_same_queries_with_one_entry_and_with_ten(
    account, django_assert_num_queries
):
    found = [findings.decision(account) for _ in range(11)]
    policy = findings.active_policy(account.platform)

    # Lock, policy, entries, sanctions; lock of the standing; then entry, standing, audit.
    with django_assert_num_queries(8):
        findings.post(account, found[0], policy=policy)
    for one in found[1:10]:
        findings.post(account, one, policy=policy)
    with django_assert_num_queries(8):
        findings.post(account, found[10], policy=policy)


def test_an_event_leaves_only_when_an_answer_changes(account):
    findings.penalty(account, severity="HIGH")
    assert OutboxEvent.objects.count() == 0

    findings.penalty(account, severity="HIGH")

    event = OutboxEvent.objects.get()
    assert event.type == "accord.privileges.changed.v1"
    assert event.subject == account.external_id
    assert event.data["changed"] == ["create_group", "limits"]
    assert event.data["privileges"]["create_group"]["allowed"] is False
    assert event.data["privileges"]["own_group"] == {"allowed": True, "until": None, "reasons": []}


def test_accounts_do_not_share_a_ledger(account, at):
    other = AccountFactory(platform=account.platform)
    findings.penalty(account)
    findings.penalty(other)

    assert list(LedgerEntry.objects.values_list("sequence", flat=True)) == [1, 1]
    assert findings.score(account) == findings.score(other) == 10


def test_a_decision_taken_under_an_older_policy_keeps_its_terms(account, at):
    old = findings.active_policy(account.platform)
    document = {**old.document, "severities": dict(old.document["severities"])}
    document["severities"]["MEDIUM"] = {"points": 4, "lifetime_days": 365}
    draft = PolicyFactory(
        platform=account.platform,
        version=2,
        state="DRAFT",
        document=document,
        drafted_by=UserFactory(),
        active_from=None,
    )
    found = findings.decision(account)

    change = findings.post(account, found, policy=old)

    assert draft.version == 2
    assert change.entry.expires_at == at + timedelta(days=180)
    assert change.entry.policy == old
