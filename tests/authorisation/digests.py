"""Whether a request wrote anything: PostgreSQL's own counters first, the rows if they moved."""

from django.db import connection

# What a visit alone may write: the session.
OF_VISITS = ["django_session"]

WRITES = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables
 WHERE relname <> ALL(%s)
"""


def writes():
    """Return how many rows this transaction wrote so far, rolled back ones included."""
    with connection.cursor() as cursor:
        cursor.execute(WRITES, [OF_VISITS])
        return cursor.fetchone()[0]


def versions():
    """Return for each table how many rows it has, and the transaction of its youngest one.

    Inside a transaction every savepoint has a number of its own, so a changed row shows.
    """
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        parts = [
            f"SELECT '{name}', count(*), coalesce(max(xmin::text::bigint), 0) FROM \"{name}\""
            for name in tables
            if name not in OF_VISITS
        ]
        cursor.execute(" UNION ALL ".join(parts))
        return set(cursor.fetchall())
