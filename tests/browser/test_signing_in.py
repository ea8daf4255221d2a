"""Signing in as people do it: by keyboard, with a code, with a passkey, without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import signin
from tests.factories.core import PlatformFactory
from tests.factories.identity import PASSWORD, UserFactory, staff_user

pytestmark = pytest.mark.django_db(transaction=True)

# What a laptop's fingerprint reader answers to a web page.
READER = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def give_password(page: Page, email: str, password: str = PASSWORD, home: str = "") -> None:
    page.goto(f"{home}/accounts/login/")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in", exact=True).click()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on the element that people know as `name`."""
    for _ in range(30):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).innerText"
        )
        if focused.strip() == name:
            return
    raise AssertionError(f"Tab never reached {name!r}")


def test_a_person_signs_in_by_keyboard_alone(page):
    UserFactory(email="ada@example.org", name="Ada Moreau")
    page.goto("/accounts/login/")

    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the main content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "Email address")
    page.keyboard.type("ada@example.org")
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto("/help/")

    expect(page.get_by_text("Ada Moreau")).to_be_visible()


def test_a_failed_sign_in_moves_the_focus_to_what_is_wrong(page, look):
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in", exact=True).click()

    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("“Email address” is missing.")
    expect(page).to_have_title(re.compile("^Error: "))
    look(page, "signin-error")

    summary.get_by_role("link", name="“Password” is missing.").click()
    expect(page.get_by_label("Password", exact=True)).to_be_focused()


def test_the_name_menu_opens_and_closes_by_keyboard(page_of, look):
    page = page_of(UserFactory(name="نور الهدى عبد الرحمن"))
    page.goto("/help/")
    summary = page.locator("details.menu > summary")

    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    look(page, "menu")

    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(summary).to_be_focused()


def test_staff_set_up_an_app_and_sign_in_with_it(page, look):
    staff_user(PlatformFactory(), email="sam@example.org", name="Sam Rivera")
    give_password(page, "sam@example.org")
    page.goto("/admin/")
    expect(page.get_by_text("The staff desk opens once you have one.")).to_be_visible()
    look(page, "second-factor-needed")

    page.get_by_role("link", name="Set up an app").click()
    look(page, "app-setup")
    page.get_by_text("No camera, or the app is on this device?").click()
    secret = page.locator("#totp-secret").get_attribute("data-copy-text")
    page.get_by_label("Code from the app").fill("000000")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is not right")
    look(page, "app-setup-error")
    page.get_by_label("Code from the app").fill(signin.totp_code(secret))
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    look(page, "recovery-codes")
    recovery_code = page.locator("#recovery-codes li").first.inner_text()
    page.get_by_role("link", name="I have kept them: to the staff desk").click()
    expect(page).to_have_url(re.compile("/admin/$"))

    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    give_password(page, "sam@example.org")
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    look(page, "second-factor-asked")
    page.get_by_label("Code from your app").fill(recovery_code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto("/admin/")
    expect(page).to_have_url(re.compile("/admin/$"))


def test_staff_sign_in_with_a_passkey_alone(new_context, live_server, look):
    staff_user(PlatformFactory(), email="sam@example.org")
    context = new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": READER})
    # Browsers bind passkeys to a name, never to a bare IP address.
    home = live_server.url.replace("127.0.0.1", "localhost")

    give_password(page, "sam@example.org", home=home)
    page.goto(f"{home}/accounts/2fa/webauthn/add/")
    page.get_by_label("What do you call it?").fill("Work laptop")
    page.get_by_label("Sign in with this alone, without the password").check()
    look(page, "passkey-add")
    page.get_by_role("button", name="Continue in the browser").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(f"{home}/admin/")
    expect(page).to_have_url(f"{home}/admin/")

    page.goto(f"{home}/accounts/2fa/webauthn/")
    expect(page.get_by_role("heading", name="Work laptop Passkey")).to_be_visible()
    look(page, "passkeys")
    context.clear_cookies()
    page.goto(f"{home}/accounts/login/?next=/admin/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile("^(?!.*/login/)"))
    page.goto(f"{home}/admin/")
    expect(page).to_have_url(f"{home}/admin/")

    context.clear_cookies()
    give_password(page, "sam@example.org", home=home)
    page.get_by_role("button", name="Use your passkey or key").click()
    page.wait_for_url(re.compile("^(?!.*/authenticate/)"))
    page.goto(f"{home}/admin/")
    expect(page).to_have_url(f"{home}/admin/")


def test_signing_in_works_without_scripts(new_context):
    UserFactory(email="ada@example.org", name="Ada Moreau")
    page = new_context(java_script_enabled=False).new_page()

    give_password(page, "ada@example.org")
    page.goto("/help/")
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Dark").click()

    assert page.locator("html").get_attribute("data-theme") == "dark"
    expect(page.get_by_text("Ada Moreau")).to_be_visible()


def test_a_locked_sign_in_says_until_when(page, look):
    UserFactory(email="ada@example.org")
    for _ in range(5):
        give_password(page, "ada@example.org", "wrong")

    expect(page.get_by_role("heading", name="Sign-in is locked for now")).to_be_visible()
    expect(page.locator("main time")).to_contain_text("UTC")
    look(page, "locked")
