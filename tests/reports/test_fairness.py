"""The fairness report: what each column counts, when a row differs, and who reads it."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groups.models import Decision
from reports import fairness
from reports.fairness import NAMES, Counts
from reports.intervals import wilson
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory, RuleFactory
from tests.factories.identity import UserFactory
from tests.reports.deciding import DAY, Decided, Desk
from tests.sizes import size

pytestmark = pytest.mark.django_db

FIRST, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


class Place:
    """A platform in English with rules, groups and reviewers to choose from."""

    def __init__(self, **platform):
        self.platform = PlatformFactory(**platform)
        self.desk = Desk(self.platform)
        rule = {"platform": self.platform}
        self.rules = [
            RuleFactory(code="R-1", title="Scams", **rule),
            RuleFactory(code="R-2", title="Spam", **rule),
            RuleFactory(code="R-1", version=2, title="Scams", retired_at=AT, **rule),
        ]
        self.groups = [
            GroupFactory(platform=self.platform, language=language, size=size)
            for language, size in (("", None), ("de", 50), ("de", 51), ("en", 5001), ("tr", 0))
        ]
        self.reviewers = [UserFactory(is_staff=True) for _ in range(3)]

    def decided(self, rule=0, group=0, by=0, **fields):
        return Decided(self.rules[rule], self.groups[group], self.reviewers[by], **fields)

    def take(self, *taken):
        return self.desk.take(list(taken))


@pytest.fixture
def place():
    return Place()


def count(platform, *, as_of=UNTIL + DAY):
    return fairness.get_fairness(platform=platform, period_from=FIRST, period_to=UNTIL, as_of=as_of)


def rows(found, dimension):
    (wanted,) = [one for one in found.dimensions if one.key == dimension]
    return {row.key: tuple(getattr(row.counts, name) for name in NAMES) for row in wanted.rows}


def test_a_small_world_is_counted_as_by_hand(place):
    suspended = {"outcome": "MEASURES", "measures": ("WARN", "SUSPEND")}
    place.take(
        place.decided(),
        place.decided(outcome="OWNER_HANDLED", appeal="UPHELD"),
        place.decided(rule=2, group=1, **suspended, appeal="REVERSED"),
        place.decided(rule=1, group=1, by=1, **suspended, appeal="PARTIALLY_REVERSED"),
        place.decided(
            rule=1, group=2, by=1, outcome="MEASURES", measures=("WARN",), appeal="SUBMITTED"
        ),
        place.decided(rule=1, group=3, by=2, outcome="MEASURES", measures=("REVOKE",)),
        place.decided(group=4, by=2, appeal="OMITTED"),
    )

    found = count(place.platform)

    assert found.totals == Counts(7, 5, 4, 3, 5, 2)
    # Two versions of R-1 are one rule.
    assert rows(found, "rule") == {"R-1": (4, 2, 1, 1, 3, 1), "R-2": (3, 3, 3, 2, 2, 1)}
    assert rows(found, "language") == {
        "de": (3, 3, 3, 2, 3, 2),
        "en": (3, 2, 1, 1, 1, 0),
        "tr": (1, 0, 0, 0, 1, 0),
    }
    assert rows(found, "size") == {
        "0": (2, 1, 0, 0, 1, 0),
        "1": (3, 2, 2, 2, 3, 2),
        "2": (1, 1, 1, 0, 1, 0),
        "4": (1, 1, 1, 1, 0, 0),
    }
    assert sorted(rows(found, "reviewer").values()) == [
        (2, 1, 1, 1, 1, 0),
        (2, 2, 2, 1, 2, 1),
        (3, 2, 1, 1, 2, 1),
    ]


def test_only_what_took_effect_and_was_decided_in_the_period_counts(place):
    place.take(
        place.decided(at=FIRST - MOMENT),
        place.decided(at=FIRST, outcome="OWNER_HANDLED"),
        place.decided(at=UNTIL - MOMENT, outcome="OWNER_HANDLED"),
        place.decided(at=UNTIL),
        place.decided(state="held"),
        place.decided(state="returned"),
    )
    elsewhere = Place()
    elsewhere.take(elsewhere.decided())

    assert count(place.platform).totals == Counts(2, 2, 0, 0, 0, 0)


def test_rows_are_named_and_stand_in_the_order_of_their_names(place):
    taken = [place.decided(rule=n % 2, group=n, by=n % 3) for n in (4, 3, 2, 1, 0)]
    place.take(*taken, *place.decided(rule=1, group=3) * 3)

    named = {one.key: [row.name for row in one.rows] for one in count(place.platform).dimensions}

    assert named["rule"] == ["R-1 Scams", "R-2 Spam"]
    assert named["language"] == ["German (de)", "English (en)", "Turkish (tr)"]
    assert named["size"] == ["Size not known", "Up to 50", "51 to 500", "More than 5,000"]
    assert named["reviewer"] == sorted(named["reviewer"])


# Rates


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_published_one(part, whole, low, high):
    found = wilson(part, whole)

    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.share == part / whole


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_mirrors_the_one_of_the_others(counted):
    part, whole = counted
    found, others = wilson(part, whole), wilson(whole - part, whole)

    assert 0 <= found.low <= found.share <= found.high <= 1
    assert found.low == pytest.approx(1 - others.high)
    assert found.high == pytest.approx(1 - others.low)


def reviewers(place):
    (found,) = [one for one in count(place.platform).dimensions if one.key == "reviewer"]
    return sorted(found.rows, key=lambda row: row.counts.decisions)


def warned(place, **fields):
    return place.decided(outcome="MEASURES", measures=("WARN",), **fields)


def test_a_row_differs_when_its_interval_is_apart_from_that_of_all_others(place):
    place.take(
        *warned(place, by=0) * 27,
        *place.decided(by=0) * 3,
        *warned(place, by=1) * 20,
        *place.decided(by=1) * 20,
        *warned(place, by=2) * 25,
        *place.decided(by=2) * 25,
    )

    strict, *others = reviewers(place)

    assert strict.measures.own == wilson(27, 30)
    assert strict.measures.rest == wilson(45, 90)
    assert strict.measures.differs
    assert not strict.reversals.differs
    assert [row.measures.differs for row in others] == [False, False]


def test_reversals_are_of_decisions_not_of_appeals(place):
    reversed_ = {"outcome": "MEASURES", "measures": ("WARN",), "appeal": "REVERSED"}
    place.take(*place.decided(**reversed_) * 5, *place.decided() * 20, *place.decided(by=1) * 25)

    rates = {row.reversals.own.share: row.reversals for row in reviewers(place)}

    assert rates.keys() == {5 / 25, 0}
    assert rates[0.2].rest == wilson(0, 25)


def test_few_decisions_have_no_rate_and_few_others_are_nothing_to_compare_with(place):
    place.take(*warned(place, by=0) * 19, *place.decided(by=1) * 200)

    few, many = reviewers(place)

    assert few.is_small
    assert few.measures is few.reversals is None
    assert many.measures.own == wilson(0, 200)
    assert many.measures.rest is None
    assert not many.measures.differs


def test_twenty_decisions_are_enough(place):
    place.take(*warned(place, by=0) * 20, *place.decided(by=1) * 20)

    assert [row.measures.differs for row in reviewers(place)] == [True, True]


# Against a plain count

TAKEN = st.fixed_dictionaries(
    {
        "rule": st.integers(0, 2),
        "group": st.integers(0, 4),
        "by": st.integers(0, 2),
        "outcome": st.sampled_from(["DISMISSED", "OWNER_HANDLED", "MEASURES"]),
        "appeal": st.sampled_from(
            ["", "", "SUBMITTED", "UPHELD", "OMITTED", "REVERSED", "PARTIALLY_REVERSED"]
        ),
        "state": st.sampled_from(["effective", "effective", "held", "returned"]),
        "at": st.sampled_from([FIRST - MOMENT, FIRST, AT, UNTIL - MOMENT, UNTIL]),
        "kinds": st.lists(st.sampled_from(["WARN", "SUSPEND", "REVOKE"]), min_size=1, unique=True),
    }
)


def plain(place, taken):
    """Count one by one, by what was asked for and not by what the database holds."""
    sizes = {None: "0", 0: "1", 50: "1", 51: "2", 5001: "4"}
    found = {key: {} for key in ("rule", "language", "size", "reviewer")}
    for one in taken:
        if one.state != "effective" or not FIRST <= one.at < UNTIL:
            continue
        places = {
            "rule": one.rule.code,
            "language": one.group.language or "en",
            "size": sizes[one.group.size],
            "reviewer": one.by.pk,
        }
        for dimension, key in places.items():
            tally = found[dimension].setdefault(key, Counter())
            tally["decisions"] += 1
            tally["found_something"] += one.outcome != "DISMISSED"
            tally["led_to_measure"] += one.outcome == "MEASURES"
            tally["took_privilege"] += bool({"SUSPEND", "REVOKE"} & set(one.measures))
            tally["appealed"] += one.appeal != ""
            tally["changed_on_appeal"] += one.appeal in ("REVERSED", "PARTIALLY_REVERSED")
    counted = {
        dimension: {key: tuple(tally[name] for name in NAMES) for key, tally in tallies.items()}
        for dimension, tallies in found.items()
    }
    # Whose row is whose is not to be known.
    counted["reviewer"] = sorted(counted["reviewer"].values())
    return counted


def made(place, one):
    kinds = one.pop("kinds")
    measures = tuple(kinds) if one["outcome"] == "MEASURES" else ()
    decided = place.decided(**one, measures=measures)
    # Only what took effect can be appealed.
    return decided if decided.state == "effective" else replace(decided, appeal="")


@settings(
    max_examples=size(every_run=25, release=300),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(TAKEN, max_size=40))
def test_every_count_is_that_of_plain_python(place, drawn):
    with transaction.atomic():
        taken = [made(place, dict(one)) for one in drawn]
        place.take(*taken)
        found = count(place.platform)
        transaction.set_rollback(True)

    counted = {one.key: rows(found, one.key) for one in found.dimensions}
    counted["reviewer"] = sorted(
        tuple(getattr(row.counts, name) for name in NAMES) for row in found.dimensions[-1].rows
    )
    assert counted == plain(place, taken)
    for dimension in found.dimensions:
        assert all(row.counts + row.rest == found.totals for row in dimension.rows)


def test_it_costs_the_same_with_few_decisions_and_with_many(place):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            count(place.platform)
        return len(captured)

    place.take(place.decided())
    few = statements()
    place.take(*(place.decided(rule=n % 3, group=n % 5, by=n % 3) for n in range(300)))

    # Four dimensions, the titles of the rules, and for how long cases are kept.
    assert statements() == few == 6
    assert Decision.objects.count() == 301


def test_it_says_since_when_cases_are_kept(place):
    two_years = timedelta(days=730)

    assert count(place.platform, as_of=FIRST + two_years).kept_since is None
    assert count(place.platform, as_of=UNTIL + two_years).kept_since == UNTIL
