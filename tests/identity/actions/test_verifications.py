from datetime import timedelta

import pytest
from django.db import transaction

from identity.actions import requests, verifications
from identity.models import Verification
from portal.core.actors import Actor
from portal.core.models import AuditEntry, OutboxEvent
from tests.factories.identity import (
    AccountFactory,
    UserFactory,
    VerificationFactory,
    VerificationProviderFactory,
    VerificationRequestFactory,
)

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("tests")


def test_an_attestation_holds_from_now_until_its_validity_ends(at):
    account = AccountFactory()
    provider = VerificationProviderFactory(platform=account.platform, validity_days=10)

    verification = verifications.record(
        account=account,
        provider=provider,
        method="In person",
        reference="r-1",
        by=Actor.user(UserFactory()),
        at=at,
    )

    valid = Verification.objects.filter(pk=verification.pk)
    assert valid.valid_at(at).exists()
    assert valid.valid_at(at + timedelta(days=10) - timedelta(microseconds=1)).exists()
    assert not valid.valid_at(at + timedelta(days=10)).exists()
    assert not valid.valid_at(at - timedelta(microseconds=1)).exists()


def test_a_provider_of_another_platform_is_refused_and_nothing_is_stored(at):
    with pytest.raises(verifications.ProviderNotUsable), transaction.atomic():
        verifications.record(
            account=AccountFactory(),
            provider=VerificationProviderFactory(),
            method="In person",
            reference="",
            by=SYSTEM,
            at=at,
        )

    assert Verification.objects.count() == 0


def test_a_revoked_attestation_was_valid_before_and_is_not_after(at):
    verification = VerificationFactory()

    verifications.revoke(
        verification=verification, reason="Withdrawn.", by=Actor.user(UserFactory()), at=at
    )

    assert Verification.objects.valid_at(at - timedelta(seconds=1)).exists()
    assert not Verification.objects.valid_at(at).exists()
    with pytest.raises(verifications.VerificationEnded), transaction.atomic():
        verifications.revoke(
            verification=verification, reason="Again.", by=Actor.user(UserFactory()), at=at
        )


def test_an_expiry_is_told_once(at):
    VerificationFactory(expires_at=at)
    VerificationFactory(expires_at=at + timedelta(seconds=1))

    assert verifications.note_expired(by=SYSTEM, at=at) == 1
    assert verifications.note_expired(by=SYSTEM, at=at) == 0

    assert OutboxEvent.objects.filter(type="accord.verification.expired.v1").count() == 1


def test_a_request_is_taken_approved_and_becomes_an_attestation(at):
    request = VerificationRequestFactory()
    officer = Actor.user(UserFactory())

    requests.take(request=request, by=officer, at=at)
    verification = requests.approve(
        request=request, method="Video call", reference="v-7", by=officer, at=at
    )

    request.refresh_from_db()
    assert request.state == "APPROVED"
    assert verification.request == request
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "requests.take",
        "requests.approve",
        "verifications.record",
    ]


def test_a_refusal_needs_a_reason(at):
    request = VerificationRequestFactory()
    requests.take(request=request, by=SYSTEM, at=at)

    with pytest.raises(Exception, match="Say why"), transaction.atomic():
        requests.decline(request=request, reason=" ", by=SYSTEM, at=at)

    request.refresh_from_db()
    assert request.state == "IN_REVIEW"


def test_a_second_open_request_with_a_provider_is_refused(at):
    request = VerificationRequestFactory()

    with pytest.raises(requests.RequestOpen), transaction.atomic():
        requests.start(account=request.account, provider=request.provider, by=SYSTEM, at=at)


def test_an_overdue_request_lapses_once_and_not_early(at):
    request = VerificationRequestFactory(due_at=at)

    assert requests.expire(by=SYSTEM, at=at - timedelta(microseconds=1)) == 0
    assert requests.expire(by=SYSTEM, at=at) == 1
    assert requests.expire(by=SYSTEM, at=at) == 0

    request.refresh_from_db()
    assert request.state == "EXPIRED"
    with pytest.raises(requests.RequestEnded), transaction.atomic():
        requests.withdraw(request=request, by=SYSTEM, at=at)
