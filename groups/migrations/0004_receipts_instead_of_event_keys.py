"""A batch of events leaves a receipt; the log's own key tells what is new."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import portal.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0002_tables'),
        ('groups', '0003_log_at_the_speed_of_copy'),
    ]

    operations = [
        migrations.CreateModel(
            name='EventReceipt',
            fields=[
                ('id', models.UUIDField(default=portal.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('received_at', models.DateTimeField()),
                ('accepted', models.PositiveIntegerField()),
                ('duplicate', models.PositiveIntegerField()),
                ('refused', models.PositiveIntegerField()),
                ('runs', models.JSONField()),
                ('platform', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='core.platform')),
            ],
        ),
        migrations.DeleteModel(
            name='EventKey',
        ),
        migrations.AddIndex(
            model_name='eventreceipt',
            index=models.Index(fields=['received_at'], name='event_receipts_by_age'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='eventreceipt',
            trigger=pgtrigger.compiler.Trigger(name='event_receipt_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                IF TG_OP = 'DELETE' AND current_setting('accord.purging', true) = 'on' THEN\n                    RETURN OLD;\n                END IF;\n                RAISE EXCEPTION 'event_receipt_is_append_only: rows are added, never changed'\n                    USING ERRCODE = 'integrity_constraint_violation',\n                          CONSTRAINT = 'event_receipt_is_append_only';\n            ", hash='65b42f3f666de25b660b702717443e3fb06e6607', operation='UPDATE OR DELETE', pgid='pgtrigger_event_receipt_is_append_only_26630', table='groups_eventreceipt', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='eventreceipt',
            trigger=pgtrigger.compiler.Trigger(name='event_receipt_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                RAISE EXCEPTION 'event_receipt_is_never_truncated: rows are added, never changed'\n                    USING ERRCODE = 'integrity_constraint_violation',\n                          CONSTRAINT = 'event_receipt_is_never_truncated';\n            ", hash='d074b606edcca7c00c5190ae46e15371b2c3e44f', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_event_receipt_is_never_truncated_5b69d', table='groups_eventreceipt', when='BEFORE')),
        ),
    ]
