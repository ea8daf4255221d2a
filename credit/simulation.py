"""What a policy would do to a platform: one statement over its whole ledger, and its reading.

Two questions are answered together. *On the day*: entries keep the points and the end they were
posted with, so this is what activation does. *Had it always been so*: each finding that was not
reversed costs what the tried policy says, and counts for as long; this shows where it leads.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
WITH terms (policy_id, severity, before, costs, counts_since, is_beside, comes_back) AS (
    VALUES {terms}),
undone AS (
    SELECT reverses_id FROM credit_ledgerentry
    WHERE platform_id = %(platform)s AND reverses_id IS NOT NULL AND posted_at <= %(at)s),
entry AS (
    SELECT e.account_id, e.kind, e.sequence, COALESCE(e.found_at, e.effective_at) AS since,
        t.severity, t.counts_since, t.is_beside, t.comes_back, {handled} AS handled,
        -- A reversal has the opposite points and the same end: here the two cancel by themselves.
        CASE WHEN COALESCE(e.expires_at > %(at)s, true) THEN e.points END AS kept,
        u.reverses_id IS NULL AS holds,
        -- A reviewer who took fewer points than the policy allowed would have done so again.
        CASE WHEN e.points = 0 OR -e.points >= t.before THEN t.costs
            ELSE round(t.costs * -e.points::numeric / t.before)::integer END AS costs
    FROM credit_ledgerentry e
        LEFT JOIN undone u ON u.reverses_id = e.id
        -- What was reversed takes nothing, and stands beside nothing.
        LEFT JOIN terms t ON e.kind = 'PENALTY' AND u.reverses_id IS NULL
            AND t.policy_id = e.policy_id AND t.severity = COALESCE(e.severity, {mildest})
        {handled_reports}
    WHERE e.platform_id = %(platform)s AND e.posted_at <= %(at)s AND e.effective_at <= %(at)s
        AND (COALESCE(e.expires_at > %(at)s, true)
            OR e.kind = 'PENALTY' AND e.effective_at > {matters_since})),
priced AS (
    SELECT account_id, kept,
        CASE WHEN kind = 'ADJUSTMENT' AND holds THEN kept
            WHEN since > counts_since AND NOT {forgiven}
                THEN LEAST({by_time} + handled - costs, 0)::integer END AS always
    FROM entry
    WINDOW findings AS (PARTITION BY account_id, severity IS NULL ORDER BY since, sequence)),
folded AS (
    SELECT account_id, sum(kept) AS kept, sum(always) AS always FROM priced GROUP BY account_id),
alike AS (
    SELECT COALESCE(f.kept, 0) AS kept, COALESCE(f.always, 0) AS always, {size} AS size,
        {age} AS age, count(*) AS accounts, min(a.id::text) AS example
    FROM identity_account a
        LEFT JOIN folded f ON f.account_id = a.id
        LEFT JOIN ({sizes}) s ON s.account_id = a.id
    WHERE a.platform_id = %(platform)s AND a.created_at <= %(at)s
    GROUP BY 1, 2, 3, 4),
scored AS (
    SELECT {score_before} AS before, {score_after} AS after, {score_always} AS always, size, age,
        accounts, example
    FROM alike)
SELECT {tier_before}, {tier_after}, {tier_always}, size, age, sum(accounts)::integer, min(example)
FROM scored GROUP BY 1, 2, 3, 4, 5
"""
# The first LOW finding costs nothing while no other counts.
FORGIVEN = """(severity = 'LOW' AND COALESCE(max(since + is_beside) OVER (
    findings ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) <= since, true))"""
# A point for each so many days until another finding.
BY_TIME = """COALESCE(floor(extract(epoch FROM
    LEAST(%(at)s, lead(since) OVER findings) - since) / extract(epoch FROM comes_back)), 0)"""
