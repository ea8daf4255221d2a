"""A transfer may be taken back for a day; offers and claims are told of."""

import datetime
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('groups', '0006_seal_days_of_the_log'),
        ('identity', '0002_create_hold_reminders'),
    ]

    operations = [
        migrations.AddField(
            model_name='transfer',
            name='taken_back_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('CASE_OPENED', 'A report needs an answer'), ('CASE_ESCALATED', 'An answer is overdue'), ('DECISION', 'A decision was taken'), ('REPORT_RECEIVED', 'Your report was received'), ('REPORT_DECIDED', 'Your report was decided'), ('APPEAL_RECEIVED', 'Your appeal was received'), ('APPEAL_DECIDED', 'Your appeal was decided'), ('TENURE_ENDED', 'Your role ended'), ('TENURE_BEGAN', 'You became responsible'), ('TRANSFER_OFFERED', 'A group was offered to you'), ('TRANSFER_ENDED', 'What became of an offer'), ('CLAIM_ENDED', 'Your claim was answered'), ('VERIFICATION', 'About your verification')], max_length=16),
        ),
        migrations.AlterField(
            model_name='noticetemplate',
            name='kind',
            field=models.CharField(choices=[('CASE_OPENED', 'A report needs an answer'), ('CASE_ESCALATED', 'An answer is overdue'), ('DECISION', 'A decision was taken'), ('REPORT_RECEIVED', 'Your report was received'), ('REPORT_DECIDED', 'Your report was decided'), ('APPEAL_RECEIVED', 'Your appeal was received'), ('APPEAL_DECIDED', 'Your appeal was decided'), ('TENURE_ENDED', 'Your role ended'), ('TENURE_BEGAN', 'You became responsible'), ('TRANSFER_OFFERED', 'A group was offered to you'), ('TRANSFER_ENDED', 'What became of an offer'), ('CLAIM_ENDED', 'Your claim was answered'), ('VERIFICATION', 'About your verification')], max_length=16),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='transfer',
            trigger=pgtrigger.compiler.Trigger(name='a_transfer_is_taken_back_once', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF (OLD.taken_back_at IS NOT NULL) AND (OLD.taken_back_at, OLD.ended_at) IS DISTINCT FROM (NEW.taken_back_at, NEW.ended_at) THEN\n                RAISE EXCEPTION 'a_transfer_is_taken_back_once'\n                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_transfer_is_taken_back_once';\n            END IF;\n            RETURN NEW;\n        ", hash='7e3c27be120615f673bb311981d9b2d9104279f8', operation='UPDATE', pgid='pgtrigger_a_transfer_is_taken_back_once_0e964', table='groups_transfer', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('taken_back_at__isnull', True), models.Q(('state', 'ACCEPTED'), ('taken_back_at__gte', models.F('ended_at')), ('taken_back_at__lt', django.db.models.expressions.CombinedExpression(models.F('ended_at'), '+', models.Value(datetime.timedelta(days=1))))), _connector='OR'), name='an_accepted_transfer_is_taken_back_within_a_day'),
        ),
    ]
