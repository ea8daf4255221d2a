"""The page of one's own verification, asking for it, appealing a refusal, and links by e-mail."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.urls import reverse

from identity import email_links
from identity.actions import looks
from identity.models import Verification, VerificationRequest
from portal.core.actors import Actor
from tests.factories.base import AT, fixture_rows
from tests.factories.identity import (
    UserFactory,
    VerificationFactory,
    VerificationProviderFactory,
    VerificationRequestFactory,
)
from tests.groups.views import reading


@pytest.fixture
def provider(place):
    return VerificationProviderFactory(platform=place.platform, name="In person")


@pytest.fixture
def link_provider(place):
    user = place.owner.user
    with fixture_rows():
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return VerificationProviderFactory(
        platform=place.platform, kind="EMAIL", level="BASIC", name="Email link"
    )


def page_of(account):
    return reverse("groups:verification", args=[account.pk])


def ask(client, account, provider):
    return client.post(page_of(account), {"provider": str(provider.pk)})


def refused(account, provider, **fields):
    decided = {"decided_by": UserFactory(), "decided_at": AT, "reason": "It was <b>misread</b>."}
    return VerificationRequestFactory(
        account=account, provider=provider, **({"state": "DECLINED"} | decided | fields)
    )


def test_the_page_says_what_is_attested_by_whom_until_when_and_who_looked(as_user, place):
    VerificationFactory(account=place.owner, provider__name="In person", reference="chk-1")
    officer = UserFactory(is_staff=True, name="Iris Inspector")
    looks.start(account=place.owner, purpose="An appeal.", by=Actor.user(officer), at=AT)

    text = reading.words(as_user(place.owner).get(page_of(place.owner)))

    for said in ("You are verified: substantial", "chk-1", "An identity officer An appeal."):
        assert said in text, said
    assert "Iris" not in text


def test_expired_and_revoked_attestations_do_not_verify(as_user, place):
    VerificationFactory(account=place.owner, expires_at=AT)
    VerificationFactory(
        account=place.owner, revoked_at=AT, revoked_by=UserFactory(), revoked_reason="Forged."
    )

    text = reading.words(as_user(place.owner).get(page_of(place.owner)))

    assert "You are not verified at present." in text
    assert "Expired" in text
    assert "Revoked Forged." in text


def test_a_person_asks_and_sees_the_deadline(as_user, place, provider):
    client = as_user(place.owner)

    answer = ask(client, place.owner, provider)

    assert answer.url == page_of(place.owner)
    request = VerificationRequest.objects.get()
    assert (request.account, request.provider, request.state) == (place.owner, provider, "PENDING")
    text = reading.words(client.get(answer.url))
    assert "Waits for an officer" in text
    assert "Answer expected by 16 Nov 2026, 12:00 UTC" in text
    assert "There is nobody left to ask" in text


@pytest.mark.parametrize("fields", [{"kind": "PARTNER"}, {"is_enabled": False}])
def test_who_cannot_be_asked_is_not_offered(as_user, place, fields):
    other = VerificationProviderFactory(platform=place.platform, **fields)

    answer = ask(as_user(place.owner), place.owner, other)

    assert answer.status_code == 422
    assert other.name not in answer.content.decode()
    assert not VerificationRequest.objects.exists()


def test_a_provider_of_another_service_is_not_offered(as_user, place):
    answer = ask(as_user(place.owner), place.owner, VerificationProviderFactory())

    assert answer.status_code == 422
    assert not VerificationRequest.objects.exists()


def test_a_request_is_withdrawn_as_it_was_seen(as_user, place, provider):
    request = VerificationRequestFactory(account=place.owner, provider=provider)
    client = as_user(place.owner)
    url = reverse("groups:verification_withdraw", args=[request.pk])
    assert 'value="PENDING"' in client.get(url).content.decode()
    VerificationRequest.objects.filter(pk=request.pk).update(state="IN_REVIEW")

    stale = client.post(url, {"state": "PENDING"})
    request.refresh_from_db()
    assert (stale.status_code, request.state) == (409, "IN_REVIEW")

    assert client.post(url, {"state": "IN_REVIEW"}).status_code == 302
    request.refresh_from_db()
    assert request.state == "WITHDRAWN"


def test_a_refusal_is_read_with_its_reason_and_appealed_once(as_user, place, provider):
    request = refused(place.owner, provider)
    client = as_user(place.owner)
    page = client.get(page_of(place.owner))
    assert "It was &lt;b&gt;misread&lt;/b&gt;." in page.content.decode()
    assert "Ask another officer" in reading.words(page)
    assert str(request.decided_by) not in reading.words(page)

    url = reverse("groups:verification_appeal", args=[request.pk])
    empty = client.post(url, {"grounds": " "})
    first, second = (client.post(url, {"grounds": "Look again."}) for _ in range(2))

    assert [empty.status_code, first.status_code, second.status_code] == [422, 302, 409]
    assert VerificationRequest.objects.get(appeals=request).grounds == "Look again."
    assert "Ask another officer" not in reading.words(client.get(page_of(place.owner)))


def test_after_thirty_days_a_refusal_is_no_longer_appealed(as_user, place, provider):
    request = refused(place.owner, provider)
    url = reverse("groups:verification_appeal", args=[request.pk])

    with time_machine.travel(AT + timedelta(days=30, seconds=1), tick=False):
        client = as_user(place.owner)
        page, answer = client.get(url), client.post(url, {"grounds": "Look again."})

    assert "You cannot appeal this." in reading.words(page)
    assert answer.status_code == 409
    assert VerificationRequest.objects.count() == 1


# --- links -------------------------------------------------------------------------------------


@pytest.fixture
def asked(as_user, place, link_provider):
    ask(as_user(place.owner), place.owner, link_provider)
    return VerificationRequest.objects.get()


def link_to(asked):
    token = email_links.token_for(asked.pk, address=asked.account.user.email)
    return reverse("groups:verification_link", args=[token])


def test_without_a_confirmed_address_no_link_is_asked_for(as_user, place, link_provider):
    EmailAddress.objects.update(verified=False)

    answer = ask(as_user(place.owner), place.owner, link_provider)

    assert answer.status_code == 409
    assert "Confirm your email address first" in reading.words(answer)
    assert not VerificationRequest.objects.exists()


def test_looking_at_a_link_changes_nothing_and_the_button_attests(as_user, place, asked):
    client, url = as_user(place.owner), link_to(asked)

    assert place.owner.user.email in reading.words(client.get(url))
    assert client.head(url).status_code == 200
    assert not Verification.objects.exists()
    assert client.post(url).url == page_of(place.owner)

    stored = Verification.objects.get()
    assert (stored.account, stored.level, stored.request) == (place.owner, "BASIC", asked)


def test_a_used_link_says_so_and_attests_no_second_time(as_user, place, asked):
    client, url = as_user(place.owner), link_to(asked)
    client.post(url)

    for answer in (client.get(url), client.post(url)):
        assert answer.status_code == 409
        assert "This link was used before." in reading.words(answer)
    assert Verification.objects.count() == 1


def test_an_old_link_says_so(as_user, place, asked):
    with time_machine.travel(AT + timedelta(hours=24), tick=False):
        client = as_user(place.owner)
        answers = [client.get(link_to(asked)), client.post(link_to(asked))]

    for answer in answers:
        assert answer.status_code == 409
        assert "Ask for a new one." in reading.words(answer)
    assert not Verification.objects.exists()


def test_wrong_links_and_those_of_others_answer_alike(as_user, place, asked):
    address = place.manager.user.email
    stolen = email_links.token_for(asked.pk, address=address)
    links = {
        "of somebody else": link_to(asked),
        "made up": reverse("groups:verification_link", args=["made-up"]),
        "signed for another": reverse("groups:verification_link", args=[stolen]),
    }
    with fixture_rows():
        EmailAddress.objects.create(
            user=place.manager.user, email=address, verified=True, primary=True
        )
    client = as_user(place.manager)

    answers = {name: (client.get(url), client.post(url)) for name, url in links.items()}

    told = {
        (answer.status_code, reading.words(answer)) for pair in answers.values() for answer in pair
    }
    assert {status for status, _ in told} == {404}
    assert len(told) == 1
    assert not Verification.objects.exists()


def test_a_link_to_an_address_of_before_does_not_work(as_user, place, asked):
    url = link_to(asked)
    user = place.owner.user
    with fixture_rows():
        type(user).objects.filter(pk=user.pk).update(email="new@example.org")
        EmailAddress.objects.update(email="new@example.org")

    answer = as_user(type(user).objects.get(pk=user.pk)).post(url)

    assert answer.status_code == 404
    assert not Verification.objects.exists()


def test_a_withdrawn_request_takes_its_link_along(as_user, place, asked):
    client = as_user(place.owner)
    client.post(reverse("groups:verification_withdraw", args=[asked.pk]), {"state": "PENDING"})

    assert client.post(link_to(asked)).status_code == 409
    assert not Verification.objects.exists()
