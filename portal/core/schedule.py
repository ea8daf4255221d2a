"""When the purge runs by itself."""

from datetime import UTC, datetime, time, timedelta

PURGE_TIME = time(2, 35)
"""Each day, in UTC."""


def get_next_purge(*, at: datetime) -> datetime:
    """Return when the next scheduled purge after `at` begins."""
    today = at.astimezone(UTC)
    begins = today.replace(hour=PURGE_TIME.hour, minute=PURGE_TIME.minute, second=0, microsecond=0)
    return begins if begins > at else begins + timedelta(days=1)
