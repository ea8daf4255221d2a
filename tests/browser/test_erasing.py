"""A person reads what is held about them, sees what would go, and is erased, in a real browser."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from credit.actions import policies
from identity.models import Account, User
from tests.browser.test_dashboard import press, tab_to
from tests.factories.identity import VerificationFactory, VerificationProviderFactory
from tests.groups import place as places

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place():
    made = places.make_place(name="Relay")
    policies.install_default(platform=made.platform, by=places.BY_TESTS, at=places.LONG_AGO)
    made.open_case(at=timezone.now(), reporter=made.person("Rolf"))
    provider = VerificationProviderFactory(platform=made.platform, name="Front desk")
    VerificationFactory(account=made.owner, provider=provider)
    return made


def test_everything_is_read_and_then_erased_by_keyboard(page_of, place, look):
    page = page_of(place.owner.user)

    page.goto("/account/")
    press(page, "Read it")
    expect(page.get_by_role("heading", name="What Accord holds about you")).to_be_visible()
    for closed in page.locator("details > summary").all()[1:]:
        if not closed.evaluate("summary => summary.parentElement.open"):
            closed.click()
    expect(page.get_by_text("Front desk")).to_be_visible()
    look(page, "own-data")

    press(page, "See what would be erased if you asked")
    look(page, "erase")
    press(page, "Erase me")
    expect(page.get_by_role("alert")).to_be_focused()
    look(page, "erase-refused")
    tab_to(page, "Erase me. I know that it cannot be undone.")
    page.keyboard.press("Space")
    press(page, "Erase me")

    expect(page.get_by_role("heading", name="What could go is gone")).to_be_visible()
    look(page, "erased")
    assert not User.objects.filter(pk=place.owner.user_id).exists()
    assert Account.objects.get(pk=place.owner.pk).erased_at is not None
    page.goto("/")
    assert "/accounts/login/" in page.url
