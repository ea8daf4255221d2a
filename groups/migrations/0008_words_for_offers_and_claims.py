"""Give every platform the words for notices about offers and claims, as a new one gets them."""

from django.db import migrations
from django.utils import timezone

from groups import default_templates

KINDS = ("TRANSFER_OFFERED", "TRANSFER_ENDED", "CLAIM_ENDED", "TENURE_BEGAN")


def install(apps, editor):
    template = apps.get_model("groups", "NoticeTemplate")
    words = [each for each in default_templates.list_words() if each.kind in KINDS]
    for platform in apps.get_model("core", "Platform").objects.order_by("pk"):
        known = set(
            template.objects.filter(platform=platform, rule_code="").values_list(
                "kind", "measure_kind", "language"
            )
        )
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
            if (each.kind, each.measure_kind, each.language) not in known
        )


class Migration(migrations.Migration):
    dependencies = [("groups", "0007_take_transfers_back")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
