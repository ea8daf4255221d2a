"""An administrator adds API clients, whose secrets are shown once, and disables them."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from identity.models import ApiClient
from identity.roles import Role
from portal.core.admin.panels import list_of, page_of
from portal.core.models import AuditEntry
from tests import partners, production_logs
from tests.admin.entering import enter
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory
from tests.factories.identity import ApiClientFactory, staff_user

ADD = "admin:identity_apiclient_add_client"
SENT = {"_form_submitted": "on"}


@pytest.fixture
def client(platform):
    return enter(staff_user(platform, Role.ADMINISTRATOR))


@pytest.fixture
def given(platform):
    return SENT | {"platform": platform.pk, "name": "Relay backend"}


def step(api_client, name):
    return reverse(f"admin:identity_apiclient_{name}", args=[api_client.pk])


def renew(client, api_client):
    """Ask for a new secret as the dialog does, with what it shows."""
    page = client.get(step(api_client, "new_secret")).content.decode()
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    return client.post(step(api_client, "new_secret"), SENT | {"seen": seen})


def secret_in(answer):
    return re.search(r'x-ref="secret">([^<]+)<', answer.content.decode())[1]


def token(api_client, secret):
    return Client().post(
        reverse("identity-api:token"),
        {
            "grant_type": "client_credentials",
            "client_id": api_client.client_id,
            "client_secret": secret,
            "scope": "groups",
        },
    )


def ask(access_token):
    return Client().get(
        "/api/v1/groups",
        {"external_id": "g-owls"},
        headers={"authorization": f"Bearer {access_token}"},
    )


def test_the_secret_shown_once_opens_the_api_until_there_is_a_new_one(client, given, platform):
    group = GroupFactory(platform=platform, external_id="g-owls")

    added = client.post(reverse(ADD), given)

    api_client = ApiClient.objects.get()
    assert added.status_code == 200
    assert api_client.client_id in added.content.decode()
    first = secret_in(added)
    old = token(api_client, first).json()["access_token"]
    assert ask(old).json()["id"] == str(group.pk)

    second = secret_in(renew(client, api_client))

    assert second != first
    assert token(api_client, first).status_code == 401
    assert ask(old).status_code == 401
    new = token(api_client, second).json()["access_token"]
    assert ask(new).status_code == 200
    entries = AuditEntry.objects.filter(record_id=api_client.pk).order_by("action")
    assert [(entry.action, entry.new) for entry in entries] == [
        ("clients.add", {"client_id": api_client.client_id}),
        ("clients.renew_secret", {"tokens_revoked": 1}),
    ]


def test_a_secret_is_kept_nowhere(client, given):
    with production_logs.caught() as logged:
        added = client.post(reverse(ADD), given)
        api_client = ApiClient.objects.get()
        renewed = renew(client, api_client)

    secrets = {secret_in(added), secret_in(renewed)}
    assert len(secrets) == 2
    for answer in (added, renewed):
        assert "no-store" in answer["Cache-Control"]
        assert not answer.has_header("Location")
        assert answer.cookies.keys() <= {"csrftoken"}
    api_client.refresh_from_db()
    later = [client.get(page_of(api_client)), client.get(list_of(ApiClient))]
    kept = [
        logged.getvalue(),
        *(answer.content.decode() for answer in later),
        *(str(session.get_decoded()) for session in Session.objects.all()),
        *(f"{entry.old} {entry.new}" for entry in AuditEntry.objects.all()),
        str(vars(api_client)),
    ]
    assert [text for text in kept for secret in secrets if secret in text] == []


def test_with_script_the_secret_takes_the_place_of_the_page(platform, given):
    client = enter(staff_user(platform, Role.ADMINISTRATOR), headers={"HX-Request": "true"})

    answer = client.post(reverse(ADD), given)

    told = {name: answer[name] for name in ("HX-Retarget", "HX-Reselect", "HX-Reswap")}
    assert told == {"HX-Retarget": "#main", "HX-Reselect": "#main", "HX-Reswap": "outerHTML"}
    assert 'id="main"' in answer.content.decode()
    assert 'hx-history="false"' in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_name_is_given_once_on_a_platform(client, given, platform):
    ApiClientFactory(platform=platform, name="relay Backend")
    ApiClientFactory(platform=PlatformFactory(), name="Other")

    taken = client.post(reverse(ADD), given)
    blank = client.post(reverse(ADD), given | {"name": " "})
    elsewhere = client.post(reverse(ADD), given | {"name": "Other"})

    assert taken.status_code == 409
    assert "of this name already" in taken.content.decode()
    assert "This field is required" in blank.content.decode()
    assert secret_in(elsewhere)
    assert ApiClient.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_secret_is_not_replaced_twice_by_two_who_saw_the_same(client, platform, time_machine):
    api_client = ApiClientFactory(platform=platform)
    seen = {"seen": api_client.updated.isoformat()}
    time_machine.move_to("2026-11-02T12:01:00Z")
    first = client.post(step(api_client, "new_secret"), SENT | seen)

    second = client.post(step(api_client, "new_secret"), SENT | seen)

    assert second.status_code == 409
    assert "Reload the page" in second.content.decode()
    assert token(api_client, secret_in(first)).status_code == 200


def test_a_disabled_client_is_refused_and_its_tokens_stay_ended(client, platform):
    GroupFactory(platform=platform, external_id="g-owls")
    bearer = partners.bearer(platform, "groups")
    api_client = ApiClient.objects.get()
    access_token = bearer["authorization"].removeprefix("Bearer ")
    assert ask(access_token).status_code == 200

    disabled = client.post(step(api_client, "disable_client"), SENT)
    assert disabled.url == page_of(api_client)
    assert token(api_client, "client-secret-of-the-tests").status_code == 401
    assert ask(access_token).status_code == 401
    assert client.get(step(api_client, "disable_client")).status_code == 403

    client.post(step(api_client, "enable_client"), SENT)
    assert token(api_client, "client-secret-of-the-tests").status_code == 200
    assert ask(access_token).status_code == 401
    assert client.get(step(api_client, "enable_client")).status_code == 403
    actions = AuditEntry.objects.filter(record_id=api_client.pk).order_by("action")
    assert [entry.action for entry in actions] == ["clients.disable", "clients.enable"]


def test_a_client_of_another_platform_is_not_touched(client):
    other = ApiClientFactory(platform=PlatformFactory())
    before = ApiClient.objects.values().get()

    for name in ("new_secret", "disable_client"):
        assert client.post(step(other, name), SENT).status_code == 403

    assert ApiClient.objects.values().get() == before
