"""No count from 1 to 4 can be read in what leaves, nor worked out from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import tables
from reports.publishing import HIDDEN, WITHHELD, hide_small

RULE = ("received", "decided", "upheld", "appeals", "reversed")


def of(**sections):
    """Figures of a period without anything, but for what is said."""
    figures = {
        "summary": {
            "reports": 0,
            "cases": 0,
            "decisions": 0,
            "upheld": 0,
            "median_minutes_to_decide": None,
        },
        "appeals": {
            "submitted": 0,
            "upheld": 0,
            "partially_reversed": 0,
            "reversed": 0,
            "omitted": 0,
            "median_minutes_to_decide": None,
        },
        "answers": {"asked": 0, "answered": 0, "deadline_missed": 0},
        "responsibility": {"groups": 0, "owners": 0, "verified_owners": 0},
        "automation": {"decisions_by_people": 0, "automated_detection": 0},
    }
    lists = {"by_month": [], "by_rule": [], "by_source": [], "measures": [], "authorities": []}
    return {
        key: value | sections.get(key, {}) if isinstance(value, dict) else sections.get(key, value)
        for key, value in (figures | lists).items()
    }


def months(**received):
    return [{"month": name, "received": number, "decided": 0} for name, number in received.items()]


def rules(*rows):
    return [dict.fromkeys(RULE, 0) | {"rule": f"R-{n}"} | row for n, row in enumerate(rows, 1)]


def column(public, table, name):
    return [row[name] for row in public[table]]


def test_counts_from_one_to_four_are_hidden_and_none_is_shown_as_zero():
    counts = [{"kind": str(number), "count": number} for number in (0, 1, 4, 5)]

    public = hide_small(of(measures=counts))

    assert column(public, "measures", "count") == [0, HIDDEN, HIDDEN, 5]
    assert counts[1]["count"] == 1


@pytest.mark.parametrize(
    ("received", "shown"),
    [
        ((3, 20, 7), [HIDDEN, 20, WITHHELD]),
        ((3, 0, 7), [HIDDEN, 0, WITHHELD]),
        ((3, 3, 20), [HIDDEN, HIDDEN, 20]),
        # Eight in two hidden counts of four at most: both would be told.
        ((4, 4, 20, 9), [HIDDEN, HIDDEN, 20, WITHHELD]),
        ((1, 1, 20, 9), [HIDDEN, HIDDEN, 20, WITHHELD]),
        # Six in a hidden count and one of five at least: they would be one and five.
        ((1, 5, 20, 9), [HIDDEN, WITHHELD, 20, WITHHELD]),
        ((0, 20, 7), [0, 20, 7]),
    ],
)
@pytest.mark.parametrize(
    ("table", "name"), [("by_month", "received"), ("by_rule", "received"), ("by_source", "count")]
)
def test_the_only_hidden_part_of_a_total_takes_the_next_smallest_with_it(
    table, name, received, shown
):
    rows = [{name: number} for number in received]
    rows = rules(*rows) if table == "by_rule" else [{"decided": 0} | row for row in rows]

    public = hide_small(of(summary={"reports": sum(received)}, **{table: rows}))

    assert column(public, table, name) == shown
    assert public["summary"]["reports"] == sum(received)


def test_a_total_that_is_small_itself_tells_nothing():
    public = hide_small(of(summary={"reports": 3}, by_month=months(a=3, b=0)))

    assert public["summary"]["reports"] == HIDDEN
    assert column(public, "by_month", "received") == [HIDDEN, 0]


@pytest.mark.parametrize(
    ("whole", "part", "shown"),
    [
        (10, 7, WITHHELD),
        (10, 9, WITHHELD),
        (10, 5, 5),
        (10, 10, 10),
        (10, 3, HIDDEN),
        (5, 4, HIDDEN),
    ],
)
@pytest.mark.parametrize(
    ("section", "of_all", "some"),
    [
        ("summary", "decisions", "upheld"),
        ("responsibility", "owners", "verified_owners"),
        ("answers", "asked", "answered"),
        ("answers", "asked", "deadline_missed"),
        ("automation", "decisions_by_people", "automated_detection"),
    ],
)
def test_a_part_is_not_shown_where_the_rest_is_small(section, of_all, some, whole, part, shown):
    public = hide_small(of(**{section: {of_all: whole, some: part}}))[section]

    assert (public[of_all], public[some]) == (whole, shown)


def test_five_of_six_are_not_shown_with_their_whole_wherever_it_stands():
    """What is not shown is five at least, so the one of six that is missing would be told."""
    public = hide_small(
        of(
            summary={"decisions": 6, "upheld": 5},
            by_rule=rules({"decided": 6, "upheld": 5}),
            automation={"decisions_by_people": 6},
        )
    )

    assert (public["summary"]["decisions"], public["summary"]["upheld"]) == (WITHHELD, WITHHELD)
    assert public["automation"]["decisions_by_people"] == WITHHELD
    assert column(public, "by_rule", "decided") == column(public, "by_rule", "upheld") == [WITHHELD]


def test_complied_is_not_shown_where_the_rest_is_small():
    public = hide_small(of(authorities=[{"kind": "PRESERVE", "received": 9, "complied": 6}]))

    assert public["authorities"] == [{"kind": "PRESERVE", "received": 9, "complied": WITHHELD}]


def test_what_the_rules_add_up_to_does_not_tell_what_is_not_shown():
    """Of rule 1, two were not upheld: neither the total nor rule 2 may give that away."""
    public = hide_small(
        of(
            summary={"decisions": 40, "upheld": 28},
            by_rule=rules({"decided": 30, "upheld": 28}, {"decided": 10, "upheld": 0}),
        )
    )

    assert column(public, "by_rule", "upheld") == [WITHHELD, 0]
    assert (public["summary"]["decisions"], public["summary"]["upheld"]) == (40, WITHHELD)


@pytest.mark.parametrize(
    ("outcomes", "shown"),
    [
        # All ended: the only hidden one would follow.
        ((12, 2, 6, 0), (12, HIDDEN, WITHHELD, 0)),
        # Some are open, and nobody says how many.
        ((12, 2, 0, 0), (12, HIDDEN, 0, 0)),
        # Three are open: what is not shown hides them.
        ((12, 0, 5, 0), (12, 0, WITHHELD, 0)),
    ],
)
def test_outcomes_of_appeals_do_not_tell_a_small_one(outcomes, shown):
    names = ("upheld", "partially_reversed", "reversed", "omitted")
    open_ones = {(12, 2, 0, 0): 10, (12, 0, 5, 0): 3}.get(outcomes, 0)
    submitted = sum(outcomes) + open_ones

    public = hide_small(
        of(appeals=dict(zip(names, outcomes, strict=True)) | {"submitted": submitted})
    )["appeals"]

    assert tuple(public[name] for name in names) == shown
    assert public["submitted"] == submitted


@pytest.mark.parametrize(("few", "shown"), [(4, None), (5, 600)])
def test_a_median_of_fewer_than_five_is_left_out(few, shown):
    public = hide_small(
        of(
            summary={"decisions": few, "median_minutes_to_decide": 600},
            appeals={"upheld": few, "omitted": 9, "median_minutes_to_decide": 600},
        )
    )

    assert public["summary"]["median_minutes_to_decide"] == shown
    assert public["appeals"]["median_minutes_to_decide"] == shown


@pytest.mark.parametrize(
    ("decisions", "upheld", "value", "label"),
    [
        (10, 5, "5", "of 10 decisions upheld the report (50 %)"),
        (10, 3, HIDDEN, "of 10 decisions upheld the report"),
        (10, 7, WITHHELD, "how many of 10 decisions upheld the report"),
        (6, 5, WITHHELD, "how many decisions upheld the report"),
    ],
)
def test_the_card_reads_on_whether_or_not_the_count_is_shown(decisions, upheld, value, label):
    public = hide_small(of(summary={"decisions": decisions, "upheld": upheld}))

    card = tables.cards(public)[1]

    assert (card.value, card.label) == (value, label)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=6))
def test_every_hidden_part_of_a_known_total_may_be_several_numbers(numbers):
    total = sum(numbers)

    public = hide_small(
        of(summary={"reports": total}, by_rule=rules(*({"received": n} for n in numbers)))
    )

    parts = column(public, "by_rule", "received")
    if public["summary"]["reports"] == total:
        left = total - sum(part for part in parts if isinstance(part, int))
        small, large = parts.count(HIDDEN), parts.count(WITHHELD)
        least, most = small - 1 + 5 * large, 4 * (small - 1) if not large else total
        may_be = [part for part in range(1, 5) if least <= left - part <= most]
        assert not small or len(may_be) > 1
