"""Indexes for every way the log is read, each an ordered walk that stops after a page."""

from django.db import migrations

READING = """
DROP INDEX log_by_group;
DROP INDEX log_by_subject;
CREATE INDEX log_by_platform ON groups_logentry (platform_id, occurred_at, event_key);
CREATE INDEX log_by_kind ON groups_logentry (platform_id, kind, occurred_at, event_key);
CREATE INDEX log_by_group ON groups_logentry (group_id, occurred_at, event_key)
    WHERE group_id IS NOT NULL;
CREATE INDEX log_by_subject ON groups_logentry (subject_id, occurred_at, event_key)
    WHERE subject_id IS NOT NULL;
CREATE INDEX log_by_actor ON groups_logentry (actor_id, occurred_at, event_key)
    WHERE actor_id IS NOT NULL;
"""
BEFORE = """
DROP INDEX log_by_platform;
DROP INDEX log_by_kind;
DROP INDEX log_by_group;
DROP INDEX log_by_subject;
DROP INDEX log_by_actor;
CREATE INDEX log_by_group ON groups_logentry (group_id, occurred_at);
CREATE INDEX log_by_subject ON groups_logentry (subject_id, occurred_at)
    WHERE subject_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("groups", "0002_create_log")]
    operations = [migrations.RunSQL(READING, reverse_sql=BEFORE)]
