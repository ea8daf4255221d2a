"""Who may ask: the token of a request is judged alike, in the short way and in the library's."""

from datetime import timedelta

import pytest
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from tests.partners import bearer

pytestmark = pytest.mark.django_db
URL = "/api/v1/events"


@pytest.fixture
def headers(platform):
    return bearer(platform, "events")


@pytest.fixture
def token(headers):
    return get_access_token_model().objects.get()


def test_a_token_opens_what_its_scope_names(client, headers):
    assert client.get(URL, headers=headers).status_code == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
def test_however_the_scheme_is_written(client, headers, scheme):
    sent = headers["authorization"].replace("Bearer", scheme)

    assert client.get(URL, headers={"authorization": sent}).status_code == 200


@pytest.mark.parametrize("sent", ["Bearer unknown", "Bearer", "Bearer a b", "Basic YTpi", ""])
def test_anything_else_is_refused_with_what_to_send(client, headers, sent):
    answer = client.get(URL, headers={"authorization": sent})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer ")


def test_a_token_ends(client, headers, token):
    token.expires = timezone.now() - timedelta(seconds=1)
    token.save()

    answer = client.get(URL, headers=headers)

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


def test_the_token_of_a_disabled_client_opens_nothing(client, headers, token):
    token.application.disabled_at = timezone.now()
    token.application.save()

    assert client.get(URL, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("resource", "status"), [("http://testserver/", 200), ("https://elsewhere.example/", 401)]
)
def test_a_token_for_one_service_opens_no_other(client, headers, token, resource, status):
    """RFC 8707, resource indicators."""
    token.resource = [resource]
    token.save()

    assert client.get(URL, headers=headers).status_code == status


def test_a_token_in_an_address_is_refused(client, headers):
    """RFC 9700, section 4.3.2: addresses are kept in logs and histories."""
    sent = headers["authorization"].removeprefix("Bearer ")

    assert client.get(URL, {"access_token": sent}).status_code == 401
    assert client.get(URL, {"access_token": sent}, headers=headers).status_code == 401
