"""What was decided, and what appeals changed, by rule, language, group size and reviewer.

It shows where to look. It ranks nobody and nothing reads it: no standing, no queue, no decision.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import reduce
from operator import add
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from groups.models import Appeal, Decision, Measure
from groups.queries import decided, rules
from portal.core import languages
from portal.core.data_classes import registry
from portal.core.models import Platform
from reports import pseudonyms
from reports.figures import UPHELD
from reports.intervals import Interval, wilson

# With fewer decisions an interval can be as wide as half the scale and tells nothing.
FEWEST = 20


@dataclass(frozen=True, slots=True)
class Counts:
    """Decisions, and how many of them ended in what."""

    decisions: int = 0
    found_something: int = 0
    led_to_measure: int = 0
    took_privilege: int = 0
    appealed: int = 0
    changed_on_appeal: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, n) + getattr(other, n) for n in NAMES))

    def __sub__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, n) - getattr(other, n) for n in NAMES))


NAMES = tuple(field.name for field in fields(Counts))


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of one row, and of all the others together where they are enough to compare with."""

    own: Interval
    rest: Interval | None

    @property
    def differs(self) -> bool:
        return self.rest is not None and not self.own.overlaps(self.rest)


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    name: str
    counts: Counts
    rest: Counts

    @property
    def is_small(self) -> bool:
        return self.counts.decisions < FEWEST

    @property
    def measures(self) -> Rate | None:
        return self._rate(lambda counts: counts.led_to_measure)

    @property
    def reversals(self) -> Rate | None:
        return self._rate(lambda counts: counts.changed_on_appeal)

    def _rate(self, part: Callable[[Counts], int]) -> Rate | None:
        if self.is_small:
            return None
        own, rest = (
            wilson(part(counts), counts.decisions) if counts.decisions >= FEWEST else None
            for counts in (self.counts, self.rest)
        )
        return Rate(own, rest) if own else None


@dataclass(frozen=True, slots=True)
class Dimension:
    key: str
    title: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Fairness:
    platform: Platform
    # Half-open.
    period_from: datetime
    period_to: datetime
    as_of: datetime
    totals: Counts
    dimensions: Sequence[Dimension]
    # Cases that closed before have been deleted, if the period reaches back so far.
    kept_since: datetime | None


def get_fairness(
    *, platform: Platform, period_from: datetime, period_to: datetime, as_of: datetime
) -> Fairness:
    """Count the first decisions of their cases that were taken in [`period_from`, `period_to`).

    Those in effect, as they and the groups are known now; one that replaced another on appeal is
    no row of its own. Rows are in the order of their names, which is no order of merit.
    """
    decisions = decided.keep_first(
        Decision.objects.filter(
            platform=platform, decided_at__gte=period_from, decided_at__lt=period_to
        )
    )
    titles = rules.get_titles(platform_ids=[platform.pk])
    by_rule = _count_by(decisions, F("rule__code"))
    by_language = _count_by(decisions, decided.LANGUAGE)
    by_size = sorted(_count_by(decisions, decided.BAND).items())
    # The id of a person leaves this function in no form.
    by_reviewer = sorted(
        (
            (pseudonyms.of_reviewer(platform=platform, user_id=pk), counts)
            for pk, counts in _count_by(decisions, F("decided_by")).items()
        ),
        key=lambda row: row[0],
    )
    kept_since = registry.classes["closed cases"].cutoff(as_of)
    return Fairness(
        platform=platform,
        period_from=period_from,
        period_to=period_to,
        as_of=as_of,
        totals=_sum(by_rule.values()),
        dimensions=[
            _dimension(
                "rule", "By rule", [(k, f"{k} {titles[k]}", n) for k, n in sorted(by_rule.items())]
            ),
            _dimension(
                "language",
                "By language of the group",
                [(k, _name_of_language(k), n) for k, n in sorted(by_language.items())],
            ),
            _dimension(
                "size",
                "By size of the group",
                [(str(k), decided.BANDS[k], n) for k, n in by_size],
            ),
            _dimension("reviewer", "By reviewer", [(k, k, n) for k, n in by_reviewer]),
        ],
        kept_since=kept_since if period_from < kept_since else None,
    )


def _count_by(decisions: QuerySet[Decision], by: Any) -> dict[Any, Counts]:
    """Count in one statement. What exists is found before it is counted: no join doubles a row."""
    measures = Measure.objects.filter(decision=OuterRef("pk"), privilege__isnull=False)
    appeals = Appeal.objects.filter(decision=OuterRef("pk"))
    changed = appeals.filter(state__in=[Appeal.State.REVERSED, Appeal.State.PARTIALLY_REVERSED])
    rows = (
        decisions.annotate(
            by=by,
            takes_privilege=Exists(measures),
            is_appealed=Exists(appeals),
            is_changed=Exists(changed),
        )
        .values("by")
        .annotate(
            decisions=Count("pk"),
            found_something=Count("pk", filter=Q(outcome__in=UPHELD)),
            led_to_measure=Count("pk", filter=Q(outcome=Decision.Outcome.MEASURES)),
            took_privilege=Count("pk", filter=Q(takes_privilege=True)),
            appealed=Count("pk", filter=Q(is_appealed=True)),
            changed_on_appeal=Count("pk", filter=Q(is_changed=True)),
        )
        .order_by()
    )
    return {key: Counts(*counts) for key, *counts in rows.values_list("by", *NAMES)}


def _dimension(key: str, title: str, found: Sequence[tuple[str, str, Counts]]) -> Dimension:
    total = _sum(counts for *_, counts in found)
    return Dimension(
        key, title, [Row(one, name, counts, total - counts) for one, name, counts in found]
    )


def _sum(counts: Iterable[Counts]) -> Counts:
    return reduce(add, counts, Counts())


def _name_of_language(code: str) -> str:
    """Two codes may have one name, as de and de-at have."""
    return f"{languages.name_of(code)} ({code})"
