"""Whom an administrator lets in, people and programs, by keyboard alone, and what its pages look
like."""

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from identity.actions import staff
from identity.models import ApiClient, StaffAssignment, User
from identity.roles import Role
from portal.core.actors import Actor
from portal.core.admin.panels import list_of, page_of
from portal.core.models import WebhookEndpoint
from tests.browser.keyboard import open_dialog, press, tab_to, write
from tests.factories.core import PlatformFactory
from tests.factories.identity import staff_user

pytestmark = pytest.mark.django_db(transaction=True)

WIDE = {"viewport": {"width": 1280, "height": 900}}
CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture
def page(page_of_user, transactional_db):
    """A page of an administrator of two platforms, so that each dialog asks for which."""
    boss = staff_user(PlatformFactory(name="Relay"), Role.ADMINISTRATOR, name="Lea Fontaine")
    staff.assign(
        user=boss,
        platform=PlatformFactory(name="Harbour"),
        role=Role.ADMINISTRATOR,
        by=Actor.system("tests"),
        at=timezone.now(),
    )
    return page_of_user(boss, permissions=CLIPBOARD, **WIDE)


def choose(page, start):
    """Choose by the first letters in the list that has the focus."""
    expect(page.locator("select:focus")).to_have_count(1)
    page.keyboard.type(start)


def look_wide(look, page, name):
    look(page, name)
    page.set_viewport_size(WIDE["viewport"])


def keep_the_secret(page, title):
    """Copy the secret that is shown once, go on to the record, and return the secret."""
    expect(page.get_by_role("heading", name=title)).to_be_focused()
    tab_to(page, "Copy the secret")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    press(page, "I have kept it")
    return page.evaluate("navigator.clipboard.readText()")


def test_a_role_is_given_and_ended_by_keyboard(page, look):
    page.goto(list_of(StaffAssignment))
    look_wide(look, page, "staff")
    dialog = open_dialog(page, "Assign a role")
    look_wide(look, page, "staff-assign-dialog")
    choose(page, "Relay")
    write(page, "Email address", "not an address")
    tab_to(page, "Assign")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Enter a valid email address.")).to_be_visible()
    expect(dialog.get_by_label("Email address")).to_be_focused()
    look_wide(look, page, "staff-assign-refused")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("nia@relay.example")
    write(page, "Name", "Nia Berg")
    tab_to(page, "Role")
    choose(page, "Senior")
    press(page, "Assign")

    assignment = StaffAssignment.objects.get(user__email="nia@relay.example")
    assert (assignment.role, assignment.platform.name) == ("SENIOR", "Relay")
    assert len(mail.outbox) == 1
    look_wide(look, page, "staff-assigned")
    press(page, "Nia Berg")
    assert page.url.endswith(page_of(assignment.user))
    look_wide(look, page, "staff-user")
    press(page, "Senior reviewer")
    open_dialog(page, "End this role")
    look_wide(look, page, "staff-end-dialog")
    press(page, "End it")
    look_wide(look, page, "staff-ended")

    assignment.refresh_from_db()
    assert assignment.ended_at is not None
    assert User.objects.filter(email="nia@relay.example").exists()


def test_an_api_client_is_added_renewed_and_disabled_by_keyboard(page, look):
    page.goto(list_of(ApiClient))
    open_dialog(page, "Add an API client")
    look_wide(look, page, "client-dialog")
    choose(page, "Relay")
    write(page, "Name", "Relay backend")
    tab_to(page, "Add and show the secret")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Relay backend can sign in.")).to_be_visible()
    look_wide(look, page, "client-secret")
    first = keep_the_secret(page, "Relay backend can sign in.")
    client = ApiClient.objects.get()
    assert page.url.endswith(page_of(client))
    look_wide(look, page, "client")

    open_dialog(page, "New secret")
    tab_to(page, "Make and show it")
    page.keyboard.press("Enter")
    second = keep_the_secret(page, "Relay backend has a new secret.")
    assert len(second) >= 40
    assert second != first
    open_dialog(page, "Disable")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Disable")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    open_dialog(page, "Disable")
    press(page, "Disable")
    client.refresh_from_db()
    assert client.disabled_at is not None
    look_wide(look, page, "client-disabled")
    open_dialog(page, "Enable again")
    press(page, "Enable")
    client.refresh_from_db()
    assert client.disabled_at is None


def test_a_webhook_endpoint_is_added_changed_and_disabled_by_keyboard(page, look):
    page.goto(list_of(WebhookEndpoint))
    dialog = open_dialog(page, "Add an endpoint")
    look_wide(look, page, "endpoint-dialog")
    choose(page, "Relay")
    write(page, "Address", "https://")
    tab_to(page, "Add and show the secret")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Enter a valid URL.")).to_be_visible()
    expect(dialog.get_by_label("Address")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("http://127.0.0.1:8009/hooks")
    tab_to(page, "A case was opened")
    page.keyboard.press("Space")
    tab_to(page, "Add and show the secret")
    page.keyboard.press("Enter")
    assert keep_the_secret(page, "The endpoint is added.")
    endpoint = WebhookEndpoint.objects.get()
    assert len(endpoint.event_types) == 1
    expect(page.get_by_text("A case was opened accord.case.opened.v1")).to_be_visible()
    look_wide(look, page, "endpoint")

    open_dialog(page, "Change")
    look_wide(look, page, "endpoint-change-dialog")
    tab_to(page, "An appeal was decided")
    page.keyboard.press("Space")
    press(page, "Save")
    endpoint.refresh_from_db()
    assert len(endpoint.event_types) == 2

    open_dialog(page, "New secret")
    tab_to(page, "Make and show it")
    page.keyboard.press("Enter")
    keep_the_secret(page, "Both secrets sign until you end the previous one.")
    open_dialog(page, "End the previous secret")
    press(page, "End it")
    dialog = open_dialog(page, "Disable")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("This field is required.")).to_be_visible()
    expect(dialog.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("The receiver moves.")
    press(page, "Disable")
    look_wide(look, page, "endpoint-disabled")
    expect(page.get_by_text("The receiver moves.")).to_be_visible()
    open_dialog(page, "Enable again")
    press(page, "Enable")

    endpoint.refresh_from_db()
    assert (endpoint.disabled_at, endpoint.previous_secret) == (None, None)
