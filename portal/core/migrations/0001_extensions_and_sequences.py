"""What later tables stand on: GiST over scalars, and the numbers people quote."""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


def sequence(name: str, first: int) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE SEQUENCE {name} START {first}", reverse_sql=f"DROP SEQUENCE {name}"
    )


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        BtreeGistExtension(),
        sequence("core_hold_number", 101),
        sequence("core_certificate_number", 101),
        sequence("groups_case_number", 24001),
        sequence("groups_decision_number", 5001),
        sequence("groups_appeal_number", 801),
    ]
