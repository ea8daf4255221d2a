"""What was attested, and that it was revoked, is never rewritten: the database refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from identity.models import Account, PersonTag, Verification
from tests.factories.base import AT, fixture_rows
from tests.factories.identity import (
    AccountFactory,
    UserFactory,
    VerificationFactory,
    VerificationProviderFactory,
    VerificationRequestFactory,
)

pytestmark = pytest.mark.django_db
REVOKED = {"revoked_at": AT, "revoked_reason": "Withdrawn."}


def change(verification, **fields):
    with fixture_rows():
        Verification.objects.filter(pk=verification.pk).update(**fields)


def refused(name, verification, **fields):
    before = Verification.objects.filter(pk=verification.pk).values().get()
    with pytest.raises(IntegrityError, match=rf"\b{name}\b"), transaction.atomic():
        change(verification, **fields)
    assert Verification.objects.filter(pk=verification.pk).values().get() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account", AccountFactory),
        ("provider", VerificationProviderFactory),
        ("level", lambda: "HIGH"),
        ("method", lambda: "Video call"),
        ("reference", lambda: "r-2"),
        ("recorded_by", UserFactory),
        ("recorded_by", lambda: None),
        ("verified_at", lambda: AT),
        ("expires_at", lambda: AT + timedelta(days=9999)),
    ],
)
def test_an_attestation_is_never_rewritten(field, value):
    verification = VerificationFactory(recorded_by=UserFactory())

    refused("an_attestation_is_never_rewritten", verification, **{field: value()})


@pytest.mark.parametrize(
    "fields",
    [
        {"revoked_at": None, "revoked_by": None, "revoked_reason": None},
        {"revoked_at": AT + timedelta(days=1)},
        {"revoked_reason": "Another."},
    ],
    ids=["cleared", "moved", "reworded"],
)
def test_a_revoked_attestation_stays_revoked(fields):
    verification = VerificationFactory(revoked_by=UserFactory(), **REVOKED)

    refused("a_revoked_attestation_stays_revoked", verification, **fields)


def test_who_revoked_an_attestation_stays_named():
    verification = VerificationFactory(revoked_by=UserFactory(), **REVOKED)

    refused("a_revoked_attestation_stays_revoked", verification, revoked_by=UserFactory())


def test_an_attestation_outlives_its_request():
    request = VerificationRequestFactory()
    verification = VerificationFactory(
        account=request.account,
        provider=request.provider,
        request=request,
        **REVOKED,
        revoked_by=UserFactory(),
    )

    change(verification, request=None, expiry_noted_at=AT)

    verification.refresh_from_db()
    assert (verification.request, verification.expiry_noted_at) == (None, AT)


@pytest.mark.parametrize("fields", [{"display_name": "Ada"}, {"user": True}])
def test_an_erased_account_takes_no_name_and_no_person(fields):
    account = AccountFactory(display_name="", erased_at=AT)
    given = {"user": UserFactory()} if "user" in fields else fields

    with (
        pytest.raises(IntegrityError, match="an_erased_account_has_no_name_and_no_person"),
        fixture_rows(),
        transaction.atomic(),
    ):
        Account.objects.filter(pk=account.pk).update(**given)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "OIDC"},
        {"kind": "OIDC", "issuer": "https://id.example", "client_id": "a"},
        {"kind": "OIDC", "issuer": "https://id.example", "client_secret": "s"},
        {"kind": "OIDC", "client_id": "a", "client_secret": "s"},
        {"kind": "MANUAL", "issuer": "https://id.example"},
        {"kind": "MANUAL", "client_id": "a"},
        {"kind": "MANUAL", "client_secret": "s"},
    ],
)
def test_an_openid_provider_and_no_other_has_an_issuer(fields):
    with (
        pytest.raises(IntegrityError, match="an_openid_provider_and_no_other_has_an_issuer"),
        transaction.atomic(),
    ):
        VerificationProviderFactory(**fields)


def test_a_person_is_tagged_once_per_account():
    account = AccountFactory()
    given = {"account": account, "digest": b"x" * 32, "created_at": AT}

    with (
        pytest.raises(IntegrityError, match="a_person_is_tagged_once_per_account"),
        fixture_rows(),
        transaction.atomic(),
    ):
        PersonTag.objects.bulk_create([PersonTag(**given), PersonTag(**given)])
