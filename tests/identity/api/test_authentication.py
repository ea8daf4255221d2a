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


@pytest.mark.parametrize("url", [URL, "/api/v1/flags"])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<a/>", "text/xml"),
        ("access_token=unknown", "application/x-www-form-urlencoded"),
        ("no form", "multipart/form-data"),
        ("{", "application/json"),
        ("[" * 100, "application/json"),
    ],
)
@pytest.mark.parametrize("sent", [{}, {"authorization": "Bearer unknown"}])
def test_what_is_wrong_with_a_body_is_told_only_to_who_may_send_one(
    client, settings, url, body, content_type, sent
):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 50

    assert client.post(url, body, content_type, headers=sent).status_code == 401


@pytest.mark.parametrize("query", ["", "?of=relay"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
@pytest.mark.parametrize("scope", ["events", "flags"])
def test_who_may_send_a_body_is_told_what_is_wrong_with_it(client, platform, scope, scheme, query):
    sent = {"authorization": bearer(platform, scope)["authorization"].replace("Bearer", scheme)}
    url = f"/api/v1/{scope}{query}"

    xml = client.post(url, "<a/>", "text/xml", headers=sent)
    form = client.post(url, "a=1", "application/x-www-form-urlencoded", headers=sent)
    empty = client.post(url, "{}", "application/json", headers=sent | {"Idempotency-Key": "a"})

    assert [xml.status_code, form.status_code, empty.status_code] == [415, 415, 422]


def test_a_token_in_a_form_opens_nothing(client, headers):
    """RFC 6750, section 2.2 lets a server take one; no endpoint of ours reads forms."""
    form = {"access_token": headers["authorization"].removeprefix("Bearer ")}

    assert client.post(URL, form).status_code == 401


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
