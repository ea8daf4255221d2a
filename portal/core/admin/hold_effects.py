"""What a hold keeps alive: on its page, after it was placed and before it is released."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import dateformat, timezone

from portal.core import foresight, schedule
from portal.core.admin import panels
from portal.core.models import Hold

UNKNOWN = "more than can be counted now"
NOTE = (
    "What is past its window and would have left. Holds can cover the same rows: what another one "
    "keeps as well stays when this one is released."
)
DAYS_SHOWN = 31


def _day(at: Any) -> str:
    return dateformat.format(at, "j M Y")


def _rows(number: object, name: str) -> str:
    return f"{number} of {name}"


def after_placing(hold: Hold, *, at: datetime) -> str:
    """Say what a hold that was just placed keeps at once."""
    kept = [
        _rows(row.rows or UNKNOWN, row.data_class.name) for row in foresight.list_kept(hold, at=at)
    ]
    if not kept:
        return "Nothing that it covers is past its window yet."
    return f"It keeps what the next purge would take: {', '.join(kept)}."


def before_release(hold: Hold, *, at: datetime) -> list[str]:
    """Say what the next purge takes once the hold is released."""
    freed = [
        _rows(row.alone or UNKNOWN, row.data_class.name)
        for row in foresight.list_kept(hold, at=at)
        if row.alone is None or row.alone.value or not row.alone.is_exact
    ]
    freed += [
        _rows(UNKNOWN if row.alone is None else f"{row.alone:,}", f"the {_name(row)}")
        for row in foresight.list_copied(hold)
        if row.alone != 0
    ]
    if not freed:
        return [
            "It keeps nothing alone that is past its window: the next purge takes nothing of it."
        ]
    begins = timezone.localtime(schedule.get_next_purge(at=at))
    when = dateformat.format(begins, "j M Y, H:i T")
    return [f"Once released, the next purge ({when}) takes {', '.join(freed)}."]


def _name(copied: foresight.Copied) -> str:
    return str(copied.model._meta.verbose_name_plural)


def _keeps(request: HttpRequest, hold: Hold) -> panels.Panel | None:
    if hold.released_at is not None:
        return None
    return panels.Panel(
        title="What it keeps alive",
        note=NOTE,
        head=["Data", "Kept for", "Past its window", "Only by this hold", "Oldest would have left"],
        rows=[
            [
                kept.data_class.name.capitalize(),
                f"{kept.days} days after {kept.data_class.starts}",
                kept.rows or UNKNOWN,
                kept.alone or UNKNOWN,
                f"since {_day(timezone.localtime(kept.since))}" if kept.since else panels.NOTHING,
            ]
            for kept in foresight.list_kept(hold, at=timezone.now())
        ],
        empty="Nothing yet: all that it covers is inside its window.",
    )


def _copied(request: HttpRequest, hold: Hold) -> panels.Panel | None:
    found = foresight.list_copied(hold)
    if not found:
        return None
    return panels.Panel(
        title="Copied for it before the original left",
        note=" ".join(_summary(copied) for copied in found),
        head=["Day (UTC)", "Rows", "Data"],
        rows=[
            [_day(day), f"{count:,}", _name(copied).capitalize()]
            for copied in found
            for day, count in (copied.days or [])[-DAYS_SHOWN:]
        ],
        empty="Too many to count now.",
    )


def _summary(copied: foresight.Copied) -> str:
    if not copied.days:
        return ""
    first, last = copied.days[0][0], copied.days[-1][0]
    number = len(copied.days)
    of_days = f"{number} days, {_day(first)} to {_day(last)}" if number > 1 else _day(first)
    latest = f" The table has the latest {DAYS_SHOWN}." if number > DAYS_SHOWN else ""
    return f"{copied.rows:,} {_name(copied)} of {of_days}.{latest}"


admin.site.add_panel(Hold, _keeps, place=10)
admin.site.add_panel(Hold, _copied, place=20)
