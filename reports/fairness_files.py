"""The fairness report as files: one row a rule, language, size and reviewer, in CSV and JSON."""

import json
from typing import Any

from portal.core import cells
from reports.fairness import FEWEST, NAMES, Dimension, Fairness, Rate, Row
from reports.intervals import Interval

FORMAT = "accord.fairness-report.v1"
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json; charset=utf-8",
}
TOO_FEW = f"fewer than {FEWEST} decisions"


def write(found: Fairness, *, form: str) -> str:
    return {"csv": to_csv, "json": to_json}[form](found)


def to_csv(found: Fairness) -> str:
    rows = list_rows(found)
    heads = list(_row(Dimension("", "", []), Row("", "", found.totals, found.totals)))
    return cells.as_csv([heads, *([row[head] for head in heads] for row in rows)])


def to_json(found: Fairness) -> str:
    document = {
        "format": FORMAT,
        "service": found.platform.name,
        "period": [found.period_from.isoformat(), found.period_to.isoformat()],
        "as_of": found.as_of.isoformat(),
        "cases_kept_since": found.kept_since.isoformat() if found.kept_since else None,
        "interval": "Wilson score interval, 95 %",
        "fewest_decisions": FEWEST,
        "totals": _counts(found.totals),
        "rows": list_rows(found),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def list_rows(found: Fairness) -> list[dict[str, Any]]:
    return [_row(dimension, row) for dimension in found.dimensions for row in dimension.rows]


def _row(dimension: Dimension, row: Row) -> dict[str, Any]:
    return {
        "dimension": dimension.key,
        "key": row.key,
        "name": row.name,
        **_counts(row.counts),
        **_rate("measures_per_decision", row.measures),
        **_rate("reversals_per_decision", row.reversals),
        "no_rates_because": TOO_FEW if row.is_small else None,
    }


def _counts(counts: Any) -> dict[str, int]:
    return {name: getattr(counts, name) for name in NAMES}


def _rate(name: str, rate: Rate | None) -> dict[str, Any]:
    """The rate with its interval, that of all other rows, and whether the two are apart.

    `differs` is null where there is nothing to compare with.
    """
    rest = rate.rest if rate else None
    return {
        **_interval(name, rate.own if rate else None),
        **_interval(f"{name}_of_the_rest", rest),
        f"{name}_differ": rate.differs if rate and rest else None,
    }


def _interval(name: str, interval: Interval | None) -> dict[str, Any]:
    return {
        name: round(interval.share, 4) if interval else None,
        f"{name}_low": round(interval.low, 4) if interval else None,
        f"{name}_high": round(interval.high, 4) if interval else None,
    }
