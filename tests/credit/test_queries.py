"""Standing and privileges at any instant, and what a decision would do to them."""

from datetime import date, timedelta

import pytest

from credit import ladder, queries
from credit.actions import policies
from credit.models import LedgerEntry
from portal.core.actors import Actor
from tests.credit import findings
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory, UserFactory


def test_an_account_without_entries_has_the_starting_standing(account, at):
    standing = queries.get_standing(account=account, at=at)

    assert (standing.score, standing.tier, standing.entries) == (12, "Good standing", ())
    assert standing.next_change_at is None
    privileges = queries.get_privileges(account=account, at=at)
    assert privileges.create.allowed
    assert privileges.own.allowed
    assert privileges.manage.allowed
    assert privileges.limits.groups_owned == 50


def test_a_platform_without_a_policy_says_so(db, at):
    account = AccountFactory()

    with pytest.raises(queries.NoPolicy):
        queries.get_standing(account=account, at=at)


def test_the_policy_of_an_instant_is_the_one_in_effect_then(account, policy, at):
    drafter, approver = (Actor.user(UserFactory(is_staff=True)) for _ in range(2))
    second = policies.draft(platform=account.platform, document=policy.document, by=drafter, at=at)
    findings.simulate(second, at=at)
    policies.approve(policy=second, by=approver, at=at)
    policies.activate(policy=second, by=approver, at=at)

    def version(moment):
        return queries.get_policy(platform_id=account.platform_id, at=moment).version

    assert version(at - timedelta(microseconds=1)) == 1
    assert version(at) == second.version
    assert version(policy.active_from - timedelta(days=900)) == 1


def test_a_tier_without_a_privilege_says_until_when_and_names_the_decisions(account, at):
    first = findings.penalty(account, severity="HIGH", at=at).entry
    second = findings.penalty(account, severity="HIGH", at=at + timedelta(days=10)).entry
    now = at + timedelta(days=20)

    answer = queries.get_privileges(account=account, at=now).create
    [reason] = answer.reasons
    assert reason.code == "standing"
    assert reason.until == first.expires_at
    assert reason.decision_ids == (second.decision_id, first.decision_id)
    assert reason.sentence == (
        "Creating groups is not open at the present standing, until 2 November 2027."
    )
    assert queries.get_privileges(account=account, at=now).own.allowed


def test_no_reason_contains_a_score_or_a_tier(account, at):
    findings.penalty(account, severity="CRITICAL")

    sentences = {
        reason.sentence
        for answer in ("create", "own", "manage")
        for reason in getattr(queries.get_privileges(account=account, at=at), answer).reasons
    }
    assert len(sentences) == 3
    assert not any("Suspended" in text or "point" in text or " 2 " in text for text in sentences)


def test_a_standing_out_of_date_is_not_believed(account, at):
    findings.penalty(account, severity="HIGH")
    findings.penalty(account, severity="HIGH")
    over = at + timedelta(days=365)

    def may_create(moment):
        return queries.get_privileges(account=account, at=moment).create.allowed

    assert not may_create(over - timedelta(seconds=1))
    assert may_create(over)


def test_a_preview_shows_the_effect_and_writes_nothing(account, at):
    findings.penalty(account, severity="HIGH")

    effect = queries.preview(account=account, points=-4, severity="HIGH", sanctions=[], at=at)

    assert (effect.tier_before, effect.tier_after) == ("Under watch", "Limited")
    assert (effect.before.score, effect.after.score) == (8, 4)
    assert effect.points_cost_a_privilege
    [loss] = effect.lost
    assert (loss.privilege, loss.group_id) == ("CREATE_GROUP", None)
    assert loss.until == at + timedelta(days=365)
    assert LedgerEntry.objects.count() == 1


def test_a_preview_of_sanctions_separates_the_platform_from_a_group(account, at):
    group = GroupFactory(platform=account.platform)

    effect = queries.preview(
        account=account,
        points=0,
        sanctions=[
            ("SUSPENSION", "OWN_GROUP", 30, None, at),
            ("REVOCATION", "MANAGE_GROUP", None, group.pk, at),
        ],
        at=at,
    )

    assert not effect.points_cost_a_privilege
    assert effect.tier_after == effect.tier_before
    lost = {(loss.privilege.value, loss.group_id, loss.until) for loss in effect.lost}
    end = at + timedelta(days=30)
    assert lost == {
        ("CREATE_GROUP", None, end),
        ("OWN_GROUP", None, end),
        ("MANAGE_GROUP", group.pk, None),
    }


