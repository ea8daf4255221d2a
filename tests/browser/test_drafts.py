"""What somebody is writing is still there after another button of the page was pressed."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import signin
from tests.groups.scene import make_scene

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_half_written_decision_outlives_a_note_and_a_claim(page_of):
    scene = make_scene()
    user = scene.staff("REVIEWER")
    signin.add_totp(user)
    page = page_of(user)
    page.route("**/viewing/", lambda route: route.fulfill(status=204))
    page.goto(reverse("admin:work_case", args=[scene.case.pk]))
    page.get_by_role("radio", name="Upheld, with measures").check()
    page.locator("#id_measures-0-kind").select_option("WARN")
    page.get_by_label("Facts").fill("Three members were asked for deposits.")

    page.get_by_label("Internal note").fill("Ask Rana.")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator("#main")).to_contain_text("Your note is in the timeline.")
    expect(page.get_by_label("Facts")).to_have_value("Three members were asked for deposits.")
    page.get_by_role("button", name="Claim").click()
    expect(page.locator("#content")).to_contain_text("Yours until")

    expect(page.get_by_label("Facts")).to_have_value("Three members were asked for deposits.")
    expect(page.get_by_role("radio", name="Upheld, with measures")).to_be_checked()
    expect(page.locator("#id_measures-0-kind")).to_have_value("WARN")
    expect(page.locator("[role=alert]")).to_have_count(0)
    page.get_by_label("Reasons").fill("The rule on scams forbids it.")
    page.get_by_role("button", name="See the effect").click()
    expect(page.get_by_role("dialog", name="What this decision does")).to_be_visible()
