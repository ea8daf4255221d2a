"""A person goes to an OpenID provider in another process and comes back, in a real browser."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from identity.models import Verification
from portal.demo.issuer import CLIENT_ID, CLIENT_SECRET
from tests.browser.test_dashboard import press
from tests.factories.core import PlatformFactory
from tests.factories.identity import AccountFactory, UserFactory, VerificationProviderFactory
from tests.identity.openid.conftest import issuer, issuer_process  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(transactional_db, issuer, live_server, settings):  # noqa: F811
    settings.PUBLIC_URL = live_server.url
    platform = PlatformFactory(name="Relay")
    VerificationProviderFactory(
        platform=platform,
        name="Citizen portal",
        kind="OIDC",
        level="HIGH",
        issuer=issuer.url,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )
    return AccountFactory(platform=platform, user=UserFactory(name="Olga"), display_name="Olga")


def test_the_way_there_and_back_by_keyboard(page_of, account, issuer, look):  # noqa: F811
    page = page_of(account.user)
    page.goto(f"/account/{account.pk}/verification/")
    page.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    press(page, "Ask")
    expect(page.get_by_role("heading", name="Be verified by Citizen portal")).to_be_visible()
    look(page, "openid-leave")

    press(page, "Continue at Citizen portal")
    expect(page.get_by_role("heading", name="Demo identity provider")).to_be_visible()
    assert urlsplit(page.url).netloc == urlsplit(issuer.url).netloc
    press(page, "Ben Example: Checked by video (eIDAS substantial)")

    expect(page.get_by_text("You are verified: substantial")).to_be_visible()
    look(page, "openid-back")
    assert Verification.objects.get().level == "SUBSTANTIAL"
    # The address with the code is used up.
    page.go_back()
    page.go_back()
    assert Verification.objects.count() == 1


def test_whoever_stops_is_told_that_nothing_was_recorded(page_of, account, look):
    page = page_of(account.user)
    page.goto(f"/account/{account.pk}/verification/")
    page.get_by_role("radio").first.check()
    press(page, "Ask")
    press(page, "Continue at Citizen portal")
    press(page, "None of them: go back")

    expect(page.get_by_text("You stopped at the provider. Nothing was recorded.")).to_be_visible()
    assert not Verification.objects.exists()


def test_a_provider_that_lies_is_told_from_a_provider_that_confirms(
    page_of,
    account,
    issuer,  # noqa: F811
    look,
):
    page = page_of(account.user)
    page.goto(f"/account/{account.pk}/verification/")
    page.get_by_role("radio").first.check()
    press(page, "Ask")
    issuer.be("wrong audience")
    press(page, "Continue at Citizen portal")
    press(page, "Ada Example: Checked in person (eIDAS high)")

    expect(page.get_by_text("The token was made for another service.")).to_be_visible()
    look(page, "openid-wrong")
    press(page, "Back to your verification")
    expect(page.get_by_text("You are not verified at present.")).to_be_visible()
