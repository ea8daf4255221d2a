"""Handing a group over in a real browser: offered, accepted, taken back; claimed; how it looks."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from credit.actions import policies
from groups.models import Claim, Group, Tenure, Transfer
from tests import signin
from tests.browser.test_dashboard import press, tab_to
from tests.factories.base import fixture_rows
from tests.factories.groups import ClaimFactory, GroupFactory, TenureFactory
from tests.factories.identity import staff_user
from tests.groups import place as places

pytestmark = pytest.mark.django_db(transaction=True)
LONG = (
    "Freundeskreis zur Erhaltung historischer Straßenbahnen und Oberleitungsbusse "
    "in Mitteldeutschland"
)


@pytest.fixture
def place():
    made = places.make_place(name="Relay")
    policies.install_default(platform=made.platform, by=places.BY_TESTS, at=places.LONG_AGO)
    return made


@pytest.fixture
def page_of_another(page_of, client):
    """Open a page as somebody else while the first person stays signed in."""

    def make(user):
        client.cookies.clear()
        return page_of(user)

    return make


def owner_of(group):
    return Tenure.objects.current().get(group=group, role="OWNER").account


def test_a_group_is_offered_accepted_and_taken_back_by_keyboard(
    page_of, page_of_another, place, look
):
    place.open_case(at=timezone.now(), reporter=place.person("Rolf"))
    giver = page_of(place.owner.user)

    giver.goto(f"/groups/{place.group.pk}/people/")
    press(giver, "Hand over")
    look(giver, "hand-over")
    press(giver, "Continue")
    expect(giver.get_by_role("alert")).to_be_focused()
    look(giver, "hand-over-refused")
    tab_to(giver, "Somebody else (optional)")
    giver.keyboard.type("Mats")
    press(giver, "Continue")
    expect(giver.get_by_role("heading", level=2)).to_have_text("Offer this group to Mats?")
    look(giver, "hand-over-review")
    press(giver, "Send the offer")
    expect(giver.get_by_role("status").filter(has_text="is offered to Mats")).to_be_visible()
    look(giver, "hand-over-offered")

    taker = page_of_another(place.member.user)
    taker.goto("/")
    look(taker, "home-with-an-offer")
    press(taker, "Open the offer of Night owls")
    look(taker, "offer")
    press(taker, "Accept")
    look(taker, "offer-accept")
    press(taker, "Take the group on")
    expect(taker.get_by_role("status").filter(has_text="responsible for")).to_be_visible()
    look(taker, "offer-accepted")
    taker.goto(f"/groups/{place.group.pk}/people/")
    look(taker, "people-while-it-cools")
    assert owner_of(place.group) == place.member

    giver.goto("/")
    look(giver, "home-while-it-cools")
    press(giver, "See what was handed over")
    look(giver, "offer-of-the-giver")
    press(giver, "Take the group back")
    look(giver, "offer-take-back")
    press(giver, "Take the group back")
    expect(giver.get_by_role("status").filter(has_text="is yours again")).to_be_visible()
    look(giver, "offer-taken-back")
    assert owner_of(place.group) == place.owner
    assert Transfer.objects.get().taken_back_at


def test_what_stands_against_it_is_read_before_the_button(page_of, page_of_another, place, look):
    with fixture_rows():
        Group.objects.filter(pk=place.group.pk).update(size=6400, name=LONG)
    giver = page_of(place.owner.user)
    offer(giver, place, "Mats")
    look(giver, "hand-over-review-hindered")
    giver.get_by_role("button", name="Send the offer").click()

    taker = page_of_another(place.member.user)
    taker.goto("/")
    look(taker, "home-with-a-long-offer")
    taker.goto(f"/offers/{Transfer.objects.get().pk}/")
    expect(taker.get_by_text("needs a verified identity of the level")).to_be_visible()
    look(taker, "offer-hindered")
    expect(taker.get_by_role("link", name="Accept", exact=True)).to_have_count(0)
    taker.get_by_role("link", name="Decline").click()
    look(taker, "offer-decline")
    taker.get_by_role("button", name="Decline the offer").click()
    look(taker, "offer-declined")


def offer(page: Page, place, who: str) -> None:
    page.goto(f"/groups/{place.group.pk}/hand-over/")
    page.get_by_label("Somebody else").fill(who)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Send the offer")).to_be_visible()


def test_a_group_without_an_owner_is_claimed_without_scripts(page_of, place, look):
    now = timezone.now()
    group = GroupFactory(
        platform=place.platform,
        name=LONG,
        state="ORPHANED",
        orphaned_at=now,
        claim_due_at=now + timedelta(days=30),
    )
    TenureFactory(group=group, account=place.member, role="MANAGER")
    page = page_of(place.member.user)
    page.goto("/")
    look(page, "home-claimable")
    page.goto("/claims/")
    look(page, "claims")

    plain = page_of(place.member.user, java_script_enabled=False)
    plain.goto("/claims/")
    plain.get_by_role("button", name="Claim").first.click()
    plain.get_by_role("button", name="Claim the group").click()
    expect(plain.get_by_role("heading", level=1)).to_contain_text("Claim to")

    made = Claim.objects.get()
    page.goto(f"/claims/{made.pk}/")
    look(page, "claim")
    page.get_by_role("link", name="Withdraw").click()
    look(page, "claim-withdraw")
    page.get_by_role("button", name="Withdraw the claim").click()
    look(page, "claim-withdrawn")
    page.goto("/claims/")
    page.get_by_role("button", name="Claim").first.click()
    look(page, "claim-review")
    assert Claim.objects.get().state == "CANCELLED"


def test_staff_read_what_follows_and_give_the_group_to_a_claimant(page_of, place, look):
    now = timezone.now()
    group = GroupFactory(
        platform=place.platform,
        name=LONG,
        state="ORPHANED",
        orphaned_at=now,
        claim_due_at=now + timedelta(days=30),
    )
    claims = [
        ClaimFactory(group=group, account=account, expires_at=group.claim_due_at)
        for account in (place.member, place.reporter)
    ]
    user = staff_user(place.platform, "SENIOR")
    signin.add_totp(user)
    page = page_of(user)

    page.goto(f"/admin/groups/claim/{claims[0].pk}/change/")
    look(page, "admin-claim")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("link", name="Give the group").press("Enter")
    expect(page.get_by_text("Other claims to the group that will be declined: 1.")).to_be_visible()
    look(page, "admin-claim-dialog")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("#modal-content").get_by_role("button", name="Give the group").click()
    expect(page.get_by_text(f"Mats answers for {LONG} now.")).to_be_visible()
    look(page, "admin-claim-given")
    assert owner_of(group) == place.member
