"""Placing a hold and deleting what it may cover never overlap.

Deleting transactions share one advisory lock; placing a hold takes it alone. Whoever comes
second waits for the other's commit.
"""

from django.db import connection

KEY = 0x484F4C44  # "HOLD"


def share() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [KEY])


def take() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [KEY])