def test_what_happens_is_what_the_preview_said(account, at):
    findings.penalty(account, severity="HIGH")
    said = queries.preview(account=account, points=-10, severity="CRITICAL", sanctions=[], at=at)

    change = findings.penalty(account, severity="CRITICAL")

    assert change.after.score == said.after.score
    assert change.after.tier == said.tier_after
    assert change.lost == [loss.privilege for loss in said.lost]


def test_the_ladder_measures_the_distance_up_and_down(account, at):
    findings.penalty(account, severity="HIGH")

    found = ladder.build(queries.get_standing(account=account, at=at))

    assert [rung.name for rung in found.rungs] == [
        "Good standing",
        "Under watch",
        "Limited",
        "Suspended",
    ]
    assert found.current.name == "Under watch"
    assert (found.worse, found.points_to_worse) == ("Limited", 2)
    assert (found.better, found.points_to_better) == ("Good standing", 2)
    assert found.better_at == at + timedelta(days=365)
    assert [rung.points_lost for rung in found.rungs] == [2, 5, 9, 12]


def test_the_ladder_has_no_rung_below_the_last(account, at):
    findings.penalty(account, severity="CRITICAL")

    found = ladder.build(queries.get_standing(account=account, at=at))

    assert found.current.name == "Suspended"
    assert (found.worse, found.points_to_worse) == (None, None)


def test_twelve_months_end_with_now(account, at):
    findings.penalty(account, at=at - timedelta(days=200))
    findings.penalty(account, severity="HIGH", at=at - timedelta(days=40))

    months = queries.list_history(record=queries.get_record(account=account, at=at), at=at)

    assert len(months) == 12
    assert (months[0].month, months[-1].month) == (date(2025, 12, 1), date(2026, 11, 1))
    assert [month.points_lost for month in months] == [0, 0, 0, 0, 2, 2, 2, 2, 2, 6, 4, 4]
    assert months[-1].at == at


def test_entries_show_what_counts_what_was_reversed_and_under_which_policy(account, at):
    old = findings.penalty(account, severity="LOW", at=at - timedelta(days=100)).entry
    counting = findings.penalty(account, severity="HIGH").entry
    undone = findings.penalty(account).entry
    findings.reverse(undone, at=at + timedelta(days=1))

    later = at + timedelta(days=2)
    lines = queries.list_entries(account=account, at=later)

    assert [line.entry.kind for line in lines] == ["REVERSAL", "PENALTY", "PENALTY", "PENALTY"]
    assert [line.counts for line in lines] == [False, False, True, False]
    assert [line.reversed_at for line in lines] == [None, at + timedelta(days=1), None, None]
    assert [line.policy_version for line in lines] == [1, 1, 1, 1]
    assert lines[2].entry == counting
    assert lines[3].entry == old
    assert sum(line.points for line in lines if line.counts) + 12 == findings.score(account, later)


def test_pages_cost_the_same_queries_with_one_entry_and_with_ten(
    account, at, django_assert_num_queries
):
    def pages():
        record = queries.get_record(account=account, at=at)  # policy, entries, sanctions
        queries.list_entries(account=account, at=at)
        queries.list_history(record=record, at=at)

    findings.penalty(account)
    with django_assert_num_queries(5):
        pages()
    for _ in range(9):
        findings.penalty(account)
    with django_assert_num_queries(5):
        pages()


def test_standing_belongs_to_one_platform(account, at):
    other = PlatformFactory()
    findings.active_policy(other)
    same_person = AccountFactory(platform=other, external_id=account.external_id)
    findings.penalty(account, severity="CRITICAL")

    assert findings.score(same_person) == 12


def test_the_worked_example_of_the_documentation_is_true(account, at):
    year = at.replace(year=2027, hour=0)

    def day(month, number, **plus):
        return year.replace(month=month, day=number) + timedelta(**plus)

    first = queries.get_penalty(account=account, severity="LOW", at=day(3, 1)).points
    findings.penalty(account, severity="LOW", points=first, at=day(3, 1))
    findings.penalty(account, severity="HIGH", at=day(4, 1))
    medium = findings.penalty(account, severity="MEDIUM", at=day(5, 10))
    promised = queries.get_privileges(account=account, at=day(5, 10)).create.until
    findings.reverse(medium.entry, at=day(6, 2))

    seen = [
        (standing.score, standing.tier)
        for moment in (day(3, 1), day(4, 1), day(5, 10), day(6, 2), day(4, 1, days=366))
        for standing in [queries.get_standing(account=account, at=moment)]
    ]
    assert seen == [
        (12, "Good standing"),
        (8, "Under watch"),
        (6, "Limited"),
        (8, "Under watch"),
        (12, "Good standing"),
    ]
    assert promised == day(11, 6)
