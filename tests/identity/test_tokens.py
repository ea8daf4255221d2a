"""Partners get tokens by client credentials; tokens are never stored in clear."""

import pytest
from django.urls import reverse
from oauth2_provider.models import get_access_token_model

from tests.factories.base import AT
from tests.factories.identity import ApiClientFactory

pytestmark = pytest.mark.django_db

SECRET = "client-secret-of-the-tests"


def ask(client, api_client, **fields):
    data = {
        "grant_type": "client_credentials",
        "client_id": api_client.client_id,
        "client_secret": SECRET,
        "scope": "events flags",
    }
    return client.post(reverse("identity-api:token"), data | fields)


def test_a_client_gets_a_token_for_an_hour(client):
    answer = ask(client, ApiClientFactory())

    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 3600
    assert answer.json()["scope"] == "events flags"


def test_the_token_is_stored_as_a_checksum_only(client):
    token = ask(client, ApiClientFactory()).json()["access_token"]

    stored = get_access_token_model().objects.get()
    assert token not in {str(value) for value in vars(stored).values()}


@pytest.mark.parametrize(
    "fields",
    [{"client_secret": "wrong"}, {"grant_type": "password", "username": "a", "password": "b"}],
    ids=["wrong secret", "another grant"],
)
def test_anything_else_gets_no_token(client, fields):
    answer = ask(client, ApiClientFactory(), **fields)

    assert answer.status_code in (400, 401)
    assert get_access_token_model().objects.count() == 0


def test_a_disabled_client_gets_no_token(client):
    assert ask(client, ApiClientFactory(disabled_at=AT)).status_code == 401
    assert get_access_token_model().objects.count() == 0
