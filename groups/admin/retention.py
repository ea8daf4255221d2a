"""The page that watches the log and the purge: what is wrong first, then sizes and days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import dateformat, timezone
from django.views.decorators.http import require_safe

from groups.actions.partitions import AHEAD
from groups.admin import pages
from groups.admin.overview import Card
from groups.queries import partitions
from identity.roles import Permission
from portal.core import purge_health, schedule
from portal.core.admin import panels
from portal.core.models import Hold, PurgeRun, WindowChange
from portal.core.templatetags import ui

LARGE_TABLES = 12
# The purge runs daily; an hour or two for it to finish.
PURGE_IS_LATE = timedelta(hours=26)
STATE_TAGS = {
    partitions.State.ATTACHED: "neutral",
    partitions.State.HALF_DETACHED: "danger",
    partitions.State.LEFT_OVER: "danger",
}


@require_safe
def show_retention(request: HttpRequest) -> HttpResponse:
    ids = pages.platforms(request, Permission.RUN_PURGE, Permission.VIEW_AUDIT)
    at = pages.now()
    log = partitions.get_log(at=at)
    purge = purge_health.get_purge_health()
    holds = Hold.objects.filter(platform__in=ids)
    overdue = holds.overdue(at).count()
    return pages.render(
        request,
        "admin/accord/retention.html",
        title="Log and retention",
        trail=(pages.home(),),
        warnings=[*_of_partitions(log), *_of_purge(purge, at), *_of_holds(overdue)],
        cards=_cards(log, purge, at, standing=holds.standing().count(), overdue=overdue),
        chart=_chart(log.partitions),
        days=_days(log.partitions),
        tables=_tables(),
        failed=_failed(purge.failed),
    )


# --- what is wrong, and what to do ------------------------------------------------------------


def _of_partitions(log: partitions.Log) -> Iterator[str]:
    ahead = log.days_ahead
    create = "Run “manage.py create_partitions”, and see that celery beat and a worker are running."
    if ahead < 1:
        missing = "today" if ahead < 0 else "tomorrow"
        yield (
            f"No partition exists for {missing}: the first event of that day has to create it, "
            f"and the others wait for that. {create}"
        )
    elif ahead < AHEAD.days - 1:
        yield (
            f"Partitions exist for {_counted(ahead, 'day')} ahead, not {AHEAD.days}: the daily "
            f"task that creates them has not run. {create}"
        )
    late = [row for row in log.overdue if row.ends_at + timedelta(days=log.days_kept + 1) <= log.at]
    if late:
        yield (
            f"{_counted(len(late), 'day')} of the log should have been dropped, the oldest is "
            f"{_day(late[0].day)}: no purge has finished since. Run “manage.py purge”, and see "
            "that celery beat and a worker are running."
        )
    for row in log.unfinished:
        yield (
            f"The day {_day(row.day)} is out of the log and not dropped: a purge was interrupted. "
            "The next one finishes it; if it stays for more than a day, look at the error of the "
            "latest run."
        )


def _of_purge(purge: purge_health.PurgeHealth, at: datetime) -> Iterator[str]:
    next_run = _moment(schedule.get_next_purge(at=at))
    if purge.last is None:
        yield f"No purge has finished yet. The next one begins {next_run}."
    elif at - _finished(purge.last) > PURGE_IS_LATE:
        yield (
            f"The last purge finished {ui.span(at - _finished(purge.last))} ago, and it runs "
            "daily. See that celery beat and a worker are running, or run “manage.py purge”."
        )
    if purge.failed:
        number = _counted(len(purge.failed), "purge")
        since = " since then" if purge.last else ""
        yield (
            f"{number}{since} failed or was interrupted. What was deleted stays deleted; the next "
            f"one does the rest, {next_run}."
        )


def _of_holds(overdue: int) -> Iterator[str]:
    if overdue:
        yield (
            f"The review of {_counted(overdue, 'hold')} is overdue. What they cover stays until "
            "somebody keeps or releases them: open the list of holds."
        )


# --- the figures ------------------------------------------------------------------------------


def _cards(
    log: partitions.Log,
    purge: purge_health.PurgeHealth,
    at: datetime,
    *,
    standing: int,
    overdue: int,
) -> list[Card]:
    waiting = WindowChange.objects.open().count()
    oldest, drop, last = log.oldest_at, log.next_drop_at, purge.last
    purged = f"{ui.span(at - _finished(last))} ago" if last else "Never"
    next_purge = f"next {_moment(schedule.get_next_purge(at=at))}"
    return [
        Card(
            "Size of the log",
            filesizeformat(log.bytes),
            f"{_counted(len(log.attached), 'day')}, {max(log.days_ahead, 0)} of them ahead",
        ),
        Card(
            "Oldest event",
            f"{ui.span(at - oldest)} ago" if oldest else "None",
            f"kept for {log.days_kept} days",
            reverse("admin:core_windowchange_changelist"),
        ),
        Card(
            "Next day to leave",
            _day(log.attached[0].day) if drop else "None",
            f"past its window {_moment(drop)}" if drop else "",
        ),
        Card(
            "Last purge",
            "Running" if purge.running else purged,
            next_purge,
            reverse("admin:core_purgerun_changelist"),
        ),
        Card(
            "Holds standing",
            standing,
            f"{overdue} overdue for review",
            panels.list_of(Hold, standing="overdue" if overdue else "standing"),
        ),
        Card(
            "Windows to approve",
            waiting,
            "proposed, not in force",
            panels.list_of(WindowChange, state="open"),
        ),
    ]


def _tables() -> panels.Panel:
    names = {model._meta.db_table: model._meta.verbose_name_plural for model in apps.get_models()}
    return panels.Panel(
        title="Largest tables",
        note="With their indexes. The days of the log count as one.",
        head=["Table", "Records", "Size"],
        rows=[
            [table, str(names.get(table, panels.NOTHING)).capitalize(), filesizeformat(size)]
            for table, size in partitions.list_large_tables(limit=LARGE_TABLES)
        ],
    )


def _failed(runs: Sequence[PurgeRun]) -> panels.Panel:
    return panels.Panel(
        title="Purges that failed since the last one that finished",
        head=["Began", "Ended", "What happened"],
        rows=[
            [
                panels.link(run, _moment(run.started_at or run.as_of)),
                panels.moment(run.finished_at),
                run.error or "It was interrupted; the next purge notes that and goes on.",
            ]
            for run in runs
        ],
    )


def _days(found: Sequence[partitions.Partition]) -> panels.Panel:
    return panels.Panel(
        title="Days of the log",
        head=["Day (UTC)", "Size", "Rows, estimated", "State"],
        rows=[
            [
                _day(row.day),
                filesizeformat(row.bytes),
                panels.NOTHING if row.rows is None else f"{row.rows:,}",
                panels.tag(row.state, STATE_TAGS[row.state]),
            ]
            for row in reversed(found)
        ],
        empty="The log has no day yet.",
    )


# --- the picture ------------------------------------------------------------------------------

ROOM, TOP, LEFT = 160, 14, 76
FLOOR = TOP + ROOM
# The days of half a year are narrow, a few are not drawn out of proportion.
WIDTH, NARROWEST, WIDEST = 860, 5, 26


@dataclass(frozen=True, slots=True)
class Bar:
    """One day in whole pixels: a locale must not put a decimal comma into SVG."""

    title: str
    label: str
    left: int
    middle: int
    top: int
    height: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Chart:
    bars: Sequence[Bar]
    ticks: Sequence[tuple[str, int]]
    width: int
    height: int
    floor: int
    bar_width: int
    left: int


def _chart(found: Sequence[partitions.Partition]) -> Chart | None:
    if not found:
        return None
    highest = max(1, *(row.bytes for row in found))
    first, days = found[0].day, (found[-1].day - found[0].day).days + 1
    step = max(NARROWEST, min(WIDEST, WIDTH // days))
    bar_width = step - 1 - step // 3
    bars = []
    for row in found:
        # A day without a partition leaves a gap.
        left = LEFT + (row.day - first).days * step
        height = ROOM * row.bytes // highest
        bars.append(
            Bar(
                title=f"{_day(row.day)}: {filesizeformat(row.bytes)}",
                label=dateformat.format(row.day, "j M") if row.day.day in (1, 15) else "",
                left=left + (step - bar_width) // 2,
                middle=left + step // 2,
                top=FLOOR - height,
                height=height,
                is_whole=row.state is partitions.State.ATTACHED,
            )
        )
    width = max(LEFT + days * step + 24, 420)
    ticks = [(filesizeformat(highest * n // 2), FLOOR - ROOM * n // 2) for n in range(3)]
    return Chart(bars, ticks, width, FLOOR + 30, FLOOR, bar_width, LEFT)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _day(day: Any) -> str:
    return dateformat.format(day, "j M Y")


def _moment(at: datetime) -> str:
    return dateformat.format(timezone.localtime(at), "j M Y, H:i T")


def _finished(run: PurgeRun) -> datetime:
    assert run.finished_at is not None
    return run.finished_at


admin.site.add_page("retention/", show_retention, "retention")
