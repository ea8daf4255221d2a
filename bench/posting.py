"""Posting a penalty as a decision does, against the bare INSERT of the same entry."""

import random
import time
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg

from bench.measuring import Figure, interleave, ratios

# Of each kind in a round, each in a transaction of its own.
POSTS = 200
# All that the guard of penalties asks of a decision; what else it needs sleeps meanwhile.
DECISIONS = """
INSERT INTO groups_decision (id, number, outcome, ground, legal_ground, facts, reasons, points,
    decided_at, effective_at, appealable_until, needs_approval, dsa_category, dsa_keyword,
    source_type, automated_detection, territorial_scope, content_language, noticed_at, case_id,
    decided_by_id, platform_id, policy_id, rule_id, subject_account_id, foreseen)
SELECT given.id, %(first)s + row_number() OVER (), 'MEASURES', 'INCOMPATIBLE_CONTENT', '', 'x', 'x',
    -2, %(at)s, %(at)s, %(at)s::timestamptz + interval '30 days', false, 'x', 'x', 'x', false, '{}',
    '', %(at)s, gen_random_uuid(), %(person)s, %(platform)s, %(policy)s, gen_random_uuid(),
    account_id, '{}'
FROM unnest(%(ids)s::uuid[], %(accounts)s::uuid[]) given (id, account_id)
"""
ENTRY = """
INSERT INTO credit_ledgerentry (id, account_id, platform_id, sequence, kind, points, effective_at,
    expires_at, policy_id, severity, decision_id, posted_by_id, reason, posted_at)
VALUES (%s, %s, %s, %s, 'PENALTY', -2, %s, %s, %s, 'MEDIUM', %s, %s, 'R-101', %s)
"""


def measure(
    database: psycopg.Connection, *, rounds: int, accounts: int, at: datetime
) -> list[Figure]:
    from credit import queries
    from identity.models import User
    from portal.core.models import Platform

    platform = Platform.objects.get(slug="bench")
    policy = queries.get_policy(platform_id=platform.pk, at=at)
    person = User.objects.get(email="reviewer@bench.example")
    values = {"at": at, "platform": platform.pk, "policy": policy.pk, "person": person.pk}
    chosen = random.Random(11).sample(range(1, accounts + 1), 2 * POSTS * (rounds + 1))
    found = _decide(database, [UUID(int=number << 96) for number in chosen], values)

    def post() -> float:
        from credit.actions import ledger
        from identity.models import Account
        from portal.core.actors import Actor

        mine = [(decision, Account.objects.get(pk=pk)) for decision, pk in _take(found)]
        started = time.perf_counter()
        for decision_id, account in mine:
            ledger.post_penalty(
                account=account,
                severity="MEDIUM",
                points=-2,
                decision_id=decision_id,
                policy=policy,
                posted_by=person,
                reason="R-101",
                by=Actor.user(person),
                at=at,
            )
        return time.perf_counter() - started

    def insert() -> float:
        rows = [_row(database, decision, pk, values) for decision, pk in _take(found)]
        started = time.perf_counter()
        for row in rows:
            database.execute(ENTRY, row, prepare=True)
        return time.perf_counter() - started

    posts, inserts = interleave(rounds, post, insert)
    return [
        Figure(
            "post a penalty, refresh the standing and audit it, one at a time",
            "the bare INSERT of the same entry, prepared, with its guards",
            ratios(posts, inserts),
            at_most=1.4,
            details={
                "post, ms each": [seconds / POSTS * 1e3 for seconds in posts],
                "INSERT, ms each": [seconds / POSTS * 1e3 for seconds in inserts],
            },
            note="decisions are a person's, one at a time: nothing posts by the thousand",
        )
    ]


def _decide(
    database: psycopg.Connection, accounts: list[UUID], values: dict[str, Any]
) -> list[tuple[UUID, UUID]]:
    ids = [uuid4() for _ in accounts]
    [first] = database.execute("SELECT COALESCE(max(number), 0) FROM groups_decision").fetchall()
    with database.transaction():
        database.execute("SET LOCAL session_replication_role = replica")
        given = values | {"ids": ids, "accounts": accounts, "first": first[0]}
        database.execute(DECISIONS, given)
    database.execute("VACUUM ANALYZE groups_decision")
    return list(zip(ids, accounts, strict=True))


def _take(found: list[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID]]:
    taken = found[-POSTS:]
    del found[-POSTS:]
    return taken


def _row(
    database: psycopg.Connection, decision: UUID, account: UUID, values: dict[str, Any]
) -> list[Any]:
    """Return what the action would write, with the next number of the account."""
    last = "SELECT COALESCE(max(last_sequence), 0) FROM credit_standing WHERE account_id = %s"
    [(number,)] = database.execute(last, [account]).fetchall()
    at, policy, person = values["at"], values["policy"], values["person"]
    return [
        *(uuid4(), account, values["platform"], number + 1, at, at.replace(year=at.year + 1)),
        *(policy, decision, person, at),
    ]
