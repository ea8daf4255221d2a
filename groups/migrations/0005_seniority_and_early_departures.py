import django.db.models.deletion
import portal.core.fields
import portal.core.ids
from django.db import migrations, models


# Since when somebody is owner or co-owner without a break, and whom an owner stands in for: what
# the fold says, read back from the tenures that it made.
SENIORITY = """
WITH steps AS (
    SELECT id, group_id, account_id, period, began_event,
        lag(upper(period)) OVER person IS NOT DISTINCT FROM lower(period)
            AND lag(ended) OVER person IN ('SUCCEEDED', 'CHANGED_ROLE', 'TRANSFERRED')
            AS goes_on
    FROM groups_tenure WHERE role IN ('OWNER', 'CO_OWNER')
    WINDOW person AS (PARTITION BY group_id, account_id ORDER BY lower(period))
), stretches AS (
    SELECT steps.*, count(*) FILTER (WHERE NOT goes_on) OVER (
        PARTITION BY group_id, account_id ORDER BY lower(period)) AS stretch
    FROM steps
), begins AS (
    SELECT DISTINCT ON (group_id, account_id, stretch)
        group_id, account_id, stretch, lower(period) AS since, began_event
    FROM stretches ORDER BY group_id, account_id, stretch, lower(period)
), ranked AS (
    SELECT begins.*, row_number() OVER (
        PARTITION BY begins.group_id, begins.since
        ORDER BY event.sequence NULLS FIRST, begins.began_event) - 1 AS place
    FROM begins LEFT JOIN groups_roleevent event
        ON event.group_id = begins.group_id AND event.event_key = begins.began_event
)
UPDATE groups_tenure tenure SET senior_from = ranked.since, senior_place = ranked.place
FROM stretches JOIN ranked USING (group_id, account_id, stretch)
WHERE tenure.id = stretches.id
"""
STANDS_IN = """
WITH RECURSIVE standing_in AS (
    SELECT tenure.id, tenure.group_id, tenure.period, event.caused_by
    FROM groups_tenure tenure JOIN groups_roleevent event
        ON event.group_id = tenure.group_id AND event.event_key = tenure.began_event
    WHERE tenure.role = 'OWNER' AND tenure.began = 'SUCCEEDED' AND event.cause = 'DECISION'
    UNION
    SELECT next.id, next.group_id, next.period, last.caused_by
    FROM standing_in last
    JOIN groups_tenure next ON next.group_id = last.group_id AND next.role = 'OWNER'
        AND next.began = 'SUCCEEDED' AND lower(next.period) = upper(last.period)
    WHERE NOT EXISTS (
        SELECT FROM groups_roleevent event WHERE event.group_id = next.group_id
            AND event.event_key = next.began_event AND event.cause = 'DECISION')
)
UPDATE groups_tenure tenure SET stands_in_for = standing_in.caused_by
FROM standing_in WHERE tenure.id = standing_in.id
"""
ARCHIVED = """
UPDATE groups_group SET known_archived_at = archived_at WHERE archived_at < known_from
"""


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0002_tables'),
        ('groups', '0004_receipts_instead_of_event_keys'),
    ]

    operations = [
        migrations.AddField(
            model_name='group',
            name='known_archived_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='group',
            name='named_sequence',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='group',
            name='sized_sequence',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='tenure',
            name='senior_place',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='tenure',
            name='senior_from',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='tenure',
            name='stands_in_for',
            field=models.UUIDField(null=True),
        ),
        migrations.CreateModel(
            name='EarlyDeparture',
            fields=[
                ('id', models.UUIDField(default=portal.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('pair', models.UUIDField()),
                ('event_key', models.UUIDField()),
                ('event', portal.core.fields.EncryptedTextField()),
                ('received_at', models.DateTimeField()),
                ('platform', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.platform')),
            ],
            options={
                'indexes': [models.Index(fields=['platform', 'pair'], name='early_departure_of_a_pair'), models.Index(fields=['received_at'], name='early_departure_by_arrival')],
                'constraints': [models.UniqueConstraint(fields=('platform', 'event_key'), name='an_early_departure_waits_once')],
            },
        ),
        migrations.RunSQL(SENIORITY, migrations.RunSQL.noop),
        migrations.RunSQL(STANDS_IN, migrations.RunSQL.noop),
        migrations.RunSQL(ARCHIVED, migrations.RunSQL.noop),
    ]
