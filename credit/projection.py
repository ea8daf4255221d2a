"""Many ledgers folded in one statement, as credit.fold does one by one: what a refresh writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from credit import policy
from credit.models import Policy, Privilege
from credit.policy import Document
from portal.core import rows

CLAIM = """
SELECT platform_id, count(*), array_agg(account_id)::text, array_agg(DISTINCT policy_id)
FROM (
    SELECT s.platform_id, s.account_id, s.policy_id
    FROM credit_standing s
    WHERE s.as_of <= %(at)s AND {due}
    LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED) claimed
GROUP BY platform_id ORDER BY platform_id
"""
DUE_BY_TIME = "s.next_change_at <= %(at)s ORDER BY s.next_change_at"
# Without a successor a retired policy goes on: its standings are as current as can be.
SUCCEEDED = """
SELECT id FROM credit_policy old WHERE retired_at <= %(at)s AND EXISTS (
    SELECT FROM credit_policy new WHERE new.platform_id = old.platform_id
        AND new.active_from >= old.retired_at AND new.active_from <= %(at)s)
"""
# In the order of the ledger's index, which a batch then reads in one go. What time has outdated as
# well was claimed before, by us or by somebody else.
DUE_BY_POLICY = """s.policy_id = ANY(%(retired)s) AND COALESCE(s.next_change_at > %(at)s, true)
    ORDER BY s.policy_id, s.account_id"""
# What counts of each ledger at %(at)s, and after each later change of it.
TOTALS = """
moments AS (
    SELECT e.account_id, m.at, m.points
    FROM credit_ledgerentry e CROSS JOIN LATERAL (VALUES
        (GREATEST(e.effective_at, %(at)s), e.points), (e.expires_at, -e.points)) m (at, points)
    WHERE e.account_id = ANY({accounts}) AND e.points <> 0 AND m.at IS NOT NULL
        AND (e.expires_at IS NULL OR e.expires_at > %(at)s)),
totals AS (
    SELECT account_id, at, sum(points) OVER (PARTITION BY account_id ORDER BY at) AS total
    FROM moments)
"""
WRITE = """
WITH terms (policy_id, tier, place, answers, withholds, is_alike) AS (VALUES {terms}),
{totals},
running AS (
    SELECT account_id, at,
        LEAST(GREATEST(%(start)s + total, %(floor)s), %(ceiling)s)::integer AS score
    FROM totals),
scored AS (
    SELECT account_id, score, at, COALESCE(
        max(score) FILTER (WHERE at = %(at)s) OVER (PARTITION BY account_id), %(base)s) AS now
    FROM running),
folded AS (
    SELECT account_id, now AS score, min(at) FILTER (WHERE score <> now) AS changes_at
    FROM scored GROUP BY account_id, now),
sanctioned AS (
    SELECT s.account_id, min(LEAST(
            CASE WHEN x.starts_at > %(at)s THEN x.starts_at END,
            CASE WHEN x.ends_at > %(at)s THEN x.ends_at END))
            FILTER (WHERE x.lifted_at IS NULL OR x.lifted_at > %(at)s) AS changes_at,
        bool_or({in_force_then} <> {in_force_now}) AS turned
    FROM credit_sanction x JOIN credit_standing s USING (account_id)
    WHERE x.account_id = ANY(%(accounts)s::uuid[])
    GROUP BY s.account_id),
stands AS (
    SELECT s.account_id, s.tier AS was, s.policy_id, s.as_of,
        COALESCE(f.score, %(base)s) AS score, x.turned,
        LEAST(f.changes_at, x.changes_at) AS changes_at
    FROM credit_standing s LEFT JOIN folded f USING (account_id)
        LEFT JOIN sanctioned x USING (account_id)
    WHERE s.account_id = ANY(%(accounts)s::uuid[])),
written AS (
    UPDATE credit_standing s SET policy_id = %(policy)s, score = n.score, tier = t.tier,
        as_of = %(at)s, next_change_at = n.changes_at
    FROM stands n JOIN terms t ON t.policy_id = %(policy)s AND t.place = {place}
        LEFT JOIN terms b ON b.policy_id = n.policy_id AND b.tier = n.was
    WHERE s.account_id = n.account_id
    RETURNING s.account_id, n.policy_id, n.as_of, COALESCE(n.turned, false)
        OR COALESCE(b.answers <> t.answers, true)
        OR t.withholds AND (NOT b.is_alike OR {several}) AS may_differ)