# What came for a report that was handled: what comes by time rests on the finding's own decision.
HANDLED = """LEFT JOIN (
    SELECT r.restores_id, sum(r.points) AS points
    FROM credit_ledgerentry r
        JOIN credit_ledgerentry f ON f.id = r.restores_id AND f.decision_id <> r.decision_id
    WHERE r.platform_id = %(platform)s AND r.restores_id IS NOT NULL AND r.posted_at <= %(at)s
        AND r.effective_at <= %(at)s AND r.expires_at > %(at)s AND NOT EXISTS (
            SELECT FROM credit_ledgerentry u WHERE u.reverses_id = r.id AND u.posted_at <= %(at)s)
    GROUP BY r.restores_id) h ON h.restores_id = e.id"""


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
    versions = list(
        Policy.objects.filter(platform_id=against.platform_id, active_from__isnull=False)
    )
    values: dict[str, Any] = {"platform": against.platform_id, "at": at}
    has_duties = document.duties is not None
    statement = FOLD.format(
        terms=_terms(versions, document, values),
        mildest=_mildest(versions),
        matters_since=_matters_since(document, values),
        handled="COALESCE(h.points, 0)" if has_duties else "0",
        handled_reports=HANDLED if has_duties else "",
        forgiven=FORGIVEN if document.first_low_finding else "false",
        by_time=BY_TIME if _restored(document) else "0",
        score_before=_score("kept", before),
        score_after=_score("kept", document),
        score_always=_score("always", document),
        tier_before=projection.place_of("before", before),
        tier_after=projection.place_of("after", document),
        tier_always=projection.place_of("always", document),
        size=_size(),
        age=_age(values),
        sizes=sizes,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return Findings(before, document, [Cell(*row) for row in sorted(cursor.fetchall())])


def _terms(versions: Iterable[Policy], document: Document, values: dict[str, Any]) -> str:
    """Write a row for each version and severity: what it cost then, and the terms of `document`."""
    for severity in SEVERITIES:
        now = document.terms_of(severity)
        values[f"counts_{severity}"] = values["at"] - timedelta(days=now.lifetime_days)
        values[f"beside_{severity}"] = timedelta(days=_beside(severity, document))
        days = now.restored_every_days
        values[f"comes_back_{severity}"] = timedelta(days=days) if days else None
    rows = []
    for number, version in enumerate(versions):
        values[f"policy_{number}"] = version.pk
        then = policies.of(version)
        for severity in SEVERITIES:
            rows.append(
                f"(%(policy_{number})s::uuid, '{severity}', {then.terms_of(severity).points},"
                f" {document.terms_of(severity).points}, %(counts_{severity})s,"
                f" %(beside_{severity})s, %(comes_back_{severity})s::interval)"
            )
    return ", ".join(rows)


def _mildest(versions: Iterable[Policy]) -> str:
    """Say in SQL which severity an entry has from before they were noted: what costs as much."""
    whens = []
    for number, version in enumerate(versions):
        then = policies.of(version)
        costs = " ".join(
            f"WHEN e.points >= -{then.terms_of(severity).points} THEN '{severity}'"
            for severity in SEVERITIES
        )
        whens.append(f"WHEN %(policy_{number})s THEN CASE {costs} END")
    return f"CASE e.policy_id {' '.join(whens)} END"


def _beside(severity: str, document: Document) -> int:
    """Return for how many days a finding stands beside others."""
    days = document.terms_of(severity).lifetime_days
    if severity == "LOW" and document.first_low_finding is not None:
        return max(days, document.first_low_finding.lifetime_days)
    return days


def _restored(document: Document) -> list[int]:
    """List for how many days findings count of which points come back by time."""
    found = (document.terms_of(severity) for severity in SEVERITIES)
    return [terms.lifetime_days for terms in found if terms.restored_every_days]


def _matters_since(document: Document, values: dict[str, Any]) -> str:
    """Say in SQL since when a finding of a severity matters for what others cost, or itself.

    It counts, or was beside a LOW one that counts, or ended the time in which points came back.
    """
    whens = []
    first = _beside("LOW", document) if document.first_low_finding else 0
    for severity in SEVERITIES:
        days = max([_beside(severity, document) + first, *_restored(document)])
        values[f"since_{severity}"] = values["at"] - timedelta(days=days)
        whens.append(f"WHEN '{severity}' THEN %(since_{severity})s")
    return f"CASE e.severity {' '.join(whens)} ELSE '-infinity' END"


def _score(total: str, document: Document) -> str:
    start, floor, ceiling = document.starting_score, document.floor, document.ceiling
    return f"LEAST(GREATEST({start} + {total}, {floor}), {ceiling})"


def _size() -> str:
    whens = " ".join(
        f"WHEN s.size <= {most} THEN {place}"
        for place, (_, most) in enumerate(SIZES)
        if most is not None
    )
    return f"CASE WHEN s.size IS NULL THEN 0 {whens} ELSE {len(SIZES) - 1} END"


def _age(values: dict[str, Any]) -> str:
    whens = []
    for place, (_, days) in enumerate(AGES):
        if days is not None:
            values[f"age_{place}"] = values["at"] - timedelta(days=days)
            whens.append(f"WHEN a.created_at > %(age_{place})s THEN {place}")
    return f"CASE {' '.join(whens)} ELSE {len(AGES) - 1} END"
