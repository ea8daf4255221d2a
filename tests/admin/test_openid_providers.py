"""An administrator connects an OpenID provider, which is asked before anything is saved."""

import pytest
from django.urls import reverse

from identity.models import VerificationProvider
from identity.roles import Role
from portal.core.admin.panels import page_of
from portal.demo.issuer import CLIENT_ID
from tests.admin.entering import enter
from tests.factories.core import PlatformFactory
from tests.factories.identity import VerificationProviderFactory, staff_user
from tests.identity.openid.conftest import issuer, issuer_process  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
ADD = "admin:identity_verificationprovider_add_openid"
SECRET = "a-secret-of-the-client"


@pytest.fixture
def platform(transactional_db):
    return PlatformFactory()


@pytest.fixture
def client(platform):
    return enter(staff_user(platform, Role.ADMINISTRATOR))


@pytest.fixture
def given(platform, issuer):  # noqa: F811
    return {
        "_form_submitted": "on",
        "platform": platform.pk,
        "name": "Citizen portal",
        "issuer": issuer.url,
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "level": "HIGH",
        "validity_days": 365,
    }


def test_a_provider_that_answers_is_added_and_its_secret_is_not_shown(client, given, settings):
    dialog = client.get(reverse(ADD)).content.decode()
    assert settings.PUBLIC_URL + "/verifications/back/" in dialog

    answer = client.post(reverse(ADD), given)

    provider = VerificationProvider.objects.get()
    assert answer.url == page_of(provider)
    assert (provider.kind, provider.issuer, provider.client_secret) == (
        "OIDC",
        given["issuer"],
        SECRET,
    )
    page = client.get(page_of(provider)).content.decode()
    assert given["issuer"] in page
    assert SECRET not in page


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"issuer": "http://127.0.0.1:1024"}, 503, "does not answer as it should"),
        ({"issuer": "http://10.0.0.1"}, 409, "not public"),
        ({"client_secret": ""}, 200, "This field is required"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_saved(client, given, changes, status, words):
    answer = client.post(reverse(ADD), given | changes)

    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not VerificationProvider.objects.exists()


def test_another_issuer_at_the_address_is_named(client, given, issuer):  # noqa: F811
    answer = client.post(reverse(ADD), given | {"issuer": issuer.url + "/"})

    assert answer.status_code == 409
    assert "At this address somebody else answers" in answer.content.decode()


def test_the_connection_is_changed_and_an_empty_secret_stays(client, given, issuer, platform):  # noqa: F811
    provider = VerificationProviderFactory(
        platform=platform,
        kind="OIDC",
        issuer="https://old.example",
        client_id="old",
        client_secret=SECRET,
    )
    url = reverse("admin:identity_verificationprovider_reconnect", args=[provider.pk])
    assert SECRET not in client.get(url).content.decode()
    new = {"_form_submitted": "on", "issuer": issuer.url, "client_id": "new"}

    first = client.post(url, new | {"client_secret": ""})
    provider.refresh_from_db()
    assert first.status_code == 302
    assert (provider.issuer, provider.client_id, provider.client_secret) == (
        issuer.url,
        "new",
        SECRET,
    )

    client.post(url, new | {"client_secret": "another"})
    provider.refresh_from_db()
    assert provider.client_secret == "another"


def test_only_an_openid_provider_has_a_connection(client, platform):
    provider = VerificationProviderFactory(platform=platform)
    url = reverse("admin:identity_verificationprovider_reconnect", args=[provider.pk])

    assert client.get(url).status_code == 403
