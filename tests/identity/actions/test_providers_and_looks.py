"""Providers are added and changed; identity details open for a purpose and close by themselves."""

from datetime import timedelta

import pytest
from django.db import transaction

from identity import queries
from identity.actions import looks, providers, verifications
from identity.models import IdentityAccess, VerificationProvider
from portal.core.actors import Actor
from portal.core.errors import Invalid
from portal.core.models import AuditEntry
from tests.factories.identity import (
    AccountFactory,
    ApiClientFactory,
    UserFactory,
    VerificationFactory,
    VerificationProviderFactory,
)

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")


def add(platform, at, **changes):
    given = {"name": "Counter", "kind": "MANUAL", "level": "HIGH", "validity_days": 365} | changes
    return providers.add(platform=platform, **given, by=SYSTEM, at=at)


def test_a_provider_is_added_and_audited(platform, at):
    provider = add(platform, at, name=" Counter ")

    assert provider.terms == {
        "name": "Counter",
        "level": "HIGH",
        "validity_days": 365,
        "is_enabled": True,
    }
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.new["level"]) == ("providers.add", "HIGH")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "EMAIL", "level": "SUBSTANTIAL"},
        {"kind": "EMAIL", "level": "HIGH"},
        {"kind": "OIDC"},
        {"name": " "},
        {"validity_days": 0},
        {"validity_days": 3651},
    ],
)
def test_a_provider_that_cannot_be_is_refused_in_words(platform, at, changes):
    with pytest.raises(providers.ProviderNotValid), transaction.atomic():
        add(platform, at, **changes)

    assert not VerificationProvider.objects.exists()


def test_a_name_is_given_once(platform, at):
    add(platform, at)

    with pytest.raises(providers.ProviderChanged, match="this name"), transaction.atomic():
        add(platform, at)


def test_a_change_counts_from_now_and_keeps_what_was_attested(platform, at):
    provider = add(platform, at)
    attested = VerificationFactory(
        account=AccountFactory(platform=platform), provider=provider, level="HIGH"
    )
    new = {"name": "Desk", "level": "BASIC", "validity_days": 30, "is_enabled": False}

    providers.change(provider=provider, seen=provider.terms, **new, by=SYSTEM, at=at)

    attested.refresh_from_db()
    assert provider.terms == new
    assert attested.level == "HIGH"


def test_a_change_of_what_is_no_longer_so_is_refused(platform, at):
    provider = add(platform, at)
    seen = provider.terms
    new = seen | {"level": "BASIC"}
    providers.change(provider=provider, seen=seen, **new, by=SYSTEM, at=at)

    with pytest.raises(providers.ProviderChanged, match="Reload"), transaction.atomic():
        providers.change(
            provider=provider, seen=seen, **(seen | {"name": "Desk"}), by=SYSTEM, at=at
        )

    provider.refresh_from_db()
    assert provider.terms == new


def test_a_look_opens_details_of_one_person_to_one_officer_for_fifteen_minutes(at):
    account, user = AccountFactory(), UserFactory(is_staff=True)

    looks.start(account=account, purpose=" An appeal. ", by=Actor.user(user), at=at)

    def may(account=account, user=user, after=timedelta(0)):
        return queries.may_look(account=account, user=user, at=at + after)

    quarter = timedelta(minutes=15)
    assert may()
    assert may(after=quarter - timedelta(microseconds=1))
    assert not may(after=quarter)
    assert not may(after=-timedelta(microseconds=1))
    assert not may(user=UserFactory(is_staff=True))
    assert not may(account=AccountFactory(platform=account.platform))
    assert IdentityAccess.objects.get().purpose == "An appeal."
    assert AuditEntry.objects.get().action == "looks.start"


@pytest.mark.parametrize("purpose", ["", "  "])
def test_nobody_looks_without_a_purpose(purpose, at):
    with pytest.raises(looks.PurposeMissing), transaction.atomic():
        looks.start(account=AccountFactory(), purpose=purpose, by=Actor.user(UserFactory()), at=at)

    assert not IdentityAccess.objects.exists()


def test_a_partner_revokes_and_is_named(at):
    verification = VerificationFactory()
    client = ApiClientFactory(platform=verification.account.platform)

    verifications.revoke(
        verification=verification, reason="An error.", by=Actor.client(client), at=at
    )

    assert (verification.revoked_by, verification.revoked_by_client_id) == (None, client.pk)


@pytest.mark.parametrize("ago", [timedelta(microseconds=-1), timedelta(days=30)])
def test_what_was_attested_in_the_future_or_is_over_is_refused(ago, at):
    account = AccountFactory()
    provider = VerificationProviderFactory(platform=account.platform, validity_days=30)

    with pytest.raises(Invalid), transaction.atomic():
        verifications.record(
            account=account,
            provider=provider,
            method="Seen",
            reference="",
            verified_at=at - ago,
            by=SYSTEM,
            at=at,
        )

    assert not account.verifications.exists()
