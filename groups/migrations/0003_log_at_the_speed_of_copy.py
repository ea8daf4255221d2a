"""The log is read by platform, kind and actor as well; its own key tells what it holds.

Indexes are built beside the work, a day at a time, so that nobody waits for them.
"""

from django.db import migrations

INDEXES = {
    # The log of a platform, newest first.
    "log_by_platform": "(platform_id, occurred_at)",
    "log_by_kind": "(platform_id, kind, occurred_at)",
    # With log_by_subject: the log of an account.
    "log_by_actor": "(actor_id, occurred_at) WHERE actor_id IS NOT NULL",
}
DAYS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'groups_logentry'::regclass ORDER BY c.relname
"""
ATTACHED = "SELECT FROM pg_inherits WHERE inhrelid = to_regclass(%s)"


def add_indexes(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(DAYS)
        days = [day for (day,) in cursor.fetchall()]
        for name, definition in INDEXES.items():
            cursor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON ONLY groups_logentry {definition}")
            for day in days:
                part = f"{day}_{name}"
                cursor.execute(ATTACHED, [part])
                if cursor.fetchone():
                    continue
                # What an interrupted migration left is not valid.
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {part}")
                cursor.execute(f"CREATE INDEX CONCURRENTLY {part} ON {day} {definition}")
                cursor.execute(f"ALTER INDEX {name} ATTACH PARTITION {part}")


def drop_indexes(apps, schema_editor):
    for name in INDEXES:
        schema_editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("groups", "0002_create_log")]
    operations = [migrations.RunPython(add_indexes, drop_indexes)]
