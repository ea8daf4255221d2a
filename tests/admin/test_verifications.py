"""What administrators and identity officers do: providers, requests, looks with a purpose."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from identity import queries
from identity.models import IdentityAccess, Verification, VerificationProvider
from identity.roles import Role
from portal.core.admin.panels import list_of, page_of
from tests.admin.entering import enter
from tests.factories.core import PlatformFactory
from tests.factories.identity import (
    AccountFactory,
    VerificationFactory,
    VerificationProviderFactory,
    VerificationRequestFactory,
    staff_user,
)

pytestmark = pytest.mark.django_db(transaction=True)
SENT = {"_form_submitted": "on"}


@pytest.fixture
def platform(transactional_db):
    return PlatformFactory()


@pytest.fixture
def officer(platform):
    return staff_user(platform, Role.IDENTITY_OFFICER)


def step(record, name):
    kind = f"{record._meta.app_label}_{record._meta.model_name}"
    return reverse(f"admin:{kind}_{name}", args=[record.pk])


def asked(platform, **fields):
    return VerificationRequestFactory(account=AccountFactory(platform=platform), **fields)


def test_an_administrator_adds_a_provider(platform):
    client = enter(staff_user(platform, Role.ADMINISTRATOR))
    url = reverse("admin:identity_verificationprovider_add_provider")
    given = {"platform": platform.pk, "name": "Link", "kind": "EMAIL", "validity_days": 365}

    refused = client.post(url, SENT | given | {"level": "HIGH"})
    made = client.post(url, SENT | given | {"level": "BASIC"})

    assert refused.status_code == 422
    assert "Choose Basic." in refused.content.decode()
    provider = VerificationProvider.objects.get()
    assert made.url == page_of(provider)
    assert (provider.kind, provider.level, provider.platform) == ("EMAIL", "BASIC", platform)


def test_nobody_adds_a_provider_to_a_platform_of_others(platform):
    client = enter(staff_user(platform, Role.ADMINISTRATOR))
    url = reverse("admin:identity_verificationprovider_add_provider")
    given = {"name": "Link", "kind": "MANUAL", "validity_days": 365, "level": "HIGH"}

    client.post(url, SENT | given | {"platform": PlatformFactory().pk})

    assert not VerificationProvider.objects.exists()


def test_a_stale_form_does_not_change_a_provider(platform):
    provider = VerificationProviderFactory(platform=platform, name="Desk")
    client = enter(staff_user(platform, Role.ADMINISTRATOR))
    url = step(provider, "change_provider")
    seen = {"seen": json.dumps(provider.terms)}
    given = SENT | seen | {"name": "Desk", "level": "BASIC", "validity_days": 30}
    assert "Desk" in client.get(url).content.decode()

    first = client.post(url, given)
    second = client.post(url, given | {"level": "HIGH"})
    made_up = client.post(url, given | {"seen": '{"platform_id": 1}'})

    assert [first.status_code, second.status_code, made_up.status_code] == [302, 409, 200]
    provider.refresh_from_db()
    assert provider.terms == {
        "name": "Desk",
        "level": "BASIC",
        "validity_days": 30,
        "is_enabled": False,
    }


def test_an_officer_takes_and_approves_a_request(platform, officer):
    request, client = asked(platform), enter(officer)
    assert step(request, "approve_request") not in client.get(page_of(request)).content.decode()

    client.post(step(request, "take_request"), SENT)
    client.post(step(request, "approve_request"), SENT | {"method": "Seen", "reference": "c-1"})

    request.refresh_from_db()
    assert (request.state, request.taken_by, request.decided_by) == ("APPROVED", officer, officer)
    stored = Verification.objects.get()
    assert (stored.method, stored.reference, stored.recorded_by) == ("Seen", "c-1", officer)


def test_an_officer_declines_with_a_reason(platform, officer):
    request = asked(platform, state="IN_REVIEW")
    client = enter(officer)

    silent = client.post(step(request, "decline_request"), SENT | {"reason": " "})
    said = client.post(step(request, "decline_request"), SENT | {"reason": "It was misread."})

    assert (silent.status_code, said.status_code) == (200, 302)
    request.refresh_from_db()
    assert (request.state, request.reason) == ("DECLINED", "It was misread.")
    assert not Verification.objects.exists()


def test_an_officer_does_not_review_their_own_account(platform, officer):
    request = VerificationRequestFactory(account=AccountFactory(platform=platform, user=officer))

    answer = enter(officer).post(step(request, "take_request"), SENT)

    assert answer.status_code == 403
    assert "your own account" in answer.content.decode()
    request.refresh_from_db()
    assert request.state == "PENDING"


def test_who_declined_is_refused_the_appeal_in_words(platform, officer):
    refused = asked(
        platform,
        state="DECLINED",
        decided_by=officer,
        decided_at=timezone.now(),
        reason="It was misread.",
    )
    anew = VerificationRequestFactory(
        account=refused.account,
        provider=refused.provider,
        appeals=refused,
        grounds="Look again.",
        requested_at=timezone.now(),
    )
    own, other = enter(officer), enter(staff_user(platform, Role.IDENTITY_OFFICER))

    answer = own.post(step(anew, "take_request"), SENT)
    page = other.get(page_of(anew)).content.decode()
    taken = other.post(step(anew, "take_request"), SENT)

    assert answer.status_code == 403
    assert "Somebody else looks at it now" in answer.content.decode()
    assert "Look again." in page
    assert "It was misread." in page
    assert taken.status_code == 302


def test_the_sidebar_counts_what_waits_for_an_officer(platform, officer):
    asked(platform)
    asked(platform, state="IN_REVIEW")
    asked(platform, state="WITHDRAWN")
    asked(PlatformFactory())
    link = VerificationProviderFactory(platform=platform, kind="EMAIL", level="BASIC")
    asked(platform, provider=link)

    assert queries.count_open(platforms=[platform.pk]) == 2
    page = enter(officer).get(reverse("admin:index"))
    items = [item for section in page.context["sidebar_navigation"] for item in section["items"]]
    (requests,) = [item for item in items if item["title"] == "Verification requests"]
    assert requests["badge"] in (2, "2", "identity.admin.badges.requests")


def test_details_show_for_fifteen_minutes_to_who_said_why(platform, officer):
    account = AccountFactory(platform=platform)
    VerificationFactory(account=account, method="Notary", reference="ref-771")
    client, other = enter(officer), enter(staff_user(platform, Role.IDENTITY_OFFICER))
    assert "ref-771" not in client.get(page_of(account)).content.decode()
    assert client.post(step(account, "see_identity"), SENT | {"purpose": " "}).status_code == 200
    assert not IdentityAccess.objects.exists()

    client.post(step(account, "see_identity"), SENT | {"purpose": "An appeal."})

    page = client.get(page_of(account)).content.decode()
    assert "ref-771" in page
    assert "Notary" in page
    assert "ref-771" not in other.get(page_of(account)).content.decode()
    assert "ref-771" not in client.get(list_of(Verification)).content.decode()
    look = IdentityAccess.objects.get()
    assert (look.user, look.account, look.purpose) == (officer, account, "An appeal.")
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1)):
        assert "ref-771" not in client.get(page_of(account)).content.decode()


def test_an_officer_revokes_what_still_counts_with_a_reason(platform, officer):
    held = VerificationFactory(account=AccountFactory(platform=platform))
    over = VerificationFactory(account=held.account, expires_at=timezone.now())
    client = enter(officer)
    assert client.get(step(over, "revoke_verification")).status_code == 403

    silent = client.post(step(held, "revoke_verification"), SENT | {"reason": " "})
    said = client.post(step(held, "revoke_verification"), SENT | {"reason": "Another person."})
    again = client.post(step(held, "revoke_verification"), SENT | {"reason": "Twice."})

    assert [silent.status_code, said.status_code, again.status_code] == [200, 302, 403]
    held.refresh_from_db()
    assert (held.revoked_by, held.revoked_reason) == (officer, "Another person.")
