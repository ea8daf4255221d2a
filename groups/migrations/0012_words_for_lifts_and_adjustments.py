from django.db import migrations, models
from django.utils import timezone

from groups import default_templates

KINDS = ("SANCTION_LIFTED", "ADJUSTMENT")


def install(apps, editor):
    """Give every platform the words for the new notices, as a new platform gets them."""
    template = apps.get_model("groups", "NoticeTemplate")
    words = [each for each in default_templates.list_words() if each.kind in KINDS]
    for platform in apps.get_model("core", "Platform").objects.order_by("pk"):
        template.objects.bulk_create(
            (
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
            ),
            ignore_conflicts=True,
        )


class Migration(migrations.Migration):

    dependencies = [
        ('groups', '0011_tenures_of_a_pair_never_overlap'),
    ]

    operations = [
        migrations.AlterField(
            model_name='caseentry',
            name='kind',
            field=models.CharField(choices=[('OPENED', 'Opened'), ('FLAGGED', 'Reported again'), ('ANSWERED', 'Answered by the group'), ('NOTE', 'Internal note'), ('CLAIMED', 'Claimed'), ('RELEASED', 'Released'), ('ESCALATED', 'Escalated'), ('PROPOSED', 'Decision waits for a second person'), ('RETURNED', 'Decision returned by the second person'), ('DECIDED', 'Decided'), ('APPEALED', 'Appealed'), ('APPEAL_DECIDED', 'Appeal decided'), ('LIFTED', 'Sanction lifted early'), ('CLOSED', 'Closed')], max_length=14),
        ),
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('CASE_OPENED', 'A report needs an answer'), ('CASE_ESCALATED', 'An answer is overdue'), ('DECISION', 'A decision was taken'), ('REPORT_RECEIVED', 'Your report was received'), ('REPORT_DECIDED', 'Your report was decided'), ('APPEAL_RECEIVED', 'Your appeal was received'), ('APPEAL_DECIDED', 'Your appeal was decided'), ('TENURE_ENDED', 'Your role ended'), ('TENURE_BEGAN', 'You became responsible'), ('TRANSFER_OFFERED', 'A group was offered to you'), ('TRANSFER_ENDED', 'What became of an offer'), ('CLAIM_ENDED', 'Your claim was answered'), ('VERIFICATION', 'About your verification'), ('OWNERLESS', 'A group has no owner'), ('AT_RISK', 'A group of yours is at risk'), ('DUTIES', 'Duties to acknowledge'), ('DELEGATION', 'Answering reports'), ('SANCTION_LIFTED', 'A restriction was lifted early'), ('ADJUSTMENT', 'Points were given back')], max_length=16),
        ),
        migrations.AlterField(
            model_name='noticetemplate',
            name='kind',
            field=models.CharField(choices=[('CASE_OPENED', 'A report needs an answer'), ('CASE_ESCALATED', 'An answer is overdue'), ('DECISION', 'A decision was taken'), ('REPORT_RECEIVED', 'Your report was received'), ('REPORT_DECIDED', 'Your report was decided'), ('APPEAL_RECEIVED', 'Your appeal was received'), ('APPEAL_DECIDED', 'Your appeal was decided'), ('TENURE_ENDED', 'Your role ended'), ('TENURE_BEGAN', 'You became responsible'), ('TRANSFER_OFFERED', 'A group was offered to you'), ('TRANSFER_ENDED', 'What became of an offer'), ('CLAIM_ENDED', 'Your claim was answered'), ('VERIFICATION', 'About your verification'), ('OWNERLESS', 'A group has no owner'), ('AT_RISK', 'A group of yours is at risk'), ('DUTIES', 'Duties to acknowledge'), ('DELEGATION', 'Answering reports'), ('SANCTION_LIFTED', 'A restriction was lifted early'), ('ADJUSTMENT', 'Points were given back')], max_length=16),
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
