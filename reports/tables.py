"""A report's figures as the tables, cards and chart that every form of it shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from groups.models import Flag, Measure
from reports import charts
from reports.models import AuthorityRequest
from reports.publishing import HIDDEN, SMALLEST_SHOWN, WITHHELD

# A PDF table longer than this slows typesetting to a crawl and is read by nobody.
MOST_ROWS = 500

RECEIVED, DECIDED = ("Reports received", "#00697f"), ("Decisions", "#b87900")
LEGEND = (("received", RECEIVED[0]), ("decided", DECIDED[0]))


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str = ""

    @property
    def lines(self) -> list[tuple[Any, list[tuple[str, Any]]]]:
        """What each row is about, and its cells with their headings: a page may be narrow."""
        return [(row[0], list(zip(self.headings[1:], row[1:], strict=True))) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Card:
    value: str
    label: str


def cards(figures: dict[str, Any]) -> list[Card]:
    """Build the four numbers in front. `figures` may have small counts hidden."""
    summary, appeals = figures["summary"], figures["appeals"]
    changed = [appeals["reversed"], appeals["partially_reversed"]]
    decided = [*changed, appeals["upheld"]]
    return [
        Card(str(summary["reports"]), "reports received"),
        Card(
            str(summary["upheld"]),
            f"{_of_all(summary['upheld'], summary['decisions'])} decisions upheld the report"
            f"{_share([summary['upheld']], [summary['decisions']])}",
        ),
        Card(hours(summary["median_minutes_to_decide"]), "median time to decide"),
        Card(
            _sum(changed),
            f"of {_sum(decided)} decided appeals changed the decision{_share(changed, decided)}",
        ),
    ]


def build(figures: dict[str, Any], *, month: Callable[[str], str]) -> list[Table]:
    """Build the tables, in the order of the report. `month` words a month like 2026-11."""
    appeals, answers, people = figures["appeals"], figures["answers"], figures["responsibility"]
    columns = ("title", "received", "decided", "upheld", "appeals", "reversed")
    by_rule = [[row[column] for column in columns] for row in figures["by_rule"][:MOST_ROWS]]
    automation = figures["automation"]
    return [
        Table(
            "Reports and decisions by month",
            ("Month", *(name for name, _ in (RECEIVED, DECIDED))),
            [(month(row["month"]), row["received"], row["decided"]) for row in figures["by_month"]],
            note="Months of the calendar, in UTC.",
        ),
        Table(
            "By rule",
            ("Rule", "Reports", "Decisions", "Upheld", "Appeals", "Reversed"),
            by_rule,
            note="Reversed counts decisions reversed in full or in part on appeal.",
        ),
        Table(
            "Where reports came from",
            ("Source", "Reports"),
            _labelled(figures["by_source"], Flag.Source),
        ),
        Table(
            "Measures taken", ("Measure", "Number"), _labelled(figures["measures"], Measure.Kind)
        ),
        Table(
            "Answers by the groups",
            ("What", "Cases"),
            [
                ("Owner was asked", answers["asked"]),
                ("Answered", answers["answered"]),
                ("The owner's deadline passed", answers["deadline_missed"]),
            ],
        ),
        Table(
            "Appeals",
            ("Outcome", "Appeals"),
            [
                ("Submitted", appeals["submitted"]),
                ("Decision upheld", appeals["upheld"]),
                ("Decision partially reversed", appeals["partially_reversed"]),
                ("Decision reversed", appeals["reversed"]),
                ("Not decided", appeals["omitted"]),
            ],
            note=f"Median time to decide: {hours(appeals['median_minutes_to_decide'])}.",
        ),
        Table(
            "Verification and ownership",
            ("What", "Number"),
            [
                ("Groups", people["groups"]),
                ("Groups with an owner", people["groups_with_an_owner"]),
                ("Owners", people["owners"]),
                ("Owners with a valid verification", people["verified_owners"]),
            ],
            note=_ownership_note(people),
        ),
        Table(
            "Requests of authorities",
            ("Kind", "Received", "Complied with, in full or in part"),
            [
                (AuthorityRequest.Kind(row["kind"]).label, row["received"], row["complied"])
                for row in figures["authorities"]
            ],
        ),
        Table(
            "Use of automation",
            ("What", "Decisions"),
            [
                ("Taken by people", automation["decisions_by_people"]),
                ("Taken by automated means", automation["decisions_by_machines"]),
                ("Found by automated means", automation["automated_detection"]),
            ],
        ),
    ]


def chart(figures: dict[str, Any]) -> str:
    """Draw reports and decisions by month. Hidden counts have no height."""
    months = figures["by_month"]
    return charts.bars(
        title="Reports received and decisions, by month",
        labels=[f"{date.fromisoformat(row['month'] + '-01'):%b %Y}" for row in months],
        series=[
            charts.Series(name, css_class, colour, [row[key] for row in months])
            for (name, colour), css_class, key in (
                (RECEIVED, "received", "received"),
                (DECIDED, "decided", "decided"),
            )
        ],
    )


def month_name(month: str) -> str:
    return f"{date.fromisoformat(f'{month}-01'):%B %Y}"


def period(first: datetime, until: datetime) -> str:
    """Say a period by its first and last day where it begins and ends at midnight UTC."""
    first, until = first.astimezone(UTC), until.astimezone(UTC)
    if first.time() == until.time() == time.min:
        return f"{first:%-d %B %Y} to {until - timedelta.resolution:%-d %B %Y}"
    return f"{moment(first)} to {moment(until)}"


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%-d %B %Y, %H:%M} UTC"


def hours(minutes: int | None) -> str:
    """Say a duration as a person would: minutes below two hours, days above three."""
    if minutes is None:
        return "–"
    if minutes < 120:
        return f"{minutes} min"
    if minutes < 72 * 60:
        return f"{minutes / 60:.0f} hours"
    return f"{minutes / 1440:.1f} days".replace(".0 ", " ")


def _ownership_note(people: dict[str, Any]) -> str:
    note = "At the end of the period."
    if kept_since := people.get("verifications_kept_since"):
        since = datetime.fromisoformat(kept_since).astimezone(UTC)
        note += (
            f" Verifications that ended before {since:%-d %B %Y} had been deleted when this was"
            " counted, so more owners may have had a valid one."
        )
    return note


def _labelled(rows: list[dict[str, Any]], choices: Any) -> list[tuple[str, Any]]:
    return [(str(choices(row["kind"]).label), row["count"]) for row in rows]


def _of_all(part: Any, whole: Any) -> str:
    """Word the denominator so that it reads on after the count, shown or not."""
    if part != WITHHELD:
        return f"of {whole}"
    return "how many" if whole == WITHHELD else f"how many of {whole}"


def _sum(counts: list[Any]) -> str:
    """Add counts up; a hidden one may be any from the least to the most that is hidden."""
    known = sum(count for count in counts if isinstance(count, int))
    hidden, withheld = counts.count(HIDDEN), counts.count(WITHHELD)
    if withheld:
        return f"{known + hidden + withheld * SMALLEST_SHOWN} or more"
    if not hidden:
        return str(known)
    if hidden == 1 and not known:
        return HIDDEN
    return f"{known + hidden} to {known + hidden * (SMALLEST_SHOWN - 1)}"


def _share(part: list[Any], whole: list[Any]) -> str:
    """Say the share in per cent; nothing when a count is hidden or there is no whole."""
    if any(not isinstance(count, int) for count in [*part, *whole]) or not sum(whole):
        return ""
    return f" ({100 * sum(part) / sum(whole):.0f} %)"
