import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('credit', '0006_points_that_come_back'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='standing',
            name='a_standing_stays_with_its_account',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='standing',
            trigger=pgtrigger.compiler.Trigger(name='a_standing_stays_with_its_account', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."account_id" IS DISTINCT FROM (NEW."account_id") OR OLD."platform_id" IS DISTINCT FROM (NEW."platform_id"))', func="\n                    RAISE EXCEPTION 'a_standing_stays_with_its_account'\n                        USING ERRCODE = 'integrity_constraint_violation',\n                              CONSTRAINT = 'a_standing_stays_with_its_account';\n                ", hash='13d5967ac4e04a0ecb17e9380da85c6f9ebe8fee', operation='UPDATE OF "account_id", "platform_id"', pgid='pgtrigger_a_standing_stays_with_its_account_6dab0', table='credit_standing', when='BEFORE')),
        ),
    ]
