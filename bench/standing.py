"""Standings of a million accounts: replayed, after an hour, after a new policy, in a simulation.

And what single ones cost: posting a penalty, and answering a question over HTTP.
"""

import copy
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from bench import evaluations, posting
from bench.measuring import Figure, interleave, ratios
from bench.servers import Servers

ACCOUNTS, FINDINGS = 1_000_000, 4_900_000
# One finding of so many is reversed, ten days later: with the reversals 5 million entries.
REVERSED = 50
# Writing every row takes more than a minute.
MOST_ROUNDS = 2
# Standings that something wrote past the actions.
WRONG = 1_000
PARTS = (
    # Ids that differ in their first bytes, as those that begin with the time do: sorts use these.
    """
    INSERT INTO identity_account (id, platform_id, external_id, display_name, created_at)
    SELECT rpad(lpad(to_hex(n), 8, '0'), 32, '0')::uuid, %(platform)s, 'a-' || n, '',
        %(at)s - (1 - n::float8 / %(accounts)s) * interval '1200 days'
    FROM generate_series(1, %(accounts)s) n
    """,
    # As a ledger grows: one finding after the other in three years, each of another account, so
    # that no account's entries lie together. Severities 60, 25, 12 and 3 %, by the shipped policy.
    """
    CREATE TEMP TABLE finding AS
    SELECT n, %(at)s - (1 - n::float8 / %(findings)s) * interval '1095 days' AS posted_at, t.*,
        rpad(lpad(to_hex(1 + n * 7919 %% %(accounts)s), 8, '0'), 32, '0')::uuid AS account_id
    FROM (SELECT n, random() * 100 AS dice FROM generate_series(1::bigint, %(findings)s) n) d
        JOIN (VALUES (0, 60, 'LOW', 1, 90), (60, 85, 'MEDIUM', 2, 180), (85, 97, 'HIGH', 4, 365),
            (97, 100, 'CRITICAL', 10, 730)) t (from_dice, to_dice, severity, points, days)
            ON dice >= from_dice AND dice < to_dice
    """,
    """
    INSERT INTO credit_ledgerentry (id, account_id, platform_id, sequence, kind, points,
        effective_at, expires_at, policy_id, severity, decision_id, reverses_id, posted_by_id,
        reason, posted_at)
    SELECT id, account_id, %(platform)s, row_number() OVER (
            PARTITION BY account_id ORDER BY posted_at), kind, points, posted_at, expires_at,
        %(policy)s, severity, lpad(to_hex(n), 32, '0')::uuid, reverses, %(person)s, 'R-101',
        posted_at
    FROM (
        SELECT n, lpad(to_hex(n), 32, '0')::uuid AS id, account_id, 'PENALTY' AS kind,
            -points AS points, posted_at, posted_at + days * interval '1 day' AS expires_at,
            severity, NULL::uuid AS reverses
        FROM finding
        UNION ALL
        SELECT n, ('f' || lpad(to_hex(n), 31, '0'))::uuid, account_id, 'REVERSAL', points,
            posted_at + interval '10 days', posted_at + days * interval '1 day', NULL,
            lpad(to_hex(n), 32, '0')::uuid
        FROM finding WHERE n %% %(reversed)s = 0 AND posted_at < %(at)s - interval '10 days') e
    ORDER BY posted_at
    """,
    # A second out of date: a refresh finds out when each changes next.
    """
    INSERT INTO credit_standing (account_id, platform_id, policy_id, score, tier, last_sequence,
        as_of, next_change_at)
    SELECT account_id, %(platform)s, %(policy)s, score, CASE WHEN score >= 10 THEN 'Good standing'
            WHEN score >= 7 THEN 'Under watch' WHEN score >= 3 THEN 'Limited' ELSE 'Suspended' END,
        last, %(at)s - interval '1 second', %(at)s - interval '1 second'
    FROM (
        SELECT account_id, max(sequence) AS last, min(posted_at) AS since,
            GREATEST(12 + COALESCE(sum(points) FILTER (WHERE expires_at > %(at)s), 0), 0) AS score
        FROM credit_ledgerentry GROUP BY account_id) f
    ORDER BY since
    """,
)
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = 'credit_ledgerentry'::regclass
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
FOLD = """
SELECT count(*), sum(points) FROM (
    SELECT account_id, sum(points) FILTER (
        WHERE effective_at <= %(at)s AND (expires_at IS NULL OR expires_at > %(at)s)) AS points
    FROM credit_ledgerentry GROUP BY account_id) folded
"""
NEW_POLICY = """
WITH former AS (
    UPDATE credit_policy SET state = 'RETIRED', retired_at = %(at)s
    WHERE state = 'ACTIVE' RETURNING platform_id, version)
INSERT INTO credit_policy (id, platform_id, version, state, document, drafted_at, active_from)
SELECT gen_random_uuid(), platform_id, version + 1, 'ACTIVE', %(document)s, %(at)s, %(at)s
FROM former
"""


