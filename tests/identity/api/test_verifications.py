"""Partners attest people of their own platform and take it back; nobody else's."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from identity.models import Verification
from portal.core.models import AuditEntry
from tests import partners
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.identity import (
    AccountFactory,
    VerificationFactory,
    VerificationProviderFactory,
)

pytestmark = pytest.mark.django_db
URL = "/api/v1/verifications"


@pytest.fixture(autouse=True)
def noon(db):
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def account(platform):
    return AccountFactory(platform=platform)


@pytest.fixture
def provider(platform):
    return VerificationProviderFactory(
        platform=platform, kind="PARTNER", name="Counters", level="SUBSTANTIAL", validity_days=100
    )


@pytest.fixture
def post(platform):
    own = partners.bearer(platform, "verifications")

    def send(url, body, headers=own, **more):
        with transaction.atomic():
            return Client().post(url, body, "application/json", headers=headers | more)

    return send


def sent(account, provider, /, **changes):
    return {
        "account": account.external_id,
        "provider": provider.name,
        "method": "Seen in person",
        "reference": "chk-5521",
        "verified_at": (AT - timedelta(days=10)).isoformat(),
    } | changes


def test_an_attestation_is_recorded_at_the_level_of_the_provider(post, account, provider):
    answer = post(URL, sent(account, provider))

    assert answer.status_code == 201
    stored = Verification.objects.get()
    assert answer.json() == {
        "id": str(stored.pk),
        "account": account.external_id,
        "level": "SUBSTANTIAL",
        "verified_at": "2026-10-23T12:00:00Z",
        "expires_at": "2027-01-31T12:00:00Z",
        "revoked_at": None,
    }
    assert (stored.method, stored.reference) == ("Seen in person", "chk-5521")
    assert AuditEntry.objects.get(action="verifications.record").actor_kind == "CLIENT"


def test_sent_twice_under_one_key_it_is_recorded_once(post, account, provider):
    key = {"Idempotency-Key": "k-1"}

    answers = [post(URL, sent(account, provider), **key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert Verification.objects.count() == 1


@pytest.mark.parametrize("foreign", [False, True], ids=["missing", "foreign"])
@pytest.mark.parametrize("name", ["account", "provider"])
def test_a_foreign_name_answers_like_a_missing_one(post, account, provider, name, foreign):
    other = PlatformFactory()
    AccountFactory(platform=other, external_id="elsewhere")
    VerificationProviderFactory(platform=other, kind="PARTNER", name="elsewhere")
    value = "elsewhere" if foreign else "nowhere"

    answer = post(URL, sent(account, provider, **{name: value}))

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"#/{name}"]
    assert "of this name or id" in answer.json()["errors"][0]["detail"]
    assert not Verification.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [{"kind": "MANUAL"}, {"kind": "EMAIL", "level": "BASIC"}, {"is_enabled": False}],
    ids=["manual", "email", "switched off"],
)
def test_only_a_partner_provider_in_use_attests(post, platform, account, changes):
    fields = {"kind": "PARTNER", "name": "Other"} | changes
    other = VerificationProviderFactory(platform=platform, **fields)

    answer = post(URL, sent(account, other))

    assert answer.status_code == 422
    assert not Verification.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"verified_at": (AT + timedelta(seconds=1)).isoformat()}, 422),
        ({"verified_at": (AT - timedelta(days=100)).isoformat()}, 422),
        ({"verified_at": "yesterday"}, 422),
        ({"method": ""}, 422),
        ({"method": "x" * 81}, 422),
        ({"reference": "x" * 121}, 422),
        ({"account": "a\0b"}, 400),
    ],
)
def test_what_cannot_be_is_refused(post, account, provider, changes, status):
    answer = post(URL, sent(account, provider, **changes))

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not Verification.objects.exists()


def test_another_scope_is_not_enough(platform, post, account, provider):
    headers = partners.bearer(platform, "events flags groups access")

    answer = post(URL, sent(account, provider), headers)

    assert answer.status_code == 403
    assert not Verification.objects.exists()


def test_an_attestation_is_taken_back_once(post, account, provider):
    verification = VerificationFactory(account=account, provider=provider)
    url = f"{URL}/{verification.pk}/revoke"

    first, second = (post(url, {"reason": "The wrong account."}) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 409)
    assert first.json()["revoked_at"] == "2026-11-02T12:00:00Z"
    verification.refresh_from_db()
    assert verification.revoked_reason == "The wrong account."
    assert verification.revoked_by_client.platform == account.platform
    assert second.json()["code"] == "verification-ended"


@pytest.mark.parametrize("which", ["foreign", "manual", "missing"])
def test_what_another_attested_answers_like_a_missing_one(post, platform, account, which):
    place = PlatformFactory() if which == "foreign" else platform
    kind = "PARTNER" if which == "foreign" else "MANUAL"
    verification = VerificationFactory(
        account=AccountFactory(platform=place),
        provider=VerificationProviderFactory(platform=place, kind=kind),
    )
    id = uuid4() if which == "missing" else verification.pk

    answer = post(f"{URL}/{id}/revoke", {"reason": "The wrong account."})

    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no such record, or it is not one you may see."
    verification.refresh_from_db()
    assert verification.revoked_at is None


def test_a_revocation_says_why(post, account, provider):
    verification = VerificationFactory(account=account, provider=provider)

    answer = post(f"{URL}/{verification.pk}/revoke", {"reason": " "})

    assert answer.status_code == 422
    verification.refresh_from_db()
    assert verification.revoked_at is None
