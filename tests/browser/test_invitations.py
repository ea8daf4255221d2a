"""Getting in by invitation, as people do it: from the link to the dashboard, by keyboard."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from identity.invitations import Invitation
from tests.browser.test_signing_in import tab_to
from tests.factories.core import PlatformFactory
from tests.factories.identity import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account():
    platform = PlatformFactory(name="Relay", language="en")
    return AccountFactory(platform=platform, external_id="u-nia", display_name="Nia")


def path_of(account, *, lasts=timedelta(days=3)):
    return urlsplit(Invitation(account.pk, timezone.now() + lasts).link).path


def test_somebody_new_gets_in_by_keyboard_alone(page, look, account):
    page.goto(path_of(account))
    look(page, "invitation-address")
    tab_to(page, "Your email address")
    page.keyboard.type("nia@example.org")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_text("A link is on its way to nia@example.org")).to_be_visible()
    look(page, "invitation-mailed")

    link = re.search(r"https?://\S+", mail.outbox[0].body).group()
    page.goto(urlsplit(link).path)
    look(page, "invitation-join")
    tab_to(page, "Your name")
    page.keyboard.type("Nia Okafor")
    tab_to(page, "Password")
    page.keyboard.type("four words of mine")
    tab_to(page, "The same again")
    page.keyboard.type("four words of min")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    look(page, "invitation-join-error")
    tab_to(page, "Password")
    page.keyboard.type("four words of mine")
    tab_to(page, "The same again")
    page.keyboard.type("four words of mine")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Welcome. Nia on Relay is yours now.")).to_be_visible()
    look(page, "invitation-welcome")
    page.goto("/account/")
    expect(page.get_by_text("Relay").first).to_be_visible()


def test_whoever_is_signed_in_connects_with_one_button(page_of, look, account):
    page = page_of(UserFactory(name="Ada Moreau", email="ada@example.org"))
    page.goto(path_of(account))
    look(page, "invitation-connect")
    tab_to(page, "This account is mine: connect it")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    expect(page.get_by_text("Nia on Relay is yours now.")).to_be_visible()


def test_what_does_not_work_says_what_to_do(page, page_of, look, account):
    page.goto(path_of(account, lasts=-timedelta(days=1)))
    expect(page.get_by_role("heading", name="This invitation does not work")).to_be_visible()
    look(page, "invitation-wrong")

    account.user = UserFactory()
    account.save()
    page.goto(path_of(account))
    look(page, "invitation-taken")
    other = page_of(UserFactory(email="ada@example.org"))
    other.goto(path_of(account))
    look(other, "invitation-taken-by-another")
    expect(other.get_by_text("belongs to another sign-in than ada@example.org")).to_be_visible()