MAKE_WRONG = """
UPDATE credit_standing SET score = CASE WHEN score > 6 THEN score - 1 ELSE score + 1 END
WHERE account_id IN (
    SELECT rpad(lpad(to_hex(n), 8, '0'), 32, '0')::uuid
    FROM (SELECT 1 + (random() * %(accounts)s)::bigint %% %(accounts)s AS n
        FROM generate_series(1, %(wrong)s)) chosen)
"""


@dataclass
class Touched:
    """Of each round, the warm-up first: accounts, answers that changed, time an account."""

    accounts: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    microseconds: list[float] = field(default_factory=list)

    def figure(self, what: str, *, at_most: float | None = None) -> Figure:
        details = {"accounts": self.accounts[1:], "answers that changed": self.told[1:]}
        times = self.microseconds[1:]
        return Figure(what, "", times, unit="µs", at_most=at_most, details=details)


class Scene:
    """A platform whose clock goes on by an hour at a time."""

    def __init__(self, database: psycopg.Connection, *, at: datetime) -> None:
        self.database, self.at = database, at
        self.longest: list[float] = []
        self.numbers: list[float] = []
        self.hours = Touched()
        self.days = Touched()

    def fold(self) -> float:
        started = time.perf_counter()
        self.database.execute(FOLD, {"at": self.at}).fetchall()
        return time.perf_counter() - started

    def recompute(self) -> float:
        """Replay every ledger, and write what differs: as many as were made wrong before."""
        from credit import replay, verification
        from credit.actions import standings
        from portal.core.actors import Actor

        values = {"accounts": ACCOUNTS, "wrong": WRONG}
        wrong = self.database.execute(MAKE_WRONG, values).rowcount
        started = time.perf_counter()
        found = replay.suspects()
        for start in range(0, len(found), verification.BATCH):
            batch = found[start : start + verification.BATCH]
            standings.repair(account_ids=batch, by=Actor.system("bench"), at=self.at)
        seconds = time.perf_counter() - started
        assert len(found) == wrong, (len(found), wrong)
        started = time.perf_counter()
        assert not replay.behind()
        self.numbers.append(time.perf_counter() - started)
        return seconds

    def hour(self) -> float:
        """Let an hour pass and refresh what it outdated."""
        return self._pass(timedelta(hours=1), self.hours)

    def day(self) -> float:
        """Let a day pass at once, as after a halt."""
        return self._pass(timedelta(days=1), self.days)

    def _pass(self, time_passed: timedelta, touched: "Touched") -> float:
        from portal.core.models import OutboxEvent

        self.at += time_passed
        before = OutboxEvent.objects.count()
        seconds, count, _ = self._refresh()
        touched.accounts.append(count)
        touched.told.append(OutboxEvent.objects.count() - before)
        touched.microseconds.append(seconds / count * 1e6)
        return seconds

    def policy(self) -> float:
        """Put a version into effect whose tiers are as they were; refresh every account."""
        from credit import policy

        self.activate(policy.DEFAULT_DOCUMENT)
        seconds, count, longest = self._refresh()
        assert count == ACCOUNTS
        self.longest.append(longest)
        self.database.execute("VACUUM ANALYZE credit_standing")
        return seconds

    def simulation(self) -> float:
        from credit import policy, queries, simulation
        from credit.models import Standing

        platform_id = Standing.objects.values_list("platform", flat=True)[:1].get()
        current = queries.get_policy(platform_id=platform_id, at=self.at)
        document = policy.parse(stricter())
        started = time.perf_counter()
        found = simulation.run(document=document, against=current, at=self.at)
        seconds = time.perf_counter() - started
        assert found.accounts == ACCOUNTS
        return seconds

    def announcing(self) -> Figure:
        """Refresh a few accounts under thresholds of a point more: the answers of many change."""
        from credit.actions import standings
        from portal.core.actors import Actor
        from portal.core.models import OutboxEvent

        limit = 10_000
        self.activate(stricter())
        told = OutboxEvent.objects.count()
        started = time.perf_counter()
        standings.refresh_due(by=Actor.system("bench"), at=self.at, limit=limit)
        seconds = time.perf_counter() - started
        told = OutboxEvent.objects.count() - told
        what = f"{limit:,} accounts under a policy that moves every threshold by a point"
        note = f"once; the answers of {told:,} changed and were announced"
        return Figure(what, "", [seconds], unit="s", note=note)

    def activate(self, document: dict[str, Any]) -> None:
        self.at += timedelta(seconds=1)
        with self.database.transaction():
            self.database.execute("SET LOCAL session_replication_role = replica")
            values = {"at": self.at, "document": Jsonb(document)}
            self.database.execute(NEW_POLICY, values)

    def _refresh(self) -> tuple[float, int, float]:
        """Return how long it took, how many there were, and the longest transaction in s."""
        from credit import tasks
        from credit.actions import standings
        from portal.core.actors import Actor

        by, total, longest = Actor.system("bench"), 0, 0.0
        started = last = time.perf_counter()
        while count := standings.refresh_due(by=by, at=self.at, limit=tasks.BATCH):
            total += count
            now = time.perf_counter()
            longest, last = max(longest, now - last), now
            if count < tasks.BATCH:
                break
        return time.perf_counter() - started, total, longest


