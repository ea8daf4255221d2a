"""The first page of the admin: what is open, what is late, and how the last 30 days went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from groups.admin import pages
from groups.admin.cases import due_tag, state_tag
from groups.models import Case
from groups.queries import workload
from identity.roles import Permission
from portal.core.admin import panels
from portal.core.admin.people import names_of
from portal.core.models import Hold
from portal.core.templatetags import ui

LATE_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    number: int | str
    note: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One day in the chart, in whole pixels: a locale must not put a decimal comma into SVG."""

    label: str
    opened: int
    decided: int
    left: int
    middle: int
    bar_top: int
    bar_height: int
    dot: int
    has_label: bool


STEP, BAR, ROOM, TOP, LEFT = 26, 12, 210, 12, 34
FLOOR = TOP + ROOM


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what the overview shows (UNFOLD["DASHBOARD_CALLBACK"])."""
    platforms = admin.site.platform_ids(request, [Permission.VIEW_RECORDS])
    at = pages.now()
    late = list(workload.list_late(platforms=platforms, at=at)[: LATE_SHOWN + 1])
    context["cards"] = _cards(workload.get_figures(platforms=platforms, at=at), at)
    context["chart"] = chart(workload.list_days(platforms=platforms, at=at))
    context["queues"] = workload.list_queues(platforms=platforms, at=at)
    context["overdue_holds"] = _overdue_holds(request, at)
    context["late"] = panels.Panel(
        title="Past deadline",
        head=["Case", "Group", "Rule", "State", "Due", "Assigned to"],
        rows=[_late_row(case) for case in late[:LATE_SHOWN]],
        empty="Nothing is late.",
        more_url=_cases(due="late") if len(late) > LATE_SHOWN else "",
    )
    return context


def _cases(**wanted: str) -> str:
    return panels.list_of(Case, **wanted)


def _cards(figures: workload.Figures, at: datetime) -> list[Card]:
    oldest, median = figures.oldest_due_at, figures.appeals_median_at
    return [
        Card("Open cases", figures.open, f"{figures.unassigned} unassigned", _cases()),
        Card(
            "Past deadline",
            figures.late,
            f"oldest {ui.span(at - oldest)} late" if oldest else "nothing is late",
            _cases(due="late"),
        ),
        Card("Due in 24 hours", figures.due_soon, "", _cases(due="day")),
        Card(
            "Appeals waiting",
            figures.appeals,
            f"median age {ui.span(at - median)}" if median else "none waits",
            reverse("admin:groups_appeal_changelist"),
        ),
    ]


def _late_row(case: Any) -> list[Any]:
    return [
        panels.link_to(reverse("admin:work_case", args=[case.pk]), case.reference),
        panels.link(case.group),
        case.rule.title,
        state_tag(case),
        due_tag(case),
        case.assignee or panels.NOTHING,
    ]


def _overdue_holds(request: HttpRequest, at: datetime) -> panels.Panel | None:
    """Show holds whose review is overdue to whoever manages or audits them, while there are any."""
    ids = admin.site.platform_ids(request, [Permission.MANAGE_HOLDS, Permission.VIEW_AUDIT])
    found = Hold.objects.overdue(at).filter(platform__in=ids).select_related("platform")
    holds = list(found.order_by("review_at", "number")[: LATE_SHOWN + 1])
    if not holds:
        return None
    people = names_of({hold.placed_by for hold in holds})
    return panels.Panel(
        title="Holds whose review is overdue",
        note="What they cover is not deleted until somebody releases them. Keep or release each.",
        head=["Hold", "Platform", "Matter", "Review was due", "Late by", "Placed by"],
        rows=[
            [
                panels.link(hold),
                hold.platform.name,
                hold.matter,
                panels.moment(hold.review_at),
                panels.tag(ui.span(at - hold.review_at), "danger"),
                people.get(hold.placed_by, panels.NOTHING),
            ]
            for hold in holds[:LATE_SHOWN]
        ],
        more_url=panels.list_of(Hold, standing="overdue") if len(holds) > LATE_SHOWN else "",
    )


@dataclass(frozen=True, slots=True)
class Chart:
    columns: Sequence[Column]
    line: str
    width: int
    height: int
    floor: int
    bar_width: int
    ticks: Sequence[tuple[int, int]]
    opened: int
    decided: int


def chart(days: Sequence[workload.Day]) -> Chart:
    """Lay out opened cases as bars and decided ones as a line over the same days."""
    highest = max([1, *(max(day.opened, day.decided) for day in days)])
    highest += -highest % 4 if highest > 4 else 0
    columns = [
        Column(
            label=f"{day.date:%-d %b}",
            opened=day.opened,
            decided=day.decided,
            left=LEFT + index * STEP + (STEP - BAR) // 2,
            middle=LEFT + index * STEP + STEP // 2,
            bar_top=FLOOR - ROOM * day.opened // highest,
            bar_height=ROOM * day.opened // highest,
            dot=FLOOR - ROOM * day.decided // highest,
            has_label=index % 5 == 4,
        )
        for index, day in enumerate(days)
    ]
    steps = (
        sorted({0, highest // 2, highest}) if highest < 4 else range(0, highest + 1, highest // 4)
    )
    return Chart(
        columns=columns,
        line=" ".join(f"{column.middle},{column.dot}" for column in columns),
        width=LEFT + len(columns) * STEP + 18,
        height=FLOOR + 30,
        floor=FLOOR,
        bar_width=BAR,
        ticks=[(value, FLOOR - ROOM * value // highest) for value in steps],
        opened=sum(day.opened for day in days),
        decided=sum(day.decided for day in days),
    )
