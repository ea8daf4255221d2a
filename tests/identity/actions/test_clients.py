"""API clients: a secret is known when it is made, and ends with its tokens."""

import pytest
from django.contrib.auth.hashers import check_password
from django.db import transaction
from oauth2_provider.models import get_access_token_model

from identity.actions import clients
from identity.models import ApiClient
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from tests import partners
from tests.factories.core import PlatformFactory

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")


def add(platform, at, name=" Relay  backend "):
    return clients.add(platform=platform, name=name, by=SYSTEM, at=at)


def renew(client, at, seen=None):
    seen = seen or client.updated.isoformat()
    return clients.renew_secret(client=client, seen=seen, by=SYSTEM, at=at)


def test_a_client_has_a_random_id_and_a_hashed_secret(platform, at):
    issued, other = add(platform, at), add(platform, at, "Other")

    client = ApiClient.objects.get(pk=issued.client.pk)
    assert (client.name, client.platform, client.disabled_at) == ("Relay backend", platform, None)
    assert (client.client_type, client.authorization_grant_type) == (
        "confidential",
        "client-credentials",
    )
    assert len({client.client_id, other.client.client_id, issued.secret, other.secret}) == 4
    assert len(issued.secret) >= 40
    assert check_password(issued.secret, client.client_secret)
    assert issued.secret not in repr(issued)


def test_a_new_secret_ends_the_old_one_and_the_tokens_of_this_client_only(platform, at):
    issued = add(platform, at)
    tokens = get_access_token_model().objects
    partners.bearer(platform, "groups")
    tokens.create(application=issued.client, token="t", scope="groups", expires=at)

    renewed = renew(issued.client, at)

    stored = ApiClient.objects.get(pk=issued.client.pk).client_secret
    assert check_password(renewed.secret, stored)
    assert not check_password(issued.secret, stored)
    assert tokens.get().application != issued.client


def test_a_secret_that_somebody_replaced_meanwhile_is_not_replaced_again(platform, at):
    issued = add(platform, at)
    seen = issued.client.updated.isoformat()
    renewed = renew(issued.client, at)

    with pytest.raises(clients.ClientChanged, match="Reload"), transaction.atomic():
        renew(issued.client, at, seen)

    stored = ApiClient.objects.get().client_secret
    assert check_password(renewed.secret, stored)


@pytest.mark.parametrize("name", ["relay BACKEND", " "])
def test_a_name_is_given_once_on_a_platform(platform, at, name):
    add(platform, at)
    add(PlatformFactory(), at)

    with pytest.raises((clients.ClientChanged, clients.ClientNotNamed)), transaction.atomic():
        add(platform, at, name)

    assert ApiClient.objects.count() == 2


def test_disabling_twice_is_recorded_once(platform, at):
    client = add(platform, at).client

    for do in (clients.disable, clients.disable, clients.enable, clients.enable):
        do(client=client, by=SYSTEM, at=at)

    actions = AuditEntry.objects.values_list("action", flat=True)
    assert sorted(actions) == ["clients.add", "clients.disable", "clients.enable"]