SELECT account_id, policy_id, as_of FROM written WHERE may_differ ORDER BY account_id
"""
# Where only one moment has passed and the tier withholds as much as before, what is said of the
# time to come is as it was.
SEVERAL = """(
    SELECT COALESCE(min(m.at) < max(m.at), false)
    FROM credit_ledgerentry e CROSS JOIN LATERAL (VALUES (e.effective_at), (e.expires_at)) m (at)
    WHERE e.account_id = n.account_id AND e.points <> 0 AND m.at > n.as_of AND m.at <= %(at)s)"""
IN_FORCE = (
    "(x.starts_at <= {at} AND COALESCE(x.ends_at > {at}, true)"
    " AND COALESCE(x.lifted_at > {at}, true))"
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Standings of one platform that are due and locked."""

    platform_id: UUID
    count: int
    # As PostgreSQL writes an array of ids: it only goes back there.
    accounts: str
    policies: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Former:
    """Where a refreshed standing was before, if its answers may differ since."""

    account_id: UUID
    policy_id: UUID
    as_of: datetime


def claim(*, at: datetime, limit: int) -> list[Claimed]:
    """Lock at most `limit` standings that time or a new policy has outdated, by platform.

    Those that somebody else has locked are passed over.
    """
    claimed = _claim(DUE_BY_TIME, at=at, limit=limit)
    left = limit - sum(part.count for part in claimed)
    # Constants, so that the planner knows how few are left of them.
    if left and (retired := [pk for (pk,) in rows.fetch_prepared(SUCCEEDED, {"at": at})]):
        claimed += _claim(DUE_BY_POLICY, at=at, limit=left, retired=retired)
    return claimed


def write(
    claimed: Claimed, *, policies: Mapping[UUID, Policy], current: Policy, at: datetime
) -> list[Former]:
    """Bring claimed standings up to date under `current`. Return those whose answers may differ.

    `policies` are those that the standings were under, and the current one.

    The claim is a statement of its own: what was posted before a standing was locked is seen by
    a statement that begins after it only.
    """
    document = policy.of(current)
    values: dict[str, Any] = {
        "accounts": claimed.accounts,
        "at": at,
        "policy": current.pk,
        "start": document.starting_score,
        "floor": document.floor,
        "ceiling": document.ceiling,
        "base": document.clamp(document.starting_score),
    }
    statement = WRITE.format(
        terms=_terms(policies, document, values),
        totals=TOTALS.format(accounts="%(accounts)s::uuid[]"),
        place=place_of("n.score", document),
        in_force_then=IN_FORCE.format(at="s.as_of"),
        in_force_now=IN_FORCE.format(at="%(at)s"),
        several=SEVERAL,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Former(*row) for row in cursor.fetchall()]


def place_of(score: str, document: Document) -> str:
    """Say in SQL which place in the list of tiers a score has."""
    *better, _worst = enumerate(document.tiers)
    whens = " ".join(f"WHEN {score} >= {tier.at_least} THEN {place}" for place, tier in better)
    return f"CASE {whens} ELSE {len(document.tiers) - 1} END" if whens else "0"


def _claim(due: str, *, at: datetime, limit: int, retired: Sequence[UUID] = ()) -> list[Claimed]:
    values: dict[str, Any] = {"at": at, "limit": limit, "retired": list(retired)}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM.format(due=due), values)
        return [Claimed(*row) for row in cursor.fetchall()]


def _terms(versions: Mapping[UUID, Policy], current: Document, values: dict[str, Any]) -> str:
    """Write a row for each tier of each version.

    Tiers have the same number of answers where they bring the same within the same limits.
    """
    lines: list[str] = []
    answers: dict[Any, int] = {}
    for number, version in enumerate(versions.values()):
        document = policy.of(version)
        is_alike = _scale(document) == _scale(current)
        values[f"policy_{number}"] = version.pk
        for place, tier in enumerate(document.tiers):
            name = f"tier_{number}_{place}"
            values[name] = tier.name
            brings = frozenset(tier.privileges)
            same = answers.setdefault((brings, tier.limits), len(answers))
            withholds = len(brings) < len(Privilege)
            lines.append(
                f"(%(policy_{number})s::uuid, %({name})s, {place}, {same}, {withholds}, {is_alike})"
            )
    return ", ".join(lines)


def _scale(document: Document) -> object:
    """Return all that the times of coming changes follow from, besides the entries."""
    bounds = (document.starting_score, document.floor, document.ceiling)
    return bounds, [(tier.at_least, frozenset(tier.privileges)) for tier in document.tiers]
