import django.db.models.deletion
import portal.core.ids
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

from groups import default_templates

KINDS = ("OWNERLESS", "AT_RISK", "DUTIES", "DELEGATION")


def install(apps, editor):
    """Give every platform the words for the new notices, as a new platform gets them."""
    template = apps.get_model("groups", "NoticeTemplate")
    words = [each for each in default_templates.list_words() if each.kind in KINDS]
    for platform in apps.get_model("core", "Platform").objects.order_by("pk"):
        template.objects.bulk_create(
            template(
                platform=platform,
                kind=each.kind,
                measure_kind=each.measure_kind,
                language=each.language,
                version=1,
                subject=each.subject,
                body=each.body,
                published_at=timezone.now(),
            )
            for each in words
        )


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0004_create_window_changes'),
        ('groups', '0008_words_for_offers_and_claims'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnerlessStep',
            fields=[
                ('id', models.UUIDField(default=portal.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('INVITED', 'Managers were invited to claim it'), ('REMINDED_WEEK', 'Managers were reminded a week before'), ('REMINDED_DAY', 'Managers were reminded a day before'), ('FROZEN', 'Frozen, because nobody claimed it'), ('CLOSED', 'Closed, because still nobody claimed it'), ('REOPENED', 'Staff gave it more time')], max_length=13)),
                ('due_at', models.DateTimeField()),
                ('at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='group',
            name='a_frozen_group_says_since_when',
        ),
        migrations.RemoveConstraint(
            model_name='group',
            name='a_closed_group_says_since_when',
        ),
        migrations.AddField(
            model_name='group',
            name='at_risk_from',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='group',
            name='unclaimed_closed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='group',
            name='unclaimed_frozen_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('CASE_OPENED', 'A report needs an answer'), ('CASE_ESCALATED', 'An answer is overdue'), ('DECISION', 'A decision was taken'), ('REPORT_RECEIVED', 'Your report was received'), ('REPORT_DECIDED', 'Your report was decided'), ('APPEAL_RECEIVED', 'Your appeal was received'), ('APPEAL_DECIDED', 'Your appeal was decided'), ('TENURE_ENDED', 'Your role ended'), ('TENURE_BEGAN', 'You became responsible'), ('TRANSFER_OFFERED', 'A group was offered to you'), ('TRANSFER_ENDED', 'What became of an offer'), ('CLAIM_ENDED', 'Your claim was answered'), ('VERIFICATION', 'About your verification'), ('OWNERLESS', 'A group has no owner'), ('AT_RISK', 'A group of yours is at risk'), ('DUTIES', 'Duties to acknowledge'), ('DELEGATION', 'Answering reports')], max_length=16),
        ),
        migrations.AlterField(
            model_name='noticetemplate',
            name='kind',
            field=models.CharField(choices=[('CASE_OPENED', 'A report needs an answer'), ('CASE_ESCALATED', 'An answer is overdue'), ('DECISION', 'A decision was taken'), ('REPORT_RECEIVED', 'Your report was received'), ('REPORT_DECIDED', 'Your report was decided'), ('APPEAL_RECEIVED', 'Your appeal was received'), ('APPEAL_DECIDED', 'Your appeal was decided'), ('TENURE_ENDED', 'Your role ended'), ('TENURE_BEGAN', 'You became responsible'), ('TRANSFER_OFFERED', 'A group was offered to you'), ('TRANSFER_ENDED', 'What became of an offer'), ('CLAIM_ENDED', 'Your claim was answered'), ('VERIFICATION', 'About your verification'), ('OWNERLESS', 'A group has no owner'), ('AT_RISK', 'A group of yours is at risk'), ('DUTIES', 'Duties to acknowledge'), ('DELEGATION', 'Answering reports')], max_length=16),
        ),
        migrations.AddIndex(
            model_name='group',
            index=models.Index(condition=models.Q(('claim_due_at__isnull', False)), fields=['claim_due_at'], name='group_claim_due'),
        ),
        migrations.AddConstraint(
            model_name='group',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'FROZEN'), _negated=True), ('frozen_at__isnull', False), models.Q(('claim_due_at__isnull', False), ('unclaimed_frozen_at__isnull', False)), _connector='OR'), name='a_frozen_group_says_since_when'),
        ),
        migrations.AddConstraint(
            model_name='group',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'CLOSED'), _negated=True), ('closed_at__isnull', False), ('archived_at__isnull', False), ('unclaimed_closed_at__isnull', False), _connector='OR'), name='a_closed_group_says_since_when'),
        ),
        migrations.AddField(
            model_name='ownerlessstep',
            name='by_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='ownerlessstep',
            name='group',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ownerless_steps', to='groups.group'),
        ),
        migrations.AddConstraint(
            model_name='ownerlessstep',
            constraint=models.UniqueConstraint(fields=('group', 'kind', 'due_at'), name='an_ownerless_group_takes_a_step_once_per_deadline'),
        ),
        migrations.AddConstraint(
            model_name='ownerlessstep',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('by_user__isnull', False), ('kind', 'REOPENED'), models.Q(('reason', ''), _negated=True)), models.Q(models.Q(('kind', 'REOPENED'), _negated=True), ('by_user__isnull', True), ('reason', '')), _connector='OR'), name='more_time_is_given_by_somebody_for_a_reason'),
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
