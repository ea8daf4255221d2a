"""Partners invite the people behind accounts of their own platform."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from identity import invitations
from identity.models import Account
from portal.core.models import AuditEntry
from tests import partners
from tests.factories.base import AT, fixture_rows
from tests.factories.identity import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/invitations"


@pytest.fixture(autouse=True)
def noon(db):
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def post(platform):
    own = partners.bearer(platform, "invitations")

    def send(body, headers=own, **more):
        with transaction.atomic():
            return Client().post(URL, body, "application/json", headers=headers | more)

    return send


def test_the_link_connects_exactly_that_account_for_three_days(post, platform):
    account = AccountFactory(platform=platform, external_id="p-1")
    AccountFactory(external_id="p-1")

    answer = post({"account": "p-1"})

    assert answer.status_code == 201
    told = answer.json()
    assert (told["account"], told["is_connected"]) == ("p-1", False)
    assert told["expires_at"] == "2026-11-05T12:00:00Z"
    token = urlsplit(told["link"]).path.split("/")[-2]
    read = invitations.read(token, at=AT)
    assert (read.account_id, read.expires_at, read.email) == (
        account.pk,
        AT + timedelta(days=3),
        "",
    )
    (entry,) = AuditEntry.objects.filter(action="invitations.issue")
    assert (entry.record_id, entry.actor_label.split(":")[0]) == (str(account.pk), "client")
    assert token not in str(entry.new)


def test_an_account_that_accord_does_not_know_is_created(post, platform):
    assert post({"account": "p-new"}).status_code == 201
    assert Account.objects.filter(platform=platform, external_id="p-new").count() == 1


def test_the_partner_learns_whether_the_person_signs_in_and_nothing_of_them(post, platform):
    AccountFactory(platform=platform, external_id="p-1", user=UserFactory(email="ada@example.org"))

    answer = post({"account": "p-1"})

    assert answer.json()["is_connected"] is True
    assert b"ada" not in answer.content


def test_an_erased_person_is_not_invited_again(post, platform):
    AccountFactory(platform=platform, external_id="p-1", display_name="")
    with fixture_rows():
        Account.objects.filter(external_id="p-1").update(erased_at=AT)

    answer = post({"account": "p-1"})

    assert answer.status_code == 404
    assert answer.json()["code"] == "invitation-not-valid"


@pytest.mark.parametrize("body", [{}, {"account": ""}, {"account": "p" * 201}])
def test_a_body_without_an_account_is_refused(post, body):
    answer = post(body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/account"]


def test_a_client_without_the_scope_is_refused(post, platform):
    answer = post({"account": "p-1"}, headers=partners.bearer(platform, "events"))

    assert answer.status_code == 403


def test_the_same_key_gets_the_same_answer(post):
    first, second = (post({"account": "p-1"}, **{"idempotency-key": "k-1"}) for _ in range(2))

    assert first.json() == second.json()
    assert AuditEntry.objects.filter(action="invitations.issue").count() == 1
