"""A day of the log that has left the window is counted once, before it is dropped."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('groups', '0005_seniority_and_early_departures'),
    ]

    operations = [
        migrations.CreateModel(
            name='SealedDay',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('rows', models.PositiveBigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('sealed_at', models.DateTimeField()),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='sealedday',
            trigger=pgtrigger.compiler.Trigger(name='a_seal_stays_as_it_was_made', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF (TRUE) AND (OLD.day, OLD.rows, OLD.sha256) IS DISTINCT FROM (NEW.day, NEW.rows, NEW.sha256) THEN\n                RAISE EXCEPTION 'a_seal_stays_as_it_was_made'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_seal_stays_as_it_was_made';\n            END IF;\n            RETURN NEW;\n        ", hash='0380423ef82d1c0997dc143c083583eeaab162dd', operation='UPDATE', pgid='pgtrigger_a_seal_stays_as_it_was_made_e1426', table='groups_sealedday', when='BEFORE')),
        ),
    ]
