"""A report that was not made is tried again; what was made, published or sent stays as it was."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0002_tables'),
        ('reports', '0002_files_are_kept_as_they_were_made'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='reportrun',
            name='report_run_moves_forward_only',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='reportrun',
            name='a_finished_report_is_frozen',
        ),
        migrations.RemoveConstraint(
            model_name='reportrun',
            name='a_report_version_is_made_once',
        ),
        migrations.AddField(
            model_name='reportrun',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dsastatement',
            trigger=pgtrigger.compiler.Trigger(name='a_statement_is_reviewed_once', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF (OLD.reviewed_at IS NOT NULL) AND (OLD.reviewed_by, OLD.reviewed_at) IS DISTINCT FROM (NEW.reviewed_by, NEW.reviewed_at) THEN\n                RAISE EXCEPTION 'a_statement_is_reviewed_once'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_statement_is_reviewed_once';\n            END IF;\n            RETURN NEW;\n        ", hash='4b3d373e5f65529f318dea1d79dd74b47d5ed8c6', operation='UPDATE', pgid='pgtrigger_a_statement_is_reviewed_once_7afe9', table='reports_dsastatement', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dsastatement',
            trigger=pgtrigger.compiler.Trigger(name='a_statement_is_sent_once', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF (OLD.sent_at IS NOT NULL) AND (OLD.sent_at) IS DISTINCT FROM (NEW.sent_at) THEN\n                RAISE EXCEPTION 'a_statement_is_sent_once'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_statement_is_sent_once';\n            END IF;\n            RETURN NEW;\n        ", hash='88ef9b5eb4db511c0ab8c1aac93900aff33ecd0e', operation='UPDATE', pgid='pgtrigger_a_statement_is_sent_once_7e2d4', table='reports_dsastatement', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dsastatement',
            trigger=pgtrigger.compiler.Trigger(name='a_statement_is_deleted_by_the_purge_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF current_setting('accord.purging', true) = 'on' THEN RETURN OLD; END IF;\n            RAISE EXCEPTION 'a_statement_is_deleted_by_the_purge_only'\n                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_statement_is_deleted_by_the_purge_only';\n        ", hash='2c4881089d4d5f3a1a11358f5d9029cd37545323', operation='DELETE', pgid='pgtrigger_a_statement_is_deleted_by_the_purge_only_a26ac', table='reports_dsastatement', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reportrun',
            trigger=pgtrigger.compiler.Trigger(name='a_report_moves_by_legal_steps', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state"))', func="\n            IF (OLD.state, NEW.state) NOT IN (('WAITING', 'RUNNING'), ('RUNNING', 'WAITING'), ('RUNNING', 'DONE'), ('RUNNING', 'FAILED')) THEN\n                RAISE EXCEPTION 'a_report_moves_by_legal_steps: % to %', OLD.state, NEW.state\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_report_moves_by_legal_steps';\n            END IF;\n            RETURN NEW;\n        ", hash='ef2f1861a8d1bd6c34ddea3e91e0ebc87215d5bd', operation='UPDATE OF "state"', pgid='pgtrigger_a_report_moves_by_legal_steps_7ee76', table='reports_reportrun', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reportrun',
            trigger=pgtrigger.compiler.Trigger(name='a_finished_report_is_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF (OLD.state = 'DONE') AND (OLD.platform_id, OLD.kind, OLD.period_from, OLD.period_to, OLD.as_of, OLD.version, OLD.correction_note, OLD.requested_at, OLD.finished_at, OLD.figures, OLD.json, OLD.csv, OLD.pdf, OLD.json_sha256, OLD.csv_sha256, OLD.pdf_sha256) IS DISTINCT FROM (NEW.platform_id, NEW.kind, NEW.period_from, NEW.period_to, NEW.as_of, NEW.version, NEW.correction_note, NEW.requested_at, NEW.finished_at, NEW.figures, NEW.json, NEW.csv, NEW.pdf, NEW.json_sha256, NEW.csv_sha256, NEW.pdf_sha256) THEN\n                RAISE EXCEPTION 'a_finished_report_is_frozen'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_finished_report_is_frozen';\n            END IF;\n            RETURN NEW;\n        ", hash='9b21ccf6e0f981a66f745847c8a35e044ef364fa', operation='UPDATE', pgid='pgtrigger_a_finished_report_is_frozen_ba9ce', table='reports_reportrun', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reportrun',
            trigger=pgtrigger.compiler.Trigger(name='a_published_report_stays_published', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF (OLD.published_at IS NOT NULL) AND (OLD.published_at) IS DISTINCT FROM (NEW.published_at) THEN\n                RAISE EXCEPTION 'a_published_report_stays_published'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_published_report_stays_published';\n            END IF;\n            RETURN NEW;\n        ", hash='ed7b9e726723cc017e81688bf4d499e6e85426d3', operation='UPDATE', pgid='pgtrigger_a_published_report_stays_published_a0360', table='reports_reportrun', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reportrun',
            trigger=pgtrigger.compiler.Trigger(name='a_report_is_deleted_by_the_purge_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF current_setting('accord.purging', true) = 'on' THEN RETURN OLD; END IF;\n            RAISE EXCEPTION 'a_report_is_deleted_by_the_purge_only'\n                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_report_is_deleted_by_the_purge_only';\n        ", hash='cda6bb3f1d2578d09ff740463158cdde54e9f779', operation='DELETE', pgid='pgtrigger_a_report_is_deleted_by_the_purge_only_63530', table='reports_reportrun', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='dsastatement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reviewed_at__isnull', True), ('reviewed_by__isnull', True)), models.Q(('reviewed_at__isnull', False), ('reviewed_by__isnull', False)), _connector='OR'), name='a_review_of_a_statement_says_who_and_when'),
        ),
        migrations.AddConstraint(
            model_name='reportrun',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'FAILED'), _negated=True), fields=('platform', 'kind', 'period_from', 'period_to', 'version'), name='a_report_version_is_made_once'),
        ),
        migrations.AddConstraint(
            model_name='reportrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('version', 1), _negated=True), ('correction_note', ''), _connector='OR'), name='a_first_version_corrects_nothing'),
        ),
        migrations.AddConstraint(
            model_name='reportrun',
            constraint=models.CheckConstraint(condition=models.Q(('published_at__isnull', True), ('state', 'DONE'), _connector='OR'), name='a_report_is_finished_before_it_is_published'),
        ),
    ]
