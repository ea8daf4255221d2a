"""A model of the ledger, in plain Python, lives beside the real one on real PostgreSQL.

Whatever is posted, reversed, given back, imposed, lifted or simply waited for, in whatever order
and under whatever policies: the score at any past instant is the fold of the entries, which keep
the terms they were posted under, by the policy of that instant; numbers have no gaps, the
projection equals a replay, and nothing written is ever written again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from credit import queries, verification
from credit.actions import ledger, policies, sanctions, standings
from credit.models import LedgerEntry, Standing
from credit.policy import SEVERITIES
from groups.queries import ready
from portal.core.actors import Actor
from tests.credit import findings
from tests.credit.documents import DOCUMENTS, SHIPPED
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.identity import AccountFactory, UserFactory
from tests.sizes import size

HOURS = st.integers(0, 24 * 200)


@dataclass
class Known:
    """What the model remembers of an entry."""

    points: int
    since: datetime
    until: datetime
    decision_id: UUID
    reversed_at: datetime | None = None
    # A point of it comes back after each so many days.
    every: int | None = None


@dataclass
class Back:
    """A point of a finding that comes back on its day, or would have."""

    of: Known
    day: datetime
    is_duty: bool = False
    # From then on it counts no more; before its day if it never came.
    ended: datetime | None = None

    def counts(self, at):
        return self.day <= at < self.of.until and (self.ended is None or at < self.ended)


class Ledger(RuleBasedStateMachine):
    penalties = Bundle("penalties")
    suspensions = Bundle("suspensions")

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.now = AT
        self.entries = []
        self.back = []
        self.suspended = []
        self.checkpoints = [AT]

    @initialize()
    def begin(self):
        platform = PlatformFactory()
        self.policy = findings.active_policy(platform)
        # What was in effect since when, oldest first.
        self.policies = [(self.policy.active_from, SHIPPED)]
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

    @rule(target=penalties, severity=st.sampled_from(SEVERITIES))
    def find(self, severity):
        said = queries.get_penalty(account=self.account, severity=severity, at=self.now)
        points, days = self.cost_of(severity)
        assert said.points == points
        change = findings.penalty(
            self.account, severity=severity, points=points, at=self.now, policy=self.policy
        )
        until = self.now + timedelta(days=days)
        every = self.document(self.now)["severities"][severity].get("restored_every_days")
        known = Known(points, self.now, until, change.entry.decision_id, every=every)
        self.entries.append(known)
        self.put_off(lambda point: point.of is not known)
        self.let_come()
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
        for point in self.back:
            if point.of is known and point.ended is None:
                point.ended = self.now
        self.let_come()
        assert change.after.score == self.score(self.now)

    @rule()
    def handle(self):
        """A report is answered in time, and staff find it handled."""
        found = findings.decision(self.account, points=0, outcome="OWNER_HANDLED", at=self.now)
        change = ledger.restore_for_duty(
            account=self.account,
            decision_id=found.pk,
            decided_by=found.decided_by,
            by=Actor.user(found.decided_by),
            at=self.now,
        )
        known = self.whose_point_a_duty_brings()
        assert (change is None) == (known is None)
        if known is not None:
            self.back.append(Back(known, self.now, is_duty=True))
            coming = [p for p in self.back if p.of is known and p.ended is None]
            coming.sort(key=lambda point: point.day)
            for point in coming[-known.points :]:
                point.ended = self.now
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

    @rule(document=st.sampled_from(DOCUMENTS))
    def change_the_policy(self, document):
        """What was posted keeps its terms; what is posted from now on has the new ones."""
        self.now += timedelta(seconds=1)
        drafter, approver = self.people
        policy = policies.draft(
            platform=self.account.platform, document=document, by=drafter, at=self.now
        )
        findings.simulate(policy, at=self.now)
        policies.approve(policy=policy, by=approver, at=self.now)
        self.policy = policies.activate(policy=policy, by=approver, at=self.now)
        self.policies.append((self.now, document))

    # --- what comes back ------------------------------------------------------------------

    def put_off(self, which):
        for point in self.back:
            if point.day > self.now and point.ended is None and which(point):
                point.ended = self.now

    def let_come(self):
        """Of each finding, what its days bring before the next one, and has not come yet."""
        left = [known for known in self.entries if known.reversed_at is None]
        for known, following in zip(left, [*left[1:], None], strict=False):
            live = [p for p in self.back if p.of is known and p.ended is None]
            end = min(
                known.until - timedelta(microseconds=1),
                (following and following.since) or known.until,
            )
            whole = (end - known.since) // timedelta(days=known.every) if known.every else 0
            by_time = sum(not point.is_duty for point in live)
            most = min(whole, -known.points - len(live) + by_time)
            if known.until <= self.now:
                continue
            for number in range(by_time + 1, most + 1):
                day = known.since + number * timedelta(days=known.every)
                self.back.append(Back(known, max(day, self.now)))

    def whose_point_a_duty_brings(self):
        duties = self.document(self.now).get("duties")
        if not duties:
            return None
        wait = timedelta(days=duties["restored_every_days"])
        if any(point.is_duty and point.day + wait > self.now for point in self.back):
            return None
        takes = [
            known
            for known in self.entries
            if known.until > self.now
            and known.reversed_at is None
            and -known.points > sum(p.of is known and p.counts(self.now) for p in self.back)
        ]
        return max(enumerate(takes), key=lambda pair: (pair[1].until, pair[0]), default=(0, None))[
            1
        ]

    # --- what has to hold -----------------------------------------------------------------

    def instants(self):
        """The moments at which something began or ended, those just before, and some others."""
        edges = {e.since for e in self.entries} | {e.until for e in self.entries}
        edges |= {e.reversed_at for e in self.entries if e.reversed_at}
        edges |= {since for since, _ in self.policies[1:]}
        edges |= {point.day for point in self.back} | {p.ended for p in self.back if p.ended}
        newest = sorted(edges)[-8:]
        before = [moment - timedelta(microseconds=1) for moment in newest]
        return sorted([*newest, *before, *self.checkpoints[-2:], self.now])

    def document(self, at):
        """The policy in effect; before the first one began, that one."""
        begun = [document for since, document in self.policies if since <= at]
        return begun[-1] if begun else self.policies[0][1]

    def cost_of(self, severity):
        """Points and days of a finding now: the first LOW one may be a warning."""
        document = self.document(self.now)
        first_low, found = document["first_low_finding"], document["severities"][severity]
        if severity == "LOW" and first_low and (not found["points"] or not self.counting()):
            return 0, first_low["lifetime_days"]
        return -found["points"], found["lifetime_days"]

    def brings(self, privilege, at):
        tiers = self.document(at)["tiers"]
        return privilege in next(
            tier["privileges"] for tier in tiers if self.score(at) >= tier["at_least"]
        )

    def clamped(self, total, at):
        document = self.document(at)
        score = document["starting_score"] + total
        return max(document["floor"], min(document["ceiling"], score))

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
        total += sum(point.counts(at) for point in self.back)
        return self.clamped(total, at)

    @invariant()
    def a_score_is_the_fold_of_the_entries_at_any_instant(self):
        for moment in self.instants():
            standing = queries.get_standing(account=self.account, at=moment)
            assert standing.score == self.score(moment)
            shown = sum(entry.points for entry in standing.entries)
            assert standing.score == self.clamped(shown, moment)

    @invariant()
    def the_lines_of_the_persons_page_add_up_to_the_score(self):
        lines = queries.list_entries(account=self.account, at=self.now)
        counting = [line for line in lines if line.counts]
        assert all(line.has_counted for line in counting)
        total = sum(line.points for line in counting)
        assert self.clamped(total, self.now) == self.score(self.now)

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
        reversals = sum(bool(e.reversed_at) for e in self.entries)
        ended = sum(bool(point.ended) for point in self.back)
        assert len(numbers) == len(self.entries) + reversals + len(self.back) + ended

    @invariant()
    def the_projection_equals_a_replay(self):
        assert verification.verify(platform_id=self.account.platform_id).differences == []

    @invariant()
    def answers_follow_from_tier_and_suspensions_however_they_are_found(self):
        for moment in [*self.checkpoints[-3:], self.now]:
            held = any(since <= moment < until for since, until in self.suspended)
            expected = self.brings("CREATE_GROUP", moment) and not held
            may = queries.get_privileges(account=self.account, at=moment)
            assert may.create.allowed == expected
            assert may.own.allowed == self.brings("OWN_GROUP", moment)
            stored = ready.find(
                platform_id=self.account.platform_id,
                external_id=self.account.external_id,
                at=moment,
            )
            assert stored is None or stored.privileges == may


def test_the_ledger_behaves_like_its_model(db):
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=size(every_run=12, release=300),
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
