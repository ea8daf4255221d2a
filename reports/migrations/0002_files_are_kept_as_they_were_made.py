"""Every file of a report is kept as it was made, so that its digest holds for good."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0002_tables'),
        ('reports', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='reportrun',
            name='a_finished_report_is_frozen',
        ),
        migrations.RemoveConstraint(
            model_name='reportrun',
            name='a_finished_report_has_figures_and_digests',
        ),
        migrations.AddField(
            model_name='reportrun',
            name='csv',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='reportrun',
            name='json',
            field=models.BinaryField(null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reportrun',
            trigger=pgtrigger.compiler.Trigger(name='a_finished_report_is_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF (OLD.state = 'DONE') AND (OLD.figures, OLD.as_of, OLD.json, OLD.csv, OLD.pdf, OLD.json_sha256, OLD.csv_sha256, OLD.pdf_sha256) IS DISTINCT FROM (NEW.figures, NEW.as_of, NEW.json, NEW.csv, NEW.pdf, NEW.json_sha256, NEW.csv_sha256, NEW.pdf_sha256) THEN\n                RAISE EXCEPTION 'a_finished_report_is_frozen'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_finished_report_is_frozen';\n            END IF;\n            RETURN NEW;\n        ", hash='e2537f3127a802e9b36898dbcc53113f2d41ea63', operation='UPDATE', pgid='pgtrigger_a_finished_report_is_frozen_ba9ce', table='reports_reportrun', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='reportrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'DONE'), _negated=True), models.Q(('figures__isnull', False), ('finished_at__isnull', False), ('csv__isnull', False), ('json__isnull', False), ('pdf__isnull', False), models.Q(('json_sha256', ''), _negated=True), models.Q(('csv_sha256', ''), _negated=True), models.Q(('pdf_sha256', ''), _negated=True)), _connector='OR'), name='a_finished_report_has_figures_files_and_digests'),
        ),
    ]
