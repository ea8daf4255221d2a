"""Eight people at once on one account: every entry gets its number, a decision counts once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.utils import OperationalError

from credit import queries, verification
from credit.actions import ledger, sanctions, standings
from credit.models import LedgerEntry, Sanction, Standing
from portal.core.actors import Actor
from portal.core.models import AuditEntry, OutboxEvent
from tests.credit import findings
from tests.factories.core import PlatformFactory
from tests.factories.identity import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def at_once(jobs):
    """Run the jobs in threads of their own, released together; return what came of each."""
    barrier = threading.Barrier(len(jobs))
    results = [None] * len(jobs)

    def work(place, job):
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            results[place] = job()
        except (ledger.AlreadyPosted, ledger.AlreadyReversed, sanctions.NotInForce) as error:
            results[place] = error
        except OperationalError as error:  # a deadlock: no action may end in one
            results[place] = AssertionError(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not [one for one in results if isinstance(one, AssertionError)]
    return results


@pytest.fixture
def account():
    platform = PlatformFactory()
    findings.active_policy(platform)
    return AccountFactory(platform=platform)


def assert_whole(account, entries):
    numbers = LedgerEntry.objects.filter(account=account).order_by("sequence")
    assert list(numbers.values_list("sequence", flat=True)) == list(range(1, entries + 1))
    assert verification.verify(platform_id=account.platform_id).differences == []
    stored = Standing.objects.get(account=account)
    assert stored.last_sequence == entries
    posted = AuditEntry.objects.filter(action__in=["ledger.post_penalty", "ledger.reverse"])
    assert posted.count() == entries


@pytest.mark.parametrize("trial", range(3))
def test_eight_postings_at_once_are_all_there(account, at, trial):
    found = [findings.decision(account, points=-1, severity="LOW") for _ in range(THREADS)]

    results = at_once(
        [lambda d=d: findings.post(account, d, severity="LOW", points=-1) for d in found]
    )

    assert {change.entry.sequence for change in results} == set(range(1, THREADS + 1))
    assert_whole(account, THREADS)
    assert findings.score(account, at) == 12 - THREADS


@pytest.mark.parametrize("trial", range(3))
def test_one_decision_is_posted_once(account, at, trial):
    found = findings.decision(account)

    results = at_once([lambda: findings.post(account, found) for _ in range(THREADS)])

    assert sum(isinstance(one, ledger.AlreadyPosted) for one in results) == THREADS - 1
    assert_whole(account, 1)


@pytest.mark.parametrize("trial", range(3))
def test_one_decision_is_reversed_once(account, at, trial):
    entry = findings.penalty(account).entry

    results = at_once([lambda: findings.reverse(entry) for _ in range(THREADS)])

    assert sum(isinstance(one, ledger.AlreadyReversed) for one in results) == THREADS - 1
    assert_whole(account, 2)
    assert findings.score(account, at) == 12


@pytest.mark.parametrize("trial", range(3))
def test_posting_reversing_and_refreshing_get_along(account, at, trial):
    old = [findings.penalty(account, severity="LOW").entry for _ in range(3)]
    new = [findings.decision(account) for _ in range(3)]
    over = old[0].expires_at
    by = Actor.system("tests")

    at_once(
        [lambda d=d: findings.post(account, d, at=over) for d in new]
        + [lambda e=e: findings.reverse(e, at=over) for e in old]
        + [lambda: standings.refresh_due(by=by, at=over, limit=10) for _ in range(2)]
    )

    assert_whole(account, 9)
    standings.refresh_due(by=by, at=over, limit=10)
    assert Standing.objects.get().score == findings.score(account, over) == 6


def test_a_sanction_is_lifted_once(account, at):
    found = findings.sanction(account)
    people = [UserFactory(is_staff=True) for _ in range(THREADS)]

    def lift(person):
        row = Sanction.objects.get(pk=found.pk)
        by = Actor.user(person)
        return sanctions.lift(sanction=row, how="EARLY", reason="x", by=by, at=at)

    results = at_once([lambda p=p: lift(p) for p in people])

    assert sum(isinstance(one, Sanction) for one in results) == 1
    assert AuditEntry.objects.filter(action="sanctions.lift").count() == 1
    assert queries.get_privileges(account=account, at=at).create.allowed


def test_eight_refreshers_share_the_work(account, at):
    accounts = [account, *AccountFactory.create_batch(39, platform=account.platform)]
    for one in accounts:
        over = findings.penalty(one).entry.expires_at
    by = Actor.system("tests")

    results = at_once(
        [lambda: standings.refresh_due(by=by, at=over, limit=10) for _ in range(THREADS)]
    )

    # Each standing is taken by one of them; who finds everything locked takes none.
    assert sum(results) == Standing.objects.filter(score=12).count()
    while standings.refresh_due(by=by, at=over, limit=10):
        pass
    assert Standing.objects.filter(score=12).count() == 40
    assert verification.verify().differences == []


@pytest.mark.parametrize("trial", range(3))
def test_two_refreshers_side_by_side_tell_of_each_change_once(account, at, trial):
    accounts = [account, *AccountFactory.create_batch(19, platform=account.platform)]
    for one in accounts:
        findings.sanction(one, days=3)
    OutboxEvent.objects.all().delete()
    by, over = Actor.system("tests"), at + timedelta(days=3)

    results = at_once([lambda: standings.refresh_due(by=by, at=over, limit=20) for _ in range(2)])
    while count := standings.refresh_due(by=by, at=over, limit=20):
        results.append(count)

    assert sum(results) == 20
    told = OutboxEvent.objects.values_list("subject", flat=True)
    assert sorted(told) == sorted(one.external_id for one in accounts)
