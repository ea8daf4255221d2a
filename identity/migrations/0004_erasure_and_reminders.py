from django.db import migrations, models

# Nobody is told anew of what was decided before there were these notices.
TOLD = """
UPDATE identity_verificationrequest SET told_at = COALESCE(decided_at, due_at)
WHERE state IN ('APPROVED', 'DECLINED', 'EXPIRED');
UPDATE identity_verification SET revocation_told_at = revoked_at WHERE revoked_at IS NOT NULL;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0004_create_window_changes'),
        ('identity', '0003_requests_are_taken_and_appealed'),
    ]

    operations = [
        migrations.AddField(
            model_name='account',
            name='erased_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='verification',
            name='reminded_days',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='verification',
            name='revocation_told_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='verificationrequest',
            name='told_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(TOLD, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='verification',
            index=models.Index(condition=models.Q(('expiry_noted_at', None), ('revoked_at', None)), fields=['expires_at'], name='verification_to_expire'),
        ),
        migrations.AddIndex(
            model_name='verificationrequest',
            index=models.Index(condition=models.Q(('state__in', ['APPROVED', 'DECLINED', 'EXPIRED']), ('told_at', None)), fields=['due_at'], name='verification_outcome_untold'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('erased_at', None), models.Q(('display_name', ''), ('user', None)), _connector='OR'), name='an_erased_account_has_no_name_and_no_person'),
        ),
        migrations.AddIndex(
            model_name='verification',
            index=models.Index(condition=models.Q(('revocation_told_at', None), ('revoked_at__isnull', False)), fields=['revoked_at'], name='verification_revoked_untold'),
        ),
    ]
