import io

import pytest
from django.core.management import CommandError, call_command

from credit.models import Policy
from groups.models import NoticeTemplate, Rule
from portal.core.models import AuditEntry, Platform

pytestmark = pytest.mark.django_db


def add(*args):
    out = io.StringIO()
    call_command("add_platform", *args, stdout=out)
    return out.getvalue()


def test_a_new_platform_has_what_a_report_and_a_decision_need():
    said = add("relay", "Relay", "--language", "de")

    platform = Platform.objects.get()
    assert (platform.slug, platform.name, platform.language) == ("relay", "Relay", "de")
    assert Policy.objects.get(platform=platform).state == "ACTIVE"
    assert Rule.objects.filter(platform=platform, retired_at=None).count() == 8
    assert NoticeTemplate.objects.filter(platform=platform, kind="DECISION").exists()
    assert AuditEntry.objects.filter(action="platforms.create").count() == 1
    assert "first_administrator EMAIL --platform relay" in said


@pytest.mark.parametrize("slug", ["relay", "not a slug", "<b>"])
def test_a_known_or_unusable_short_name_is_refused(slug):
    add("relay", "Relay")

    with pytest.raises(CommandError):
        add(slug, "Another")

    assert Platform.objects.count() == 1
