"""A model of the ledger, in plain Python, lives beside the real one on real PostgreSQL.

Whatever is posted, reversed, imposed, lifted or simply waited for, in whatever order: the score
is the fold of the entries at any past instant, numbers have no gaps, the projection equals a
replay, and nothing written is ever written again.
"""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from credit import queries, verification
from credit.actions import ledger, policies, sanctions, standings
from credit.models import LedgerEntry, Standing
from portal.core.actors import Actor
from tests.credit import findings
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.identity import AccountFactory, UserFactory

HOURS = st.integers(0, 24 * 200)
SEVERITIES = {"LOW": (1, 90), "MEDIUM": (2, 180), "HIGH": (4, 365), "CRITICAL": (10, 730)}


@dataclass
class Known:
    """What the model remembers of an entry."""

    points: int
    since: object
    until: object
    decision_id: object
    reversed_at: object = None


class Ledger(RuleBasedStateMachine):
    penalties = Bundle("penalties")
    suspensions = Bundle("suspensions")

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.now = AT
        self.entries = []
        self.suspended = []
        self.checkpoints = [AT]

    @initialize()
    def begin(self):
        platform = PlatformFactory()
        self.policy = findings.active_policy(platform)
        self.account = AccountFactory(platform=platform)
        self.people = [Actor.user(UserFactory(is_staff=True)) for _ in range(2)]

    def teardown(self):
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    # --- what may happen ------------------------------------------------------------------

    @rule(hours=HOURS)
    def wait(self, hours):
        self.now += timedelta(hours=hours)
        self.checkpoints.append(self.now)

    @rule()
    def wait_until_something_changes(self):
        standing = queries.get_standing(account=self.account, at=self.now)
        if standing.next_change_at is not None:
            self.now = standing.next_change_at
            self.checkpoints.append(self.now)

    @rule(target=penalties, severity=st.sampled_from(list(SEVERITIES)))
    def find(self, severity):
        expected, days = SEVERITIES[severity]
        said = queries.get_penalty(account=self.account, severity=severity, at=self.now)
        assert said.points == (0 if severity == "LOW" and not self.counting() else -expected)
        change = findings.penalty(
            self.account, severity=severity, points=said.points, at=self.now, policy=self.policy
        )
        known = Known(
            said.points, self.now, self.now + timedelta(days=days), change.entry.decision_id
        )
        self.entries.append(known)
        assert change.after.score == self.score(self.now)
        return known

    @rule(known=penalties)
    def reverse(self, known):
        entry = LedgerEntry(decision_id=known.decision_id)
        if known.reversed_at is not None:
            with pytest.raises(ledger.AlreadyReversed), transaction.atomic():
                findings.reverse(entry, at=self.now)
            return
        [change] = findings.reverse(entry, at=self.now)
        known.reversed_at = self.now
        assert change.after.score == self.score(self.now)

    @rule(target=suspensions, days=st.integers(1, 60))
    def suspend(self, days):
        found = findings.sanction(self.account, days=days, at=self.now)
        self.suspended.append([self.now, self.now + timedelta(days=days)])
        return found, self.suspended[-1]

    @rule(suspension=suspensions)
    def lift(self, suspension):
        found, period = suspension
        if period[1] <= self.now:
            with pytest.raises(sanctions.NotInForce), transaction.atomic():
                self.lift_early(found)
            return
        self.lift_early(found)
        period[1] = self.now

    def lift_early(self, found):
        sanctions.lift(
            sanction=found, how="EARLY", reason="New facts.", by=self.people[0], at=self.now
        )

    @rule()
    def refresh(self):
        standings.refresh_due(by=Actor.system("tests"), at=self.now, limit=10)
        stored = Standing.objects.filter(account=self.account).first()
        if stored is not None:
            assert stored.score == self.score(self.now)
            assert stored.next_change_at is None or stored.next_change_at > self.now

    @rule(target=penalties)
    def change_the_policy(self):
        """What was posted keeps its terms; the same terms begin anew under another version."""
        self.now += timedelta(seconds=1)
        drafter, approver = self.people
        policy = policies.draft(
            platform=self.account.platform, document=self.policy.document, by=drafter, at=self.now
        )
        findings.simulate(policy, at=self.now)
        policies.approve(policy=policy, by=approver, at=self.now)
        self.policy = policies.activate(policy=policy, by=approver, at=self.now)
        return multiple()

    # --- what has to hold -----------------------------------------------------------------

    def instants(self):
        """The moments at which something began or ended, those just before, and some others."""
        edges = {e.since for e in self.entries} | {e.until for e in self.entries}
        edges |= {e.reversed_at for e in self.entries if e.reversed_at}
        newest = sorted(edges)[-8:]
        before = [moment - timedelta(microseconds=1) for moment in newest]
        return sorted([*newest, *before, *self.checkpoints[-2:], self.now])

    def counting(self):
        return [
            e
            for e in self.entries
            if e.since <= self.now < e.until and (e.reversed_at is None or self.now < e.reversed_at)
        ]

    def score(self, at):
        total = 0
        for e in self.entries:
            if e.since <= at < e.until:
                total += e.points
                if e.reversed_at is not None and e.reversed_at <= at:
                    total -= e.points
        return max(0, min(12, 12 + total))

    @invariant()
    def a_score_is_the_fold_of_the_entries_at_any_instant(self):
        for moment in self.instants():
            standing = queries.get_standing(account=self.account, at=moment)
            assert standing.score == self.score(moment)
            shown = 12 + sum(entry.points for entry in standing.entries)
            assert standing.score == max(0, min(12, shown))

    @invariant()
    def the_forecast_comes_true(self):
        standing = queries.get_standing(account=self.account, at=self.now)
        steps = [(self.now, standing.score), *((s.at, s.score) for s in standing.forecast)]
        for moment in self.instants():
            if moment >= self.now:
                said = [score for since, score in steps if since <= moment][-1]
                assert said == self.score(moment)

    @invariant()
    def numbers_have_no_gaps(self):
        rows = LedgerEntry.objects.filter(account=self.account).order_by("sequence")
        numbers = list(rows.values_list("sequence", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) == len(self.entries) + sum(bool(e.reversed_at) for e in self.entries)

    @invariant()
    def the_projection_equals_a_replay(self):
        assert verification.verify(platform_id=self.account.platform_id).differences == []

    @invariant()
    def answers_follow_from_tier_and_suspensions_however_they_are_found(self):
        for moment in [*self.checkpoints[-3:], self.now]:
            held = any(since <= moment < until for since, until in self.suspended)
            expected = self.score(moment) >= 7 and not held
            quick = queries.get_privileges(account=self.account, at=moment)
            slow = queries.get_record(account=self.account, at=moment).privileges(moment)
            assert quick.create.allowed == slow.create.allowed == expected
            assert quick.own.allowed == slow.own.allowed == (self.score(moment) >= 3)


def test_the_ledger_behaves_like_its_model(db):
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
