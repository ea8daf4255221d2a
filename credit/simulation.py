"""What a policy would do to a platform: one statement over its whole ledger, and its reading.

Two questions are answered together. *On the day*: entries keep the points and the end they were
posted with, so this is what activation does. *Had it always been so*: each finding that was not
reversed costs what the tried policy says, and counts for as long; this shows where it leads.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from credit import policy as policies
from credit import projection
from credit.models import Policy, Privilege
from credit.policy import SEVERITIES, Document

SIZES = (
    ("No group", None),
    ("Up to 50", 50),
    ("51 to 500", 500),
    ("501 to 5,000", 5000),
    ("More than 5,000", None),
)
AGES = (
    ("Less than 90 days", 90),
    ("90 days to a year", 365),
    ("1 to 3 years", 1096),
    ("More than 3 years", None),
)
# Largest group that an account answers for, for a caller that knows of no groups.
NO_SIZES = "SELECT NULL::uuid AS account_id, NULL::integer AS size WHERE false"
FOLD = """
WITH terms (policy_id, severity, place, before, costs, lasts) AS (VALUES {terms}),
undone AS (
    SELECT reverses_id FROM credit_ledgerentry
    WHERE platform_id = %(platform)s AND reverses_id IS NOT NULL AND posted_at <= %(at)s),
priced AS (
    SELECT e.account_id, e.points, e.kind, e.effective_at, e.sequence,
        e.effective_at <= %(at)s AND (e.expires_at IS NULL OR e.expires_at > %(at)s) AS counts,
        t.severity,
        -- A reviewer who took fewer points than the policy allowed would have done so again.
        CASE WHEN e.points = 0 OR -e.points >= t.before THEN -t.costs
            ELSE round(t.costs * e.points::numeric / t.before)::integer END AS again,
        e.effective_at <= %(at)s AND e.effective_at + t.lasts > %(at)s AS counts_again
    FROM credit_ledgerentry e
        LEFT JOIN terms t ON e.kind = 'PENALTY' AND t.policy_id = e.policy_id
            AND t.severity = {severity}
    WHERE e.platform_id = %(platform)s AND e.posted_at <= %(at)s
        -- What was reversed takes and gives nothing.
        AND e.kind <> 'REVERSAL' AND NOT EXISTS (
            SELECT FROM undone WHERE undone.reverses_id = e.id)),
folded AS (
    SELECT account_id, sum(points) FILTER (WHERE counts) AS kept,
        sum(CASE WHEN kind = 'PENALTY' THEN again ELSE points END)
            FILTER (WHERE CASE WHEN kind = 'PENALTY' THEN counts_again ELSE counts END) AS always,
        min(effective_at) FILTER (WHERE severity = 'LOW' AND counts_again) AS first_low
    FROM priced GROUP BY account_id),
forgiven AS (
    -- Of the LOW findings that count, all but the first had that one beside them.
    SELECT f.account_id FROM folded f WHERE %(forgives)s AND f.first_low IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM credit_ledgerentry o
                JOIN terms t ON t.policy_id = o.policy_id AND t.severity = {other_severity}
            WHERE o.account_id = f.account_id AND o.kind = 'PENALTY' AND o.posted_at <= %(at)s
                AND o.effective_at < f.first_low AND o.effective_at + t.lasts > f.first_low
                AND NOT EXISTS (SELECT FROM undone WHERE undone.reverses_id = o.id))),
stood AS (
    SELECT a.id, {tier_before} AS before, {tier_after} AS after, {tier_always} AS always,
        {size} AS size, {age} AS age
    FROM (
        SELECT a.id, a.created_at, s.size,
            LEAST(GREATEST(%(start_before)s + COALESCE(f.kept, 0), %(floor_before)s),
                %(ceiling_before)s) AS score_before,
            LEAST(GREATEST(%(start)s + COALESCE(f.kept, 0), %(floor)s), %(ceiling)s)
                AS score_after,
            LEAST(GREATEST(%(start)s + COALESCE(f.always, 0)
                + CASE WHEN g.account_id IS NULL THEN 0 ELSE %(low)s END, %(floor)s),
                %(ceiling)s) AS score_always
        FROM identity_account a
            LEFT JOIN folded f ON f.account_id = a.id
            LEFT JOIN forgiven g ON g.account_id = a.id
            LEFT JOIN ({sizes}) s ON s.account_id = a.id
        WHERE a.platform_id = %(platform)s AND a.created_at <= %(at)s) a)
SELECT before, after, always, size, age, count(*), min(id::text)
FROM stood GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""
# Entries that were posted before severities were noted: the mildest that costs as much.
SEVERITY = """COALESCE({alias}.severity, (SELECT g.severity FROM terms g
    WHERE g.policy_id = {alias}.policy_id AND g.before >= -{alias}.points
    ORDER BY g.place LIMIT 1))"""


@dataclass(frozen=True, slots=True)
class Cell:
    """Accounts that stand alike: places of tiers before, after and always, and two bands."""

    before: int
    after: int
    always: int
    size: int
    age: int
    accounts: int
    # One of them, the id.
    example: str


@dataclass(frozen=True, slots=True)
class Change:
    """A privilege, and how many accounts have it by their tier, lose it and get it."""

    privilege: Privilege
    had: int
    has: int
    lose: int
    gain: int


