"""Every page that is not an app's own, at both widths and in both schemes."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from portal.core.actors import Actor
from reports.actions import runs
from tests import signin
from tests.browser.conftest import sideways
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.groups import CaseFactory, DecisionFactory, FlagFactory
from tests.factories.identity import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

FOR_EVERYBODY = {
    "style-guide": "/styleguide/",
    "signin": "/accounts/login/",
    "help": "/help/",
    "accessibility": "/accessibility/",
    "password-forgotten": "/accounts/password/reset/",
    "password-link-sent": "/accounts/password/reset/done/",
    "password-link-old": "/accounts/password/reset/key/1-x/",
    "password-changed": "/accounts/password/reset/key/done/",
    "no-signup": "/accounts/signup/",
    "switched-off": "/accounts/inactive/",
    "not-found": "/nowhere/",
    "problem-types": "/problems/",
}
FOR_THE_SIGNED_IN = {
    "second-factors": "/accounts/2fa/",
    "app-off": "/accounts/2fa/totp/deactivate/",
    "recovery-codes-shown": "/accounts/2fa/recovery-codes/",
    "recovery-codes-new": "/accounts/2fa/recovery-codes/generate/",
    "passkeys-none": "/accounts/2fa/webauthn/",
    "passkey-new": "/accounts/2fa/webauthn/add/",
    "password": "/accounts/password/change/",
    "email": "/accounts/email/",
    "sessions": "/accounts/sessions/",
    "signout": "/accounts/logout/",
    "is-it-you": "/accounts/reauthenticate/",
    "is-it-you-code": "/accounts/2fa/reauthenticate/",
}


def test_pages_for_everybody_have_no_serious_barrier(page, look):
    for name, address in FOR_EVERYBODY.items():
        page.goto(address)
        look(page, name)


def test_account_pages_have_no_serious_barrier(page_of, look):
    user = UserFactory(name="Ada Moreau")
    signin.add_totp(user)
    page = page_of(user)
    for name, address in FOR_THE_SIGNED_IN.items():
        page.goto(address)
        assert address in page.url
        look(page, name)


def test_pages_fit_a_screen_of_320_pixels(page):
    page.set_viewport_size({"width": 320, "height": 640})
    for name, address in FOR_EVERYBODY.items():
        page.goto(address)
        assert sideways(page) <= 0, name


def test_the_chosen_colours_win_over_the_system(page_of):
    page = page_of(UserFactory(), color_scheme="light")
    page.goto("/help/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_a_transparency_report_has_no_serious_barrier_and_fits_a_phone(page, look):
    platform = PlatformFactory(name="Relay")
    case = CaseFactory(platform=platform, state="DECIDED", decided_at=AT)
    FlagFactory(case=case, received_at=AT)
    DecisionFactory(case=case)
    period = {"period_from": AT - timedelta(days=365), "period_to": AT + timedelta(days=2)}
    by, at = Actor.system("tests"), AT + timedelta(days=3)
    run = runs.request(platform=platform, **period, by=by, at=at)
    runs.publish(run=runs.make(run=run, by=by, at=at), by=by, at=at)

    page.goto("/transparency/")
    look(page, "reports")
    page.get_by_role("link", name="2 November 2025").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Transparency report of Relay")
    look(page, "report")
    page.set_viewport_size({"width": 320, "height": 640})
    assert sideways(page) <= 0


def test_the_menu_closes_when_the_focus_leaves_it(page_of):
    page = page_of(UserFactory())
    page.goto("/help/")
    menu = page.locator("details.menu")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")

    menu.get_by_role("button", name="Sign out").focus()
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Tab")

    expect(menu).not_to_have_attribute("open", "")
