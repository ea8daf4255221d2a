"""A token asked for while the secret is replaced, or the client disabled, does not outlive it."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import transaction
from django.test import Client
from oauth2_provider.models import get_access_token_model

from identity.actions import clients
from identity.models import ApiClient
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from tests.factories.base import AT
from tests.factories.identity import ApiClientFactory
from tests.identity.test_tokens import ask
from tests.races import at_once

SYSTEM = Actor.system("tests")
TOKENS = get_access_token_model().objects
pytestmark = pytest.mark.django_db(transaction=True)


def renew(client):
    return clients.renew_secret(client=client, seen=client.updated.isoformat(), by=SYSTEM, at=AT)


ENDINGS = [renew, partial(clients.disable, by=SYSTEM, at=AT)]
either = pytest.mark.parametrize("end", ENDINGS, ids=["a new secret", "disabling"])


@pytest.fixture
def client_of_partner():
    return ApiClient.objects.get(pk=ApiClientFactory().pk)


@either
def test_a_token_that_came_just_before_ends(client_of_partner, end):
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert ask(Client(), client_of_partner).status_code == 200
            ending = pool.submit(at_once.run, lambda: end(client=client_of_partner))
            at_once.until_somebody_waits()
        ending.result()

    assert TOKENS.count() == 0
    assert AuditEntry.objects.get().new["tokens_revoked"] == 1


@either
def test_a_request_that_waited_gets_what_a_wrong_secret_gets(client_of_partner, end):
    wrong = ask(Client(), client_of_partner, client_secret="wrong")

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            end(client=client_of_partner)
            asking = pool.submit(at_once.run, lambda: ask(Client(), client_of_partner))
            at_once.until_somebody_waits()
        (answer,) = asking.result()

    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    assert (answer.content, answer.headers.keys()) == (wrong.content, wrong.headers.keys())
    assert TOKENS.count() == 0
