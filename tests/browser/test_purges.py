"""A person starts a dry run, reads it, starts the purge from it and holds its certificate."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from groups.models import Case
from identity.roles import Role
from portal.core import tasks
from portal.core.admin import panels
from portal.core.models import Hold, PurgeCertificate, PurgeRun
from tests import signin
from tests.factories.core import HoldFactory
from tests.factories.groups import CaseFactory, FlagFactory
from tests.factories.identity import staff_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_dry_run_leads_to_the_purge_and_its_certificate(platform, page_of, look, tmp_path):
    long_ago = timezone.now() - timedelta(days=800)
    closed = {"state": "CLOSED", "opened_at": long_ago, "decided_at": long_ago}
    cases = [CaseFactory(platform=platform, closed_at=long_ago, **closed) for _ in range(3)]
    for case in cases:
        FlagFactory(case=case)
    HoldFactory(platform=platform, scope=Hold.Scope.CASE, scope_id=cases[0].pk)
    user = staff_user(platform, Role.ADMINISTRATOR)
    signin.add_totp(user)
    page = page_of(user)

    page.goto(panels.list_of(PurgeRun))
    page.get_by_role("button", name="Start a dry run").or_(
        page.get_by_role("link", name="Start a dry run")
    ).first.click()
    page.get_by_role("button", name="Start the dry run").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    look(page, "purge-waiting")
    tasks.run_waiting_purges()
    expect(page.get_by_text("What would go, and why the rest stays")).to_be_visible()
    assert Case.objects.count() == 3
    look(page, "purge-dry-run")

    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("link", name="Purge what it shows").or_(
        page.get_by_role("button", name="Purge what it shows")
    ).first.click()
    look(page, "purge-dialog")
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    tasks.run_waiting_purges()
    expect(page.get_by_text("What was deleted")).to_be_visible()
    assert list(Case.objects.all()) == [cases[0]]
    run, dry_run = PurgeRun.objects.get(is_dry=False), PurgeRun.objects.get(is_dry=True)
    assert (run.follows, run.as_of, run.run_by_user) == (dry_run, dry_run.as_of, user.pk)
    look(page, "purge-run")
    page.goto(panels.list_of(PurgeRun))
    look(page, "purge-runs")

    page.goto(panels.page_of(PurgeCertificate.objects.get()))
    look(page, "purge-certificate")
    for form in ("PDF", "JSON"):
        with page.expect_download() as download:
            page.get_by_role("link", name=form, exact=True).click()
        file = Path(os.environ.get("ACCORD_SCREENSHOTS", tmp_path)) / f"certificate.{form.lower()}"
        download.value.save_as(file)
        call_command("verify_certificate", str(file))
    page.goto(reverse("certificate_keys"))
    look(page, "certificate-keys")
