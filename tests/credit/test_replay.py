"""The statement that folds all ledgers finds the standings that are wrong, and no others."""

from datetime import timedelta

from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from credit import queries, replay, verification
from credit.actions import standings
from credit.models import Standing
from groups.queries import ready
from tests.credit import findings
from tests.credit.test_refresh_together import (
    DAY,
    ENTRIES,
    SANCTIONS,
    VERSIONS,
    WAS,
    put_into_effect,
    write_entries,
    write_sanctions,
)
from tests.factories.base import AT, triggers_asleep
from tests.factories.core import PlatformFactory
from tests.factories.identity import AccountFactory, UserFactory
from tests.sizes import size

# Down at once and up at once, half of it undone, and points that come back on known days.
CANCELLED = [(0, 0, 130, -4), (0, 0, 130, 4), (0, 0, 150, -2)]
COMING_BACK = [(1, 0, 300, -4), *[(1, day, 300 - day, 1) for day in (90, 110, 120, 130)]]
AT_THE_FLOOR = [(2, 0, 120, -8), (2, 0, 130, -4), (2, 0, 140, -8), (2, 110, 20, -3)]
AT_THE_CEILING = [(3, 0, 150, -3), (3, 0, 140, 3), (3, 105, 10, 4), (3, 110, None, -1)]


@settings(
    max_examples=size(every_run=20, release=600),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    entries=st.lists(ENTRIES, max_size=14),
    sanctions=st.lists(SANCTIONS, max_size=3),
    version=st.sampled_from(VERSIONS),
)
@example(
    entries=[*CANCELLED, *COMING_BACK, *AT_THE_FLOOR, *AT_THE_CEILING], sanctions=[], version=None
)
# More than the ceiling, and less than the floor, for good.
@example(entries=[(0, 0, None, 1), (1, 0, None, -13)], sanctions=[], version=None)
@example(
    entries=[*CANCELLED, *COMING_BACK, *AT_THE_FLOOR, *AT_THE_CEILING],
    sanctions=[(0, 10, 105, None, "OWN_GROUP", None), (1, 90, 300, 0, "OWN_GROUP", None)],
    version=VERSIONS[-2],
)
def test_one_statement_and_a_replay_of_each_agree(db, entries, sanctions, version):
    with transaction.atomic():
        platforms = [PlatformFactory() for _ in range(2)]
        accounts = [AccountFactory(platform=platforms[n // 2]) for n in range(4)]
        people = [UserFactory(is_staff=True) for _ in range(2)]
        for platform in platforms:
            findings.active_policy(platform)
        if version is not None:
            put_into_effect(platforms[0], version, day=0)
        with triggers_asleep():
            write_entries(accounts, entries, people[0])
            write_sanctions(accounts, sanctions, people)
        records = [queries.get_record(account=account, at=AT) for account in accounts]
        standings.write(projected=zip(accounts, records, strict=True), at=AT)

        assert replay.suspects() == replay.behind() == []

        for account, record in zip(accounts, records, strict=True):
            right = Standing.objects.get(account=account)
            moments = {
                moment
                for entry in record.entries
                for moment in (entry.effective_at, entry.expires_at)
                if moment and moment > AT and moment != right.next_change_at
            }
            for wrong in [
                {"score": right.score + 1},
                {"score": right.score - 1},
                {"next_change_at": AT + 1000 * DAY if right.next_change_at is None else None},
                *({"next_change_at": moment} for moment in sorted(moments)[:2]),
            ]:
                stored = Standing.objects.filter(account=account)
                stored.update(**wrong)
                assert replay.suspects() == [account.pk], wrong
                stored.update(score=right.score, next_change_at=right.next_change_at)
        transaction.set_rollback(True)


def test_what_is_due_is_left_to_a_replay_of_its_own(account, at):
    other = AccountFactory(platform=account.platform)
    until = findings.penalty(account).entry.expires_at
    findings.penalty(other, at=until)

    assert replay.suspects() == [account.pk]
    assert verification.verify().differences == []


def test_a_platform_is_verified_by_itself(account, at):
    elsewhere = AccountFactory()
    findings.active_policy(elsewhere.platform)
    findings.penalty(elsewhere)
    findings.penalty(account)
    Standing.objects.filter(account=elsewhere).update(score=3)
    with triggers_asleep():
        Standing.objects.filter(account=elsewhere).update(last_sequence=0)

    assert verification.verify(platform_id=account.platform_id).differences == []
    assert replay.behind(platform_id=account.platform_id) == []
    assert replay.behind() == [elsewhere.pk]


def test_a_tier_that_the_policy_does_not_know_is_not_believed(account, at):
    findings.penalty(account)
    Standing.objects.update(tier="Excellent")

    assert replay.suspects() == [account.pk]
    names = {"platform_id": account.platform_id, "external_id": account.external_id}
    assert ready.find(**names, at=at + timedelta(days=1)).privileges.create.allowed


def test_the_days_of_the_examples_lie_on_both_sides():
    assert WAS + 100 * DAY == AT
