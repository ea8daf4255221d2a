"""A purge can wait for a worker, and a certificate keeps the key it was signed with."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from portal.core import signing


def keep_our_key(apps, schema_editor):
    """Certificates signed with the key of today carry it; what signed others is not known here."""
    key = signing.public_key_bytes()
    with schema_editor.connection.cursor() as cursor:
        # The guard against changes sleeps in this transaction, for a column that was not there.
        cursor.execute("ALTER TABLE core_purgecertificate DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE core_purgecertificate SET public_key = %s WHERE key_id = %s",
            [key.hex(), signing.key_id_of(key)],
        )
        cursor.execute("ALTER TABLE core_purgecertificate ENABLE TRIGGER USER")


def drop_what_waits(apps, schema_editor):
    apps.get_model("core", "PurgeRun").objects.filter(state="WAITING").delete()


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0002_tables'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='purgerun',
            name='purge_run_moves_forward_only',
        ),
        migrations.RemoveConstraint(
            model_name='purgerun',
            name='purge_run_ends_when_it_finishes',
        ),
        migrations.AddField(
            model_name='purgecertificate',
            name='public_key',
            field=models.CharField(default='', max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='purgerun',
            name='follows',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followed_by', to='core.purgerun'),
        ),
        migrations.AddField(
            model_name='purgerun',
            name='run_by_user',
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name='purgerun',
            name='started_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='purgerun',
            name='state',
            field=models.CharField(choices=[('WAITING', 'Waiting'), ('RUNNING', 'Running'), ('DONE', 'Done'), ('FAILED', 'Interrupted')], default='RUNNING', max_length=8),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='purgerun',
            trigger=pgtrigger.compiler.Trigger(name='purge_run_moves_forward_only', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state"))', func="\n            IF (OLD.state, NEW.state) NOT IN (('WAITING', 'RUNNING'), ('RUNNING', 'DONE'), ('RUNNING', 'FAILED')) THEN\n                RAISE EXCEPTION 'purge_run_moves_forward_only: % to %', OLD.state, NEW.state\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'purge_run_moves_forward_only';\n            END IF;\n            RETURN NEW;\n        ", hash='0f7aaed657f3dc3fefbfd68ac25f8c4a1c308c2d', operation='UPDATE OF "state"', pgid='pgtrigger_purge_run_moves_forward_only_15bf4', table='core_purgerun', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='purgerun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('state__in', ['WAITING', 'RUNNING'])), models.Q(('finished_at__isnull', False), ('state__in', ['DONE', 'FAILED'])), _connector='OR'), name='purge_run_ends_when_it_finishes'),
        ),
        migrations.AddConstraint(
            model_name='purgerun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('started_at__isnull', True), ('state', 'WAITING')), models.Q(models.Q(('state', 'WAITING'), _negated=True), ('started_at__isnull', False)), _connector='OR'), name='a_purge_that_waits_has_not_started'),
        ),
        migrations.AddConstraint(
            model_name='purgerun',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'WAITING')), fields=('state',), name='one_purge_waits_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='purgerun',
            constraint=models.CheckConstraint(condition=models.Q(('follows__isnull', True), ('is_dry', False), _connector='OR'), name='only_a_real_purge_follows_a_dry_run'),
        ),
        migrations.RunPython(keep_our_key, migrations.RunPython.noop),
        migrations.RunPython(migrations.RunPython.noop, drop_what_waits),
    ]
