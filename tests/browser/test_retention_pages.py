"""What keeps and deletes data, in a real browser: windows, holds, the watch page, the overview."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from groups.actions import events, partitions
from groups.models import Case, HeldLogEntry
from identity.roles import Role
from portal.core.actors import Actor
from portal.core.admin.panels import list_of, page_of
from portal.core.ids import uuid7
from portal.core.models import Hold, PurgeRun, WindowChange
from tests import signin
from tests.factories.base import fixture_rows
from tests.factories.core import HoldFactory, PlatformFactory, WindowChangeFactory
from tests.factories.events import granted
from tests.factories.groups import CaseFactory, GroupFactory
from tests.factories.identity import staff_user

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
SYSTEM = Actor.system("tests")


@pytest.fixture
def platform(transactional_db):
    return PlatformFactory()


@pytest.fixture
def administrator(platform, page_of):
    user = staff_user(platform, Role.ADMINISTRATOR)
    signin.add_totp(user)
    return page_of(user)


@pytest.fixture
def hold(platform):
    """A hold that is overdue, keeps old cases and has log rows that were copied for it."""
    at = timezone.now()
    group = GroupFactory(platform=platform)
    for days in (740, 800, 900):
        ended = {"decided_at": at - days * DAY, "closed_at": at - days * DAY}
        CaseFactory(platform=platform, group=group, state=Case.State.CLOSED, **ended)
    with fixture_rows():
        hold = HoldFactory(
            platform=platform,
            scope=Hold.Scope.GROUP,
            scope_id=group.pk,
            placed_by=staff_user(platform, Role.SENIOR).pk,
            placed_at=at - 90 * DAY,
            reviewed_at=at - 90 * DAY,
            review_at=at - 3 * DAY,
        )
        for number in range(5):
            HeldLogEntry.objects.create(
                hold=hold,
                platform_id=platform.pk,
                group_id=group.pk,
                occurred_at=at - (200 + number // 2) * DAY,
                event_key=uuid7(),
                row={"kind": "role.granted"},
                copied_at=at,
            )
    return hold


@pytest.fixture
def log(platform):
    """Twenty days of the log with more and fewer events."""
    at = timezone.now()
    for day in range(20):
        sent = [
            granted(f"p-{n}", "manager", time=at - day * DAY - n * timedelta(seconds=1))
            for n in range((day * 37) % 90)
        ]
        events.ingest(platform=platform, events=sent, by=SYSTEM, at=at)
    partitions.ensure(first=at.date(), last=at.date() + 7 * DAY, by=SYSTEM, at=at)


def test_the_pages_of_retention_have_no_serious_barrier(administrator, hold, log, look):
    WindowChangeFactory(approved_by=uuid7(), approved_at=timezone.now())
    change = WindowChangeFactory(data_class="evidence", days_before=61, days=90, floor=30)
    with fixture_rows():
        PurgeRun.objects.create(
            is_dry=False, as_of=timezone.now(), started_at=timezone.now(), run_by="tests"
        )
    for name, address in {
        "retention-watch": reverse("admin:retention"),
        "retention-windows": list_of(WindowChange),
        "retention-change": page_of(change),
        "retention-hold": page_of(hold),
        "retention-holds": list_of(Hold),
        "retention-overview": reverse("admin:index"),
    }.items():
        administrator.goto(address)
        expect(administrator.locator("#content")).to_be_visible()
        look(administrator, name)


def test_a_shorter_window_is_proposed_by_keyboard_after_a_look_at_its_effect(
    administrator, hold, look
):
    page = administrator
    page.goto(list_of(WindowChange))
    page.get_by_role("link", name="Propose another window").press("Enter")
    dialog = page.locator("#dialog")
    dialog.get_by_label("Data").select_option("closed cases")
    dialog.get_by_label("Keep for how many days").fill("400")
    dialog.get_by_label("Reason").fill("The officer asked.")
    dialog.get_by_role("button", name="Propose").press("Enter")

    expect(dialog).to_contain_text("deletes 0 rows of closed cases")
    look(page, "retention-propose")
    dialog.get_by_role("button", name="Propose").press("Enter")

    expect(page.locator("#main")).to_contain_text("A second person has to approve it.")
    assert WindowChange.objects.get().is_open


def test_a_hold_is_placed_from_the_list_and_released_after_a_look(administrator, hold, look):
    page = administrator
    page.goto(list_of(Hold))
    page.get_by_role("link", name="Place a hold").press("Enter")
    dialog = page.locator("#dialog")
    dialog.get_by_label("Covers").select_option("CASE")
    dialog.get_by_label("Reference or id").fill("C-999999999")
    dialog.get_by_label("Matter").fill("File 12/26")
    dialog.get_by_label("Reason").fill("A court asked.")
    dialog.get_by_label("Review by").fill((timezone.now() + 30 * DAY).date().isoformat())
    dialog.get_by_role("button", name="Place the hold").press("Enter")
    expect(dialog).to_contain_text("has this reference or id")
    look(page, "retention-place-refused")
    dialog.get_by_label("Covers").select_option("PLATFORM")
    dialog.get_by_role("button", name="Place the hold").press("Enter")
    expect(page.locator("#main")).to_contain_text("3 of closed cases")

    page.goto(page_of(hold))
    page.get_by_role("link", name="Release").press("Enter")
    expect(page.locator("#dialog")).to_contain_text("the next purge takes nothing of it")
    look(page, "retention-release")
