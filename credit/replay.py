"""Every ledger folded in one statement and compared with what is stored: which to look at."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, Max, OuterRef

from credit import policy
from credit.models import Policy, Standing
from credit.projection import TOTALS

# Most scores follow from a sum, and most next changes are the first time at which something goes
# up or down. It is not where both happen at once, or where the floor or the ceiling takes it back:
# those ledgers, and those that differ, are followed from change to change.
SUSPECTS = """
WITH terms (policy_id, tier, start, floor, ceiling, at_least, below) AS (VALUES {terms}),
counting AS (
    SELECT account_id, sum(points) FILTER (WHERE effective_at <= %(at)s) AS points,
        min(CASE WHEN points < 0 THEN expires_at
            WHEN effective_at > %(at)s THEN effective_at END) AS up_at,
        min(CASE WHEN points > 0 THEN expires_at
            WHEN effective_at > %(at)s THEN effective_at END) AS down_at
    FROM credit_ledgerentry
    WHERE points <> 0 AND (expires_at IS NULL OR expires_at > %(at)s)
    GROUP BY account_id),
sanctioned AS (
    SELECT account_id, min(LEAST(CASE WHEN starts_at > %(at)s THEN starts_at END,
        CASE WHEN ends_at > %(at)s THEN ends_at END)) AS changes_at
    FROM credit_sanction
    WHERE (starts_at > %(at)s OR ends_at > %(at)s) AND (lifted_at IS NULL OR lifted_at > %(at)s)
    GROUP BY account_id),
suspects AS MATERIALIZED (
    SELECT account_id, s.score, s.next_change_at, x.changes_at, t.start, t.floor, t.ceiling,
        t.at_least, t.below
    FROM credit_standing s LEFT JOIN terms t USING (policy_id, tier)
        LEFT JOIN counting c USING (account_id) LEFT JOIN sanctioned x USING (account_id)
    WHERE {which} (s.score = t.start + COALESCE(c.points, 0)
        AND s.score >= t.at_least AND s.score < t.below
        AND s.next_change_at IS NOT DISTINCT FROM LEAST(x.changes_at, c.up_at, c.down_at)
        AND (c.up_at = c.down_at) IS NOT TRUE
        AND (s.score < t.ceiling
            OR s.score = t.ceiling AND (c.up_at IS NULL OR c.down_at < c.up_at))
        AND (s.score > t.floor
            OR s.score = t.floor AND (c.down_at IS NULL OR c.up_at < c.down_at))) IS NOT TRUE),
{totals},
scored AS (
    SELECT account_id, at, LEAST(GREATEST(start + t.total, floor), ceiling) AS score,
        LEAST(GREATEST(start + COALESCE(max(t.total) FILTER (WHERE at = %(at)s)
            OVER (PARTITION BY account_id), 0), floor), ceiling) AS now
    FROM totals t JOIN suspects USING (account_id)),
followed AS (
    SELECT account_id, now AS score, min(at) FILTER (WHERE score <> now) AS changes_at
    FROM scored GROUP BY account_id, now)
SELECT account_id
FROM suspects s LEFT JOIN followed f USING (account_id)
WHERE (s.score = COALESCE(f.score, LEAST(GREATEST(start, floor), ceiling))
    AND s.score >= at_least AND s.score < below
    AND next_change_at IS NOT DISTINCT FROM LEAST(s.changes_at, f.changes_at)) IS NOT TRUE
ORDER BY account_id
"""
BEHIND = """
SELECT account_id FROM (
    SELECT account_id, max(sequence) AS last
    FROM credit_ledgerentry {which} GROUP BY account_id) e
    LEFT JOIN credit_standing s USING (account_id)
WHERE s.last_sequence IS NULL OR s.last_sequence < e.last
ORDER BY account_id
"""
# Beyond any score.
LOWEST, HIGHEST = -32_768, 32_767


def suspects(*, platform_id: UUID | None = None) -> list[UUID]:
    """List the accounts whose standing is not what one statement makes of their ledgers.

    It asks for the moment of the newest standing. One that has a change due by then is listed
    too: only a replay as of its own moment can tell.
    """
    standings = Standing.objects.all()
    if platform_id is not None:
        standings = standings.filter(platform=platform_id)
    newest: datetime | None = standings.aggregate(newest=Max("as_of"))["newest"]
    if newest is None:
        return []
    values: dict[str, Any] = {"at": newest, "platform": platform_id}
    statement = SUSPECTS.format(
        terms=_terms(values),
        which="s.platform_id = %(platform)s AND" if platform_id else "",
        totals=TOTALS.format(accounts="ARRAY(SELECT account_id FROM suspects)"),
    )
    return _ids(statement, values)


def behind(*, platform_id: UUID | None = None) -> list[UUID]:
    """List the accounts with entries that their standing has not seen, or without a standing."""
    which = "WHERE platform_id = %(platform)s" if platform_id else ""
    return _ids(BEHIND.format(which=which), {"platform": platform_id})


def _ids(statement: str, values: dict[str, Any]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [account_id for (account_id,) in cursor.fetchall()]


def _terms(values: dict[str, Any]) -> str:
    """Write a row for each tier of each version that a standing is under."""
    rows: list[str] = []
    used = Policy.objects.filter(Exists(Standing.objects.filter(policy=OuterRef("pk"))))
    for number, version in enumerate(used):
        document = policy.of(version)
        values[f"policy_{number}"] = version.pk
        bounds = f"{document.starting_score}, {document.floor}, {document.ceiling}"
        below = HIGHEST
        for place, tier in enumerate(document.tiers):
            is_last = place == len(document.tiers) - 1
            values[f"tier_{number}_{place}"] = tier.name
            at_least = LOWEST if is_last else tier.at_least
            rows.append(
                f"(%(policy_{number})s::uuid, %(tier_{number}_{place})s, {bounds},"
                f" {at_least}, {below})"
            )
            below = at_least
    return ", ".join(rows)
