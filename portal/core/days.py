"""Whole days of UTC as the moments they begin and end."""

from datetime import UTC, date, datetime, timedelta


def begin_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def end_of(day: date) -> datetime:
    """Return the midnight after `day`. The last day of the calendar has none: its last instant."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return begin_of(day + timedelta(days=1))