@dataclass(frozen=True, slots=True)
class Findings:
    before: Document
    after: Document
    cells: Sequence[Cell]

    @property
    def accounts(self) -> int:
        return sum(cell.accounts for cell in self.cells)

    def moves(self, *, always: bool = False) -> Counter[tuple[int, int]]:
        """Count accounts by the places of their tiers: under the present and the tried policy."""
        found: Counter[tuple[int, int]] = Counter()
        for cell in self.cells:
            found[cell.before, cell.always if always else cell.after] += cell.accounts
        return found

    def examples(self, *, always: bool = False, most: int = 3) -> dict[tuple[int, int], list[UUID]]:
        """Return a few accounts of each move."""
        found: dict[tuple[int, int], list[UUID]] = {}
        for cell in self.cells:
            known = found.setdefault((cell.before, cell.always if always else cell.after), [])
            if len(known) < most:
                known.append(UUID(cell.example))
        return found

    def changes(self, *, always: bool = False) -> list[Change]:
        """Count each privilege by the tiers alone: sanctions stay whatever the policy says."""
        return [self._change(one, self.moves(always=always)) for one in Privilege]

    def lose_by(self, band: str, *, always: bool = False) -> list[tuple[str, int, list[Change]]]:
        """Break the changes down by "size" or "age": the band, its accounts, its changes."""
        found = []
        for place, (name, _) in enumerate(SIZES if band == "size" else AGES):
            inside = [cell for cell in self.cells if getattr(cell, band) == place]
            part = Findings(self.before, self.after, inside)
            found.append((name, part.accounts, part.changes(always=always)))
        return found

    def _change(self, privilege: Privilege, moves: Counter[tuple[int, int]]) -> Change:
        had = has = lose = gain = 0
        for (before, after), accounts in moves.items():
            did = privilege.value in self.before.tiers[before].privileges
            does = privilege.value in self.after.tiers[after].privileges
            had += accounts * did
            has += accounts * does
            lose += accounts * (did and not does)
            gain += accounts * (does and not did)
        return Change(privilege, had, has, lose, gain)

    def as_json(self) -> dict[str, Any]:
        rows = [
            [c.before, c.after, c.always, c.size, c.age, c.accounts, c.example] for c in self.cells
        ]
        return {"cells": rows}


def read(findings: dict[str, Any], *, before: Document, after: Document) -> Findings:
    """Read what `as_json` wrote."""
    return Findings(before, after, [Cell(*row) for row in findings["cells"]])


def run(*, document: Document, against: Policy, at: datetime, sizes: str = NO_SIZES) -> Findings:
    """Compare `document` with the policy `against`, over all that its platform knew at `at`.

    `sizes` selects account_id and size, one row an account: the largest group it answers for.
    Where a LOW finding and a first one count for different times, the longer one is taken for
    what stands beside another finding.
    """
    before = policies.of(against)
    versions = Policy.objects.filter(platform_id=against.platform_id, active_from__isnull=False)
    values: dict[str, Any] = {
        "platform": against.platform_id,
        "at": at,
        "forgives": document.first_low_finding is not None,
        "low": document.severities.low.points,
        "start_before": before.starting_score,
        "floor_before": before.floor,
        "ceiling_before": before.ceiling,
        "start": document.starting_score,
        "floor": document.floor,
        "ceiling": document.ceiling,
    }
    statement = FOLD.format(
        terms=_terms(versions, document, values),
        severity=SEVERITY.format(alias="e"),
        other_severity=SEVERITY.format(alias="o"),
        tier_before=projection.place_of("a.score_before", before),
        tier_after=projection.place_of("a.score_after", document),
        tier_always=projection.place_of("a.score_always", document),
        size=_size(),
        age=_age(),
        sizes=sizes,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return Findings(before, document, [Cell(*row) for row in cursor.fetchall()])


def _terms(versions: Iterable[Policy], document: Document, values: dict[str, Any]) -> str:
    """Write a row for each version and severity: what it cost then, and costs in `document`."""
    rows = []
    for number, version in enumerate(versions):
        values[f"policy_{number}"] = version.pk
        then = policies.of(version)
        for place, severity in enumerate(SEVERITIES):
            now = document.terms_of(severity)
            days = now.lifetime_days
            if severity == "LOW" and document.first_low_finding is not None:
                days = max(days, document.first_low_finding.lifetime_days)
            rows.append(
                f"(%(policy_{number})s::uuid, '{severity}', {place},"
                f" {then.terms_of(severity).points}, {now.points}, interval '{days} days')"
            )
    return ", ".join(rows)


def _size() -> str:
    whens = " ".join(
        f"WHEN a.size <= {most} THEN {place}"
        for place, (_, most) in enumerate(SIZES)
        if most is not None
    )
    return f"CASE WHEN a.size IS NULL THEN 0 {whens} ELSE {len(SIZES) - 1} END"


def _age() -> str:
    whens = " ".join(
        f"WHEN a.created_at > %(at)s - interval '{days} days' THEN {place}"
        for place, (_, days) in enumerate(AGES)
        if days is not None
    )
    return f"CASE {whens} ELSE {len(AGES) - 1} END"
