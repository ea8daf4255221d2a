"""How far the governance log reaches back."""

from datetime import UTC, datetime, time, timedelta

from django.db import connection

from portal.core.data_classes import registry


def get_start(*, at: datetime) -> datetime:
    """Return where the log begins: older events are refused, and purged.

    A sealed day takes no event any more, also when its window was made longer since.
    """
    cutoff = registry.classes["governance log"].cutoff(at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(day) FROM groups_sealedday")
        (sealed,) = cursor.fetchone()
    if sealed is None:
        return cutoff
    return max(cutoff, datetime.combine(sealed + timedelta(days=1), time(), tzinfo=UTC))
