"""A person starts a dry run, reads it, starts the purge from it and holds its certificate."""

import os
import re
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
from portal.core.actions import purge
from portal.core.actors import Actor
from portal.core.admin import panels
from portal.core.admin.purges import name_of
from portal.core.models import Hold, PurgeCertificate, PurgeRun
from tests import signin
from tests.browser.keyboard import tab_to
from tests.factories.core import HoldFactory
from tests.factories.groups import CaseFactory, FlagFactory
from tests.factories.identity import staff_user

pytestmark = pytest.mark.django_db(transaction=True)

# What a screen reader is told; a page that is loaded again forgets it.
HEAR = """() => {
    window.heard = [];
    const said = document.getElementById("said");
    const hear = () => window.heard.push(said.textContent);
    new MutationObserver(hear).observe(said, { childList: true });
}"""
WIDE = {"viewport": {"width": 1280, "height": 900}}


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
    page.evaluate(HEAR)
    tasks.run_waiting_purges()
    expect(page.get_by_text("What would go, and why the rest stays")).to_be_visible()
    done = "The dry run is done. What would go is on this page."
    assert page.evaluate("window.heard").count(done) == 1
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


@pytest.fixture
def waiting(platform, page_of_user):
    """The page of a purge that waits for a worker."""
    user = staff_user(platform, Role.ADMINISTRATOR)
    by, at = Actor.user(user), timezone.now() - timedelta(days=2)
    dry_run = purge.run(by=by, at=at, dry=True)
    page = page_of_user(user, **WIDE)
    page.goto(panels.page_of(purge.request(dry_run=dry_run, by=by, at=timezone.now())))
    page.evaluate(HEAR)
    return page


def test_the_end_of_a_purge_is_said_once_and_leaves_the_focus_where_it_is(waiting):
    dry_run, run = PurgeRun.objects.order_by("pk")
    tab_to(waiting, name_of(dry_run))
    expect(waiting.locator("h1")).to_contain_text(name_of(run))

    tasks.run_waiting_purges()

    reference = PurgeCertificate.objects.get().reference
    expect(waiting.get_by_role("link", name=reference)).to_be_visible()
    expect(waiting.get_by_role("link", name=name_of(dry_run))).to_be_focused()
    run.refresh_from_db()
    expect(waiting.locator("h1")).to_contain_text(name_of(run))
    expect(waiting.get_by_text("Done", exact=True)).to_be_visible()
    expect(waiting.get_by_text("Waiting for a worker")).to_have_count(0)
    done = "The purge is done. What it deleted is on this page."
    assert waiting.evaluate("window.heard").count(done) == 1


def test_a_focus_outside_of_what_a_purge_changes_is_not_touched(waiting):
    tab_to(waiting, "Purge runs")

    tasks.run_waiting_purges()

    expect(waiting.get_by_role("heading", name="What was deleted")).to_be_visible()
    expect(waiting.locator(":focus")).to_have_text(re.compile("Purge runs"))


def test_how_far_a_purge_is_is_shown_and_not_said(waiting, look):
    run = PurgeRun.objects.get(state="WAITING")
    waiting.get_by_role("heading", name="Waiting for a worker").evaluate(
        "heading => { heading.tabIndex = -1; heading.focus(); }"
    )
    line = {"class": "cases", "due": 9, "deleted": 4}
    under_way = PurgeRun.objects.filter(pk=run.pk)
    under_way.update(state="RUNNING", started_at=timezone.now(), plan=[line])

    expect(waiting.get_by_text("4 rows deleted so far")).to_be_visible()
    expect(waiting.get_by_role("heading", name="Under way")).to_be_focused()
    expect(waiting.get_by_role("heading", name="What was deleted")).to_have_count(0)
    look(waiting, "purge-under-way")
    under_way.update(plan=[line | {"deleted": 7}])

    expect(waiting.get_by_text("7 rows deleted so far")).to_be_visible()
    expect(waiting.get_by_role("heading", name="Under way")).to_be_focused()
    assert waiting.evaluate("window.heard") == ["The purge is under way."]
