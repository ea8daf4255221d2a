"""An administrator sets a platform up: staff, an API client, a webhook endpoint."""

import re

import pytest
from django.core import mail
from django.urls import reverse
from playwright.sync_api import expect

from identity.models import ApiClient, StaffAssignment
from identity.roles import Role
from portal.core.admin.panels import list_of, page_of
from portal.core.models import WebhookEndpoint
from tests import signin
from tests.factories.identity import staff_user

pytestmark = pytest.mark.django_db(transaction=True)


def press(page, name):
    page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first.click()


@pytest.fixture
def page(platform, page_of):
    user = staff_user(platform, Role.ADMINISTRATOR)
    signin.add_totp(user)
    return page_of(user)


def test_the_secret_of_a_client_is_copied_from_the_page_that_shows_it_once(page, client, look):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(list_of(ApiClient))
    press(page, "Add an API client")
    dialog = page.locator("#modal-content")
    dialog.get_by_label("Name").fill("Relay backend")
    look(page, "client-dialog")
    dialog.get_by_role("button", name="Add and show the secret").click()

    title = page.get_by_role("heading", name="Relay backend can sign in.")
    expect(title).to_be_focused()
    expect(dialog).to_be_hidden()
    look(page, "client-secret")
    press(page, "Copy the secret")
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    secret = page.evaluate("navigator.clipboard.readText()")
    fields = {
        "grant_type": "client_credentials",
        "client_id": ApiClient.objects.get().client_id,
        "client_secret": secret,
    }
    assert client.post(reverse("identity-api:token"), fields).status_code == 200

    press(page, "I have kept it")
    expect(page).to_have_url(re.compile(page_of(ApiClient.objects.get())))
    assert secret not in page.content()
    page.go_back()
    assert secret not in page.content()
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert secret not in kept
    page.goto(page_of(ApiClient.objects.get()))
    look(page, "client")


def test_an_endpoint_is_added_and_its_secret_changed(page, look):
    page.goto(list_of(WebhookEndpoint))
    press(page, "Add an endpoint")
    dialog = page.locator("#modal-content")
    dialog.get_by_label("Address").fill("http://127.0.0.1:22/hook")
    dialog.get_by_label("A case was opened").check()
    dialog.get_by_role("button", name="Add and show the secret").click()
    expect(dialog.get_by_text("Use port 443")).to_be_visible()
    look(page, "endpoint-refused")
    dialog.get_by_label("Address").fill("http://127.0.0.1:8009/hook")
    dialog.get_by_role("button", name="Add and show the secret").click()
    expect(page.get_by_text("whsec_", exact=False).first).to_be_visible()
    look(page, "endpoint-secret")

    press(page, "I have kept it")
    expect(page.get_by_text("One secret")).to_be_visible()
    assert WebhookEndpoint.objects.get().event_types == ["accord.case.opened.v1"]
    press(page, "New secret")
    dialog.get_by_role("button", name="Make and show it").click()
    expect(page.get_by_text("Both secrets sign until")).to_be_visible()
    press(page, "I have kept it")
    expect(page.get_by_text("The present secret and the previous one")).to_be_visible()
    look(page, "endpoint")


def test_somebody_new_is_given_a_role(page, look):
    page.goto(list_of(StaffAssignment))
    press(page, "Assign a role")
    dialog = page.locator("#modal-content")
    dialog.get_by_label("Email address").fill("nia@relay.example")
    dialog.get_by_label("Name").fill("Nia Berg")
    dialog.get_by_label("Role").select_option("Reviewer")
    look(page, "role-dialog")
    dialog.get_by_role("button", name="Assign").click()

    expect(page.get_by_text("is on its way to them")).to_be_visible()
    assert len(mail.outbox) == 1
    look(page, "role")
    press(page, "End this role")
    dialog.get_by_role("button", name="End it").click()
    expect(page.get_by_text("has this role no more")).to_be_visible()
