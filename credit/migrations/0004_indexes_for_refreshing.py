from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False
    dependencies = [
        ('credit', '0003_policies_are_simulated'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='ledgerentry',
            index=models.Index(fields=['account'], include=('effective_at', 'expires_at', 'points'), name='ledger_folds_by_account'),
        ),
        AddIndexConcurrently(
            model_name='standing',
            index=models.Index(fields=['policy', 'account'], name='standing_by_policy'),
        ),
    ]
