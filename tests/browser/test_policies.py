"""A policy's way from a draft into effect, by keyboard alone, and what its pages look like."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from credit.actions import policies, simulations
from credit.models import Adjustment, Policy, Standing
from groups.tasks import run_simulations
from identity.models import Account
from portal.core.actors import Actor
from portal.core.admin.panels import list_of, page_of
from tests.browser.keyboard import open_dialog, press, tab_to, write
from tests.credit import findings
from tests.credit.documents import giving
from tests.factories.core import PlatformFactory
from tests.factories.credit import PolicyFactory
from tests.factories.groups import GroupFactory, TenureFactory
from tests.factories.identity import AccountFactory, staff_user

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützensammlerfreunde International"


@pytest.fixture
def platform(transactional_db):
    """People on every level, some with large groups, under the policy that is in effect."""
    at = timezone.now()
    platform = PlatformFactory(name="Relay", created_at=at - 500 * DAY)
    PolicyFactory(
        platform=platform, version=1, active_from=at - 400 * DAY, document=giving(HIGH=120)
    )
    people = [
        AccountFactory(
            platform=platform,
            display_name=name,
            created_at=at - days * DAY,
        )
        for name, days in ((LONG, 400), ("Ben", 90), ("نور", 20), ("Cleo", 2), *(("P", 50),) * 9)
    ]
    for account, size in zip(people, (60_000, 6_000, 600, 60), strict=False):
        TenureFactory(account=account, group=GroupFactory(platform=platform, size=size))
    for account, severities in zip(
        people, (["MEDIUM"], ["HIGH"], ["HIGH", "MEDIUM"], ["CRITICAL"]), strict=False
    ):
        for severity in severities:
            findings.penalty(account, severity=severity, at=at - 9 * DAY)
    return platform


NARROW = {"viewport": {"width": 390, "height": 844}}
WIDE = {"viewport": {"width": 1280, "height": 900}}


def look_wide(look, page, name):
    """Look at the page, and go on where its actions stand side by side."""
    look(page, name)
    page.set_viewport_size(WIDE["viewport"])


def see_moves_as_a_list(page):
    """On a phone no table of a simulation is scrolled; each level of now lists who goes where."""
    page.set_viewport_size(NARROW["viewport"])
    assert (
        page.locator(".ac-panel .ac-scroll").evaluate_all(
            "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.ariaLabel)"
        )
        == []
    )
    level = page.locator("tr", has_text="Now Good standing").first
    moves = level.locator("td:visible").evaluate_all(
        "all => all.map(one => [one.dataset.label, one.innerText])"
    )
    assert moves == [["Then Good standing", "9"], ["Then Under watch", "1"], ["All", "10"]]
    page.set_viewport_size(WIDE["viewport"])


def test_a_version_goes_from_a_draft_into_effect_by_keyboard(platform, page_of_user, client, look):
    page = page_of_user(staff_user(platform, "SENIOR", name="Ines"), **WIDE)
    page.goto(page_of(findings.active_policy(platform)))
    look_wide(look, page, "policy")
    open_dialog(page, "Draft from this")
    look_wide(look, page, "policy-draft-dialog")
    press(page, "Draft it")
    look_wide(look, page, "policy-form")

    write(page, "Low: points", "")
    press(page, "Save the draft")
    problem = page.get_by_role("alert")
    expect(problem).to_be_focused()
    look_wide(look, page, "policy-form-refused")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Low: points")).to_be_focused()
    page.keyboard.type("1")
    write(page, "Medium: days until a point comes back", "60")
    write(page, "From a score of", "11")
    tab_to(page, "Create groups", times=2)
    page.keyboard.press("Space")
    press(page, "Save the draft")
    draft = Policy.objects.get(platform=platform, state="DRAFT")
    assert draft.document["severities"]["MEDIUM"]["restored_every_days"] == 60
    assert draft.document["tiers"][0]["at_least"] == 11
    assert "CREATE_GROUP" not in draft.document["tiers"][1]["privileges"]
    look_wide(look, page, "policy-saved")
    press(page, "Change what it says")
    expect(page.get_by_label("Medium: days until a point comes back")).to_have_value("60")
    press(page, "Cancel")

    open_dialog(page, "Simulate")
    press(page, "Simulate it")
    expect(page.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    expect(page.get_by_text("begins within a minute")).to_be_visible()
    look_wide(look, page, "simulation-waiting")
    run_simulations()
    expect(page.get_by_role("heading", name="On the day it takes effect")).to_be_visible()
    expect(page.get_by_text("begins within a minute")).to_have_count(0)
    look_wide(look, page, "simulation")
    see_moves_as_a_list(page)
    for form in ("CSV", "JSON"):
        tab_to(page, form)
        with page.expect_download() as file:
            page.keyboard.press("Enter")
        assert file.value.suggested_filename == f"simulation.{form.lower()}"
    tab_to(page, "What people may do, by their level")
    press(page, LONG)
    moved = Account.objects.get(display_name=LONG)
    assert page.url.endswith(page_of(moved))

    client.cookies.clear()
    other = page_of_user(staff_user(platform, "SENIOR", name="Omar"), **WIDE)
    other.goto(page_of(draft))
    look_wide(look, other, "policy-simulated")
    open_dialog(other, "Send back")
    other.keyboard.press("Escape")
    expect(other.get_by_role("dialog")).to_be_hidden()
    expect(other.get_by_role("link", name="Send back")).to_be_focused()
    open_dialog(other, "Approve")
    press(other, "Approve it")
    dialog = open_dialog(other, "Withdraw")
    look_wide(look, other, "policy-withdraw-dialog")
    tab_to(other, "Cancel")
    other.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    dialog = open_dialog(other, "Put into effect")
    other.keyboard.type("01012020")
    other.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Choose a day that is to come")
    expect(dialog.get_by_role("alert")).to_be_focused()
    look_wide(look, other, "policy-activate-refused")
    for _ in range(3):
        tab_to(other, "From this day on")
        other.keyboard.press("Delete")
    press(other, "Put it into effect")

    draft.refresh_from_db()
    assert draft.state == "ACTIVE"


@pytest.fixture
def waiting(platform, page_of_user):
    """The page of a simulation that waits for a worker; it knows when it is loaded again."""
    ines = staff_user(platform, "SENIOR", name="Ines")
    by, at = Actor.user(ines), timezone.now()
    draft = policies.draft(platform=platform, document=giving(), by=by, at=at)
    page = page_of_user(ines, **WIDE)
    page.goto(page_of(simulations.request(policy=draft, by=by, at=at)))
    page.evaluate("window.isTheSame = true")
    return page


def see_it_end(page):
    run_simulations()
    expect(page.get_by_role("heading", name="On the day it takes effect")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="The simulation is done.")).to_be_attached()
    expect(page.get_by_text("Done", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="CSV")).to_be_visible()
    expect(page.get_by_text("Waiting for a worker")).to_have_count(0)
    assert page.evaluate("window.isTheSame")


def test_the_end_of_a_simulation_is_said_and_leaves_the_focus_where_it_is(waiting):
    tab_to(waiting, "Version 1")

    see_it_end(waiting)

    expect(waiting.get_by_role("link", name="Version 1", exact=True)).to_be_focused()
    tab_to(waiting, "Relay")


def test_a_focus_outside_of_what_a_simulation_changes_is_not_touched(waiting):
    tab_to(waiting, "Simulations")

    see_it_end(waiting)

    expect(waiting.locator(":focus")).to_have_text(re.compile("Simulations"))


def test_who_reads_how_far_a_simulation_is_is_led_to_what_it_found(waiting):
    waiting.get_by_role("heading", name="Waiting for a worker").evaluate(
        "heading => { heading.tabIndex = -1; heading.focus(); }"
    )

    see_it_end(waiting)

    expect(waiting.get_by_role("heading", name="On the day it takes effect")).to_be_focused()


def test_points_are_given_back_and_a_sanction_lifted_by_keyboard(platform, page_of_user, look):
    account = Account.objects.get(display_name="Ben")
    sanction = findings.sanction(account, at=timezone.now() - DAY)
    page = page_of_user(staff_user(platform, "SENIOR", name="Ines"), **WIDE)
    page.goto(list_of(Adjustment))
    look_wide(look, page, "adjustments-none")
    page.goto(page_of(Standing.objects.get(account=account)))
    look_wide(look, page, "standing")
    dialog = open_dialog(page, "Propose an adjustment")
    tab_to(page, "Propose")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("This field is required.").first).to_be_visible()
    expect(dialog.get_by_label("Points to give back")).to_be_focused()
    look_wide(look, page, "adjustment-refused")
    page.keyboard.type("1")
    write(page, "Why", "A wrong clock.")
    press(page, "Propose")
    assert Adjustment.objects.get().points == 1

    page.goto(page_of(sanction))
    open_dialog(page, "Lift early")
    page.keyboard.type("It was long enough.")
    look_wide(look, page, "sanction-lift-dialog")
    press(page, "Lift it")
    look_wide(look, page, "sanction-lifted")
    sanction.refresh_from_db()
    assert sanction.lifted_at is not None
