"""Asking to be verified, the appeal of a refusal, and who may not review what."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction

from identity import email_links
from identity.actions import requests, verifications
from identity.models import Verification, VerificationProvider, VerificationRequest
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from tests.factories.base import fixture_rows
from tests.factories.identity import (
    AccountFactory,
    UserFactory,
    VerificationProviderFactory,
    VerificationRequestFactory,
)

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("tests")
MICROSECOND = timedelta(microseconds=1)


def officer():
    return Actor.user(UserFactory(is_staff=True))


@pytest.fixture
def refused(at):
    """A request that an officer declined."""
    request = VerificationRequestFactory(account=AccountFactory(user=UserFactory()))
    by = officer()
    requests.take(request=request, by=by, at=at)
    return requests.decline(request=request, reason="It was misread.", by=by, at=at)


def appeal(request, *, at):
    person = Actor.user(request.account.user)
    return requests.appeal(request=request, grounds="Look again.", by=person, at=at)


def test_who_attests_by_themselves_cannot_be_asked(at):
    account = AccountFactory()
    provider = VerificationProviderFactory(platform=account.platform, kind="PARTNER")

    with pytest.raises(verifications.ProviderNotUsable), transaction.atomic():
        requests.start(account=account, provider=provider, by=SYSTEM, at=at)

    assert not VerificationRequest.objects.exists()


def test_a_request_by_an_officer_of_their_own_account_is_refused_in_words(at):
    user = UserFactory(is_staff=True)
    request = VerificationRequestFactory(account=AccountFactory(user=user))

    with pytest.raises(requests.OwnRequest, match="your own account"), transaction.atomic():
        requests.take(request=request, by=Actor.user(user), at=at)

    request.refresh_from_db()
    assert (request.state, request.taken_by) == ("PENDING", None)


def test_a_refusal_can_be_appealed_until_thirty_days_have_passed(refused, at):
    late = at + timedelta(days=30)
    with pytest.raises(requests.NoAppeal), transaction.atomic():
        appeal(refused, at=late + MICROSECOND)

    anew = appeal(refused, at=late)

    assert (anew.appeals, anew.state, anew.grounds) == (refused, "PENDING", "Look again.")
    assert anew.due_at == late + requests.ANSWERED_WITHIN
    assert AuditEntry.objects.filter(action="requests.appeal").count() == 1


def test_a_refusal_is_appealed_once(refused, at):
    first = appeal(refused, at=at)
    requests.withdraw(request=first, by=Actor.user(refused.account.user), at=at)
    again = VerificationRequest.objects.get(pk=refused.pk)

    with pytest.raises(requests.NoAppeal), transaction.atomic():
        appeal(again, at=at)

    assert VerificationRequest.objects.filter(appeals=refused).count() == 1


def test_an_appeal_that_fails_is_not_appealed_again(refused, at):
    anew, other = appeal(refused, at=at), officer()
    requests.take(request=anew, by=other, at=at)
    requests.decline(request=anew, reason="It is as it was.", by=other, at=at)

    with pytest.raises(requests.NoAppeal), transaction.atomic():
        appeal(anew, at=at)


@pytest.mark.parametrize("state", ["PENDING", "IN_REVIEW", "APPROVED", "EXPIRED", "WITHDRAWN"])
def test_only_a_refusal_is_appealed(state, at):
    account = AccountFactory(user=UserFactory())
    request = VerificationRequestFactory(account=account, state=state, decided_at=at)

    with pytest.raises(requests.NoAppeal), transaction.atomic():
        appeal(request, at=at)


def test_who_declined_does_not_look_at_the_appeal_and_another_does(refused, at):
    anew = appeal(refused, at=at)
    with pytest.raises(requests.OwnRequest, match="declined this"), transaction.atomic():
        requests.take(request=anew, by=Actor.user(refused.decided_by), at=at)

    other = officer()
    requests.take(request=anew, by=other, at=at)
    with pytest.raises(requests.OwnRequest), transaction.atomic():
        requests.approve(
            request=anew,
            method="Seen",
            reference="",
            by=Actor.user(refused.decided_by),
            at=at,
        )
    verification = requests.approve(request=anew, method="Seen", reference="", by=other, at=at)

    assert verification.request == anew
    assert anew.decided_by_id == other.id


def test_whoever_withdraws_is_not_named_as_who_decided(at):
    user = UserFactory()
    request = VerificationRequestFactory(account=AccountFactory(user=user))

    requests.withdraw(request=request, by=Actor.user(user), at=at)

    assert (request.state, request.decided_by, request.decided_at) == ("WITHDRAWN", None, at)


# --- links by e-mail ---------------------------------------------------------------------------


@pytest.fixture
def reader():
    """An account of somebody with a confirmed address, on a platform that sends links."""
    user = UserFactory()
    with fixture_rows():
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    account = AccountFactory(user=user)
    VerificationProviderFactory(
        platform=account.platform, kind="EMAIL", level="BASIC", name="Link", validity_days=365
    )
    return account


def ask(account, *, at):
    provider = VerificationProvider.objects.get(platform=account.platform, kind="EMAIL")
    return requests.start(account=account, provider=provider, by=Actor.user(account.user), at=at)


def test_a_link_needs_a_confirmed_address(reader, at):
    EmailAddress.objects.update(verified=False)

    with pytest.raises(email_links.NoAddress), transaction.atomic():
        ask(reader, at=at)

    assert not VerificationRequest.objects.exists()


def test_a_link_confirms_once_and_attests_basic(reader, at):
    request, by = ask(reader, at=at), Actor.user(reader.user)

    verification = requests.confirm(request=request, by=by, at=at)

    assert (verification.level, verification.method) == ("BASIC", "Link sent by email")
    assert verification.expires_at == at + timedelta(days=365)
    assert (request.state, request.decided_by) == ("APPROVED", None)
    with pytest.raises(requests.RequestEnded), transaction.atomic():
        requests.confirm(request=request, by=by, at=at)
    assert Verification.objects.count() == 1


def test_a_link_is_too_old_after_a_day(reader, at):
    request, by = ask(reader, at=at), Actor.user(reader.user)
    end = at + timedelta(hours=24)

    with pytest.raises(requests.RequestEnded), transaction.atomic():
        requests.confirm(request=request, by=by, at=end)

    requests.confirm(request=request, by=by, at=end - MICROSECOND)


def test_no_officer_decides_what_a_link_decides(reader, at):
    request = ask(reader, at=at)

    with pytest.raises(verifications.ProviderNotUsable), transaction.atomic():
        requests.take(request=request, by=officer(), at=at)


def test_a_token_is_good_for_one_address_only(reader, at):
    request = ask(reader, at=at)
    token = email_links.token_for(request.pk, address=reader.user.email)

    assert email_links.request_id_in(token, address=reader.user.email) == request.pk
    for wrong, address in (
        (token, "other@example.org"),
        (token[:-1], reader.user.email),
        (token + "x", reader.user.email),
        ("", reader.user.email),
        ("x:y", reader.user.email),
    ):
        with pytest.raises(email_links.LinkNotValid):
            email_links.request_id_in(wrong, address=address)