def measure(servers: Servers, *, at: datetime, rounds: int) -> list[Figure]:
    started = time.monotonic()
    with servers.connect() as database:
        fill(database, at=at)
        scene = Scene(database, at=at)
        loaded = time.monotonic() - started
        first, _, _ = scene._refresh()
        database.execute("VACUUM ANALYZE")
        database.execute("CHECKPOINT")
        note = f"loading them took {loaded:.0f} s, the first refresh {first:.0f} s"
        return [
            *_replays(scene, rounds, note=note),
            *posting.measure(database, rounds=rounds, accounts=ACCOUNTS, at=scene.at),
            *evaluations.measure(servers, rounds=rounds, accounts=ACCOUNTS),
            *_rewrites(scene, min(rounds, MOST_ROUNDS)),
        ]


def _replays(scene: Scene, rounds: int, *, note: str) -> list[Figure]:
    about = f"{ACCOUNTS:,} accounts"
    folds, replays, hours, _days = interleave(
        rounds, scene.fold, scene.recompute, scene.hour, scene.day
    )
    return [
        Figure(
            f"recompute {about} from 5 M entries, and write the {WRONG:,} that differ",
            "the fold: SELECT … GROUP BY of the same rows",
            ratios(replays, folds),
            at_most=2,
            details={
                "recompute, s": replays,
                "fold, s": folds,
                "last numbers of all ledgers besides, s": scene.numbers[1:],
            },
            note=note,
        ),
        Figure(
            f"refresh after an hour of expiries among {about}",
            "recompute of all",
            ratios(hours, replays),
            at_most=1 / 100,
            details={"refresh, ms": [seconds * 1e3 for seconds in hours]},
        ),
        scene.hours.figure("the same, an account touched", at_most=50),
        scene.days.figure("refresh after a day of expiries at once, an account touched"),
    ]


def _rewrites(scene: Scene, rounds: int) -> list[Figure]:
    folds, policies, simulations = interleave(rounds, scene.fold, scene.policy, scene.simulation)
    return [
        Figure(
            f"new policy for {ACCOUNTS:,} accounts, every row written, no answer changed",
            "the fold",
            ratios(policies, folds),
            details={"all, s": policies, "longest transaction, s": scene.longest[1:]},
        ),
        Figure(
            "simulation of a policy over 5 M entries",
            "the fold",
            ratios(simulations, folds),
            at_most=3,
            details={"simulation, s": simulations},
        ),
        scene.announcing(),
    ]


def fill(database: psycopg.Connection, *, at: datetime) -> None:
    """Write everything; the guards of single rows sleep meanwhile, the constraints do not."""
    from credit.models import Policy
    from groups.actions import platforms  # settings are named only now
    from identity.models import User
    from portal.core.actors import Actor

    platform = platforms.take_on(
        slug="bench",
        name="Bench",
        language="en",
        records_membership=False,
        by=Actor.system("bench"),
        at=at - timedelta(days=1200),
    )
    person = User.objects.create(email="reviewer@bench.example", name="Reviewer", joined_at=at)
    values: dict[str, Any] = {
        "at": at,
        "platform": platform.pk,
        "policy": Policy.objects.get(platform=platform).pk,
        "person": person.pk,
        "accounts": ACCOUNTS,
        "findings": FINDINGS,
        "reversed": REVERSED,
    }
    with database.transaction():
        database.execute("SET LOCAL session_replication_role = replica")
        # Those of constraints stay; the others are built at once, when the rows are there.
        indexes = database.execute(INDEXES).fetchall()
        for name, _ in indexes:
            database.execute(f"DROP INDEX {name}")
        for part in PARTS:
            database.execute(part, values)
        for _, definition in indexes:
            database.execute(definition)
    database.execute("DROP TABLE finding")
    database.execute("VACUUM ANALYZE")
    database.execute("CHECKPOINT")


def stricter() -> dict[str, Any]:
    """Return the shipped policy with every threshold but the last a point higher."""
    from credit import policy

    document = copy.deepcopy(policy.DEFAULT_DOCUMENT)
    for tier in document["tiers"][:-1]:
        tier["at_least"] += 1
    return document
