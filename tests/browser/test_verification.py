"""Being verified, from the request to the appeal, in a real browser; and a link by e-mail."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone
from playwright.sync_api import Page, expect

from identity import link_mailer, queries
from identity.models import Verification, VerificationRequest
from identity.roles import Role
from portal.core.actors import Actor
from portal.core.admin import panels
from tests import signin
from tests.factories.base import fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.identity import (
    AccountFactory,
    UserFactory,
    VerificationProviderFactory,
    staff_user,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def platform(transactional_db):
    return PlatformFactory(name="Relay")


@pytest.fixture
def account(platform):
    user = UserFactory(name="Olga")
    with fixture_rows():
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return AccountFactory(
        platform=platform,
        user=user,
        display_name="Maximiliane Antonia von Hohenberg-Sonnenschein",
        created_at=timezone.now() - timedelta(days=90),
    )


@pytest.fixture
def enter(platform, page_of, client):
    """Open a browser page as a new member of staff."""

    def make(role):
        user = staff_user(platform, role)
        signin.add_totp(user)
        client.cookies.clear()
        return page_of(user)

    return make


def open_dialog(page: Page, opener: str):
    page.get_by_role("link", name=opener).first.press("Enter")
    # A script is faster than htmx, which sends the form only once it has taken it over.
    page.wait_for_function("document.querySelector('#dialog form')?.['htmx-internal-data']")
    return page.locator("#dialog")


def fill(page: Page, opener: str, submit: str, **fields: str) -> None:
    """Open a dialog of the admin, fill it in and send it."""
    dialog = open_dialog(page, opener)
    for label, text in fields.items():
        dialog.get_by_label(label.replace("_", " ")).first.fill(text)
    with page.expect_navigation():
        dialog.get_by_role("button", name=submit).press("Enter")


def test_a_request_is_declined_appealed_and_approved(account, enter, client, page_of, look):
    administrator = enter(Role.ADMINISTRATOR)
    administrator.goto("/admin/identity/verificationprovider/")
    fill(administrator, "Add a provider", "Add", Name="In person")
    look(administrator, "verification-provider")
    client.cookies.clear()
    person = page_of(account.user)
    person.goto("/account/")
    person.get_by_role("link", name="Open your verification on Relay").click()
    look(person, "verification-none")
    person.get_by_role("button", name="Ask", exact=True).click()
    expect(person.get_by_role("alert")).to_be_visible()
    look(person, "verification-errors")
    person.get_by_role("radio", name=re.compile("In person")).check()
    person.get_by_role("button", name="Ask", exact=True).click()
    expect(person.get_by_text("Waits for an officer")).to_be_visible()
    look(person, "verification-pending")
    person.get_by_role("link", name="Withdraw the request to In person").click()
    look(person, "verification-withdraw")
    asked = VerificationRequest.objects.get()

    first = enter(Role.IDENTITY_OFFICER)
    first.goto(panels.list_of(VerificationRequest))
    look(first, "verification-queue")
    first.goto(panels.page_of(asked))
    fill(first, "Take", "Take it")
    look(first, "verification-request-taken")
    fill(first, "Decline", "Decline", Why="The counter could not tell who you are.")

    person.goto(f"/account/{account.pk}/verification/")
    expect(person.get_by_text("The counter could not tell who you are.")).to_be_visible()
    look(person, "verification-declined")
    person.get_by_role("link", name=re.compile("^Ask another officer")).click()
    look(person, "verification-appeal")
    person.get_by_label("What should the other officer know?").fill("I wore a hat.")
    person.get_by_role("button", name="Send the appeal").click()
    anew = VerificationRequest.objects.get(appeals=asked)

    first.goto(panels.page_of(anew))
    open_dialog(first, "Take").get_by_role("button", name="Take it").press("Enter")
    expect(first.get_by_text("Somebody else looks at it now")).to_be_visible()
    look(first, "verification-own-refusal")
    second = enter(Role.IDENTITY_OFFICER)
    second.goto(panels.page_of(anew))
    fill(second, "Take", "Take it")
    fill(second, "Approve", "Approve", What_was_checked="Seen in person", Reference="chk-7")
    look(second, "verification-appeal-approved")
    second.goto(panels.page_of(account))
    fill(second, "See identity details", "See the details", What_you_need="A complaint.")
    expect(second.get_by_text("chk-7")).to_be_visible()
    look(second, "verification-details")

    person.goto(f"/account/{account.pk}/verification/")
    expect(person.get_by_text("You are verified: basic")).to_be_visible()
    expect(person.get_by_text("A complaint.")).to_be_visible()
    look(person, "verification-valid")


def test_a_link_by_mail_attests_with_a_press_of_a_button(
    platform, account, page_of, look, mailoutbox
):
    VerificationProviderFactory(
        platform=platform, kind="EMAIL", level="BASIC", name="Email link", validity_days=365
    )
    person = page_of(account.user)
    person.goto(f"/account/{account.pk}/verification/")
    person.get_by_role("radio", name=re.compile("Email link")).check()
    person.get_by_role("button", name="Ask", exact=True).click()
    link_mailer.run(by=Actor.system("tests"))
    (mail,) = mailoutbox
    path = re.search(r"/verifications/link/\S+", mail.body)[0]

    person.goto(path)
    look(person, "verification-link")
    assert not Verification.objects.exists()
    person.keyboard.press("Tab")
    person.get_by_role("button", name="Confirm the address").focus()
    with person.expect_navigation():
        person.keyboard.press("Enter")
    expect(person.get_by_text("You are verified: basic")).to_be_visible()
    person.goto(path)
    expect(person.get_by_text("This link was used before.")).to_be_visible()
    look(person, "verification-link-used")

    valid = queries.get_valid(account=account, at=timezone.now())
    assert valid is not None
    assert valid.level == "BASIC"
