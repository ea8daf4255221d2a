"""The governance log in a real browser, in the admin and on the dashboard: looks and keyboard."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from groups.admin import log
from portal.core.admin import panels
from tests import signin
from tests.browser.test_dashboard import press, tab_to
from tests.factories.base import fixture_rows
from tests.factories.log import make_days, write
from tests.groups import place as places

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützensammlerfreunde International"
RIGHT_TO_LEFT = "مجموعة القراءة الطويلة جدا للكتب"


@pytest.fixture
def place():
    return places.make_place(name="Relay")


def test_the_log_reads_at_every_width_and_is_taken_out_by_keyboard(page_of, place, look):
    user = place.staff()
    signin.add_totp(user)
    page = page_of(user)
    with fixture_rows():
        type(place.group).objects.filter(pk=place.group.pk).update(name=LONG)
        type(place.owner).objects.filter(pk=place.owner.pk).update(display_name=RIGHT_TO_LEFT)
    now = timezone.now()
    make_days(at=now)
    for hours in range(1, 4):
        entry = write(
            place.group,
            occurred_at=now - timedelta(hours=hours),
            subject=place.owner,
            role="manager",
            reason="Posted the same link again and again, also after two warnings.",
            attributes={"name": RIGHT_TO_LEFT},
        )
    page.goto(reverse("admin:log"))
    expect(page.get_by_role("row")).to_have_count(4)
    look(page, "admin-log-events")
    with page.expect_download() as file:
        page.get_by_role("link", name="Download as NDJSON").press("Enter")
    assert file.value.suggested_filename.endswith(".ndjson")
    page.get_by_label("Group").fill("g-nowhere")
    page.get_by_role("button", name="Filter", exact=True).press("Enter")
    expect(page.locator("#content")).to_contain_text("There is no group with this id")
    look(page, "admin-log-errors")
    page.goto(log.address(entry))
    look(page, "admin-log-entry")
    page.goto(panels.page_of(place.owner))
    expect(page.get_by_role("heading", name="Log")).to_be_visible()
    look(page, "admin-account-with-log")


def test_the_log_of_a_group_is_filtered_by_keyboard(page_of, place, look):
    now = timezone.now()
    make_days(at=now)
    for hours in range(1, 31):
        write(
            place.group,
            occurred_at=now - timedelta(hours=hours),
            kind="member.banned" if hours == 30 else "role.granted",
            actor=place.owner,
            subject=place.member,
            role="manager",
            reason="نشر روابط احتيالية متكررة" if hours % 2 else "x" * 120,
            until=now + timedelta(days=9) if hours == 2 else None,
        )
    page = page_of(place.owner.user)
    page.goto(f"/groups/{place.group.pk}/")

    press(page, "Log")
    look(page, "dashboard-log")
    press(page, "Older")
    expect(page.get_by_role("cell", name="Member banned")).to_be_visible()
    press(page, "Newer")
    tab_to(page, "What happened (optional)")
    page.keyboard.type("Member banned")
    press(page, "Filter")
    expect(page.get_by_role("cell", name="Member banned")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(2)
    tab_to(page, "By or about (an account's id) (optional)")
    page.keyboard.type("p-nobody")
    press(page, "Filter")
    expect(page.get_by_text("Nothing fits the filter.")).to_be_visible()
    look(page, "dashboard-log-empty")
    press(page, "Show all")
    page.goto(f"/groups/{place.group.pk}/log/?since=yesterday&kind=x")
    expect(page.get_by_role("alert")).to_contain_text("Give “From” as a date and a time.")
    look(page, "dashboard-log-errors")
    page.goto(f"/groups/{place.group.pk}/log/")
    tab_to(page, "Download as CSV")
    with page.expect_download() as file:
        page.keyboard.press("Enter")
    assert file.value.suggested_filename.endswith("_group-g-owls.csv")
    assert Path(file.value.path()).read_text().count("\n") > 30
