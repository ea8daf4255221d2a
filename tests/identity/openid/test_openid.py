"""A person goes to an OpenID provider and comes back; whatever it does wrong attests nothing."""

from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from identity.models import PersonTag, Verification, VerificationRequest
from identity.openid import issuers
from portal.core.models import AuditEntry
from portal.demo.issuer import CLIENT_ID, CLIENT_SECRET
from tests import production_logs
from tests.factories.identity import AccountFactory, UserFactory, VerificationProviderFactory

# What is refused is rolled back by itself.
pytestmark = pytest.mark.django_db(transaction=True)

ADA, BEN, CLEO = "7f3a-ada", "91c0-ben", "c24d-cleo"
# What the issuer tells of people without being asked.
CANARIES = ("Ada Example", "1990-01-01", "given_name", ADA)


@pytest.fixture
def account(platform):
    return AccountFactory(platform=platform, user=UserFactory())


@pytest.fixture
def provider(platform, issuer):
    return VerificationProviderFactory(
        platform=platform,
        name="Citizen portal",
        kind="OIDC",
        level="HIGH",
        issuer=issuer.url,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )


def signed_in(account):
    client = Client()
    client.force_login(account.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def client(account):
    return signed_in(account)


def leave(client, account, provider):
    """Ask for it and return the address at the issuer."""
    asked = client.post(
        reverse("groups:verification", args=[account.pk]), {"provider": provider.pk}
    )
    page = client.get(asked.url)
    assert page.status_code == 200, page.content.decode()
    return page.context["url"]


def choose(url, person=ADA):
    """Do at the issuer what the person does, and return the address they are sent back to."""
    parts = urlsplit(url)
    at_issuer = HTTPConnection(parts.netloc)
    at_issuer.request("GET", f"/choose?person={person}&{parts.query}")
    answer = at_issuer.getresponse()
    at_issuer.close()
    return answer.headers["Location"]


def come_back(client, address):
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def go_through(client, account, provider, person=ADA):
    return come_back(client, choose(leave(client, account, provider), person))


def attested():
    return [(row.level, row.method, row.reference) for row in Verification.objects.order_by("pk")]


def nothing_happened():
    return not Verification.objects.exists() and not PersonTag.objects.exists()


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (ADA, ("HIGH", "OpenID Connect, eidas high", "check-7f3a")),
        (BEN, ("SUBSTANTIAL", "OpenID Connect, eidas substantial", "check-91c0")),
        (CLEO, ("BASIC", "Signed in with OpenID Connect", "")),
    ],
)
def test_the_level_is_what_the_provider_says_of_its_check(
    client, account, provider, person, expected
):
    answer = go_through(client, account, provider, person)

    assert answer.url == reverse("groups:verification", args=[account.pk])
    assert attested() == [expected]
    request = VerificationRequest.objects.get()
    assert (request.state, request.decided_by) == ("APPROVED", None)
    held = Verification.objects.get()
    if person != CLEO:
        assert held.verified_at == datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
        assert held.expires_at == held.verified_at + timedelta(days=730)


def test_the_level_is_never_above_what_the_service_accepts_of_the_provider(
    client, account, provider
):
    type(provider).objects.filter(pk=provider.pk).update(level="BASIC")

    go_through(client, account, provider, ADA)

    assert [level for level, *_ in attested()] == ["BASIC"]


def test_the_provider_is_asked_as_the_standards_say(client, account, provider, issuer, settings):
    parts = urlsplit(leave(client, account, provider))
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}

    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{issuer.url}/authorize"
    assert asked["response_type"] == "code"
    assert asked["scope"] == "openid"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 32
    assert len(asked["nonce"]) >= 32
    assert asked["redirect_uri"] == settings.PUBLIC_URL + "/verifications/back/"


def test_what_else_the_provider_tells_is_nowhere_afterwards(client, account, provider):
    with production_logs.caught() as logs:
        go_through(client, account, provider, ADA)

    lines = [logs.getvalue()]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            lines += [line for (line,) in cursor.fetchall()]
    text = "\n".join(lines) + str(dict(client.session))
    assert [canary for canary in CANARIES if canary in text] == []
    assert "requests.attest" in text


@pytest.mark.parametrize(
    "mode",
    [
        *("wrong audience", "shared audience", "for another party", "expired", "no expiry"),
        *("issued long ago", "issued tomorrow", "from another issuer", "no subject"),
        *("subject is no text", "endless subject", "unsigned", "signed with the secret"),
        *("signed with a public key", "signed by somebody else", "unknown key", "garbage"),
        *("no token", "huge token", "moved token", "broken token", "deep token"),
        *("failing token", "refusing token", "list as token", "keys are no keys"),
        *("checked tomorrow", "checked long ago", "userinfo of another"),
    ],
)
def test_a_provider_that_does_this_wrong_attests_nothing(client, account, provider, issuer, mode):
    back = choose(leave(client, account, provider))
    issuer.be(mode)

    answer = come_back(client, back)

    assert answer.status_code in (409, 422, 503), answer.content.decode()
    page = answer.content.decode()
    assert "You were not verified" in page
    assert "Back to your verification" in page
    assert nothing_happened()
    assert VerificationRequest.objects.get().state == "PENDING"
    # It can be tried again at once, and then goes well.
    issuer.be("honest")
    assert go_through(client, account, provider).status_code == 302
    assert len(attested()) == 1


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("unknown framework", "BASIC"),
        ("unknown level", "BASIC"),
        ("claims are no claims", "BASIC"),
        ("level by class", "SUBSTANTIAL"),
        ("several checks", "SUBSTANTIAL"),
        ("only in userinfo", "HIGH"),
    ],
)
def test_what_cannot_be_understood_counts_as_not_said(
    client, account, provider, issuer, mode, expected
):
    issuer.be(mode)

    assert go_through(client, account, provider).status_code == 302

    assert [level for level, *_ in attested()] == [expected]


@pytest.mark.parametrize(
    "mode",
    [
        *("another issuer", "no endpoints", "script address", "huge metadata", "moved metadata"),
        *("broken metadata", "deep metadata", "failing metadata", "list as metadata"),
    ],
)
def test_an_issuer_that_speaks_wrongly_of_itself_is_not_gone_to(
    client, account, provider, issuer, mode
):
    issuer.be(mode)

    asked = client.post(
        reverse("groups:verification", args=[account.pk]), {"provider": provider.pk}
    )
    page = client.get(asked.url)

    assert page.status_code in (409, 503)
    assert "You were not verified" in page.content.decode()
    assert "javascript:" not in page.content.decode()


def test_a_token_endpoint_in_a_private_network_is_not_asked(client, account, provider, issuer):
    issuer.be("private address")

    answer = go_through(client, account, provider)

    assert answer.status_code == 409
    assert "not public" in answer.content.decode()
    assert nothing_happened()


def test_a_slow_issuer_is_given_up_in_time(client, account, provider, issuer, monkeypatch):
    monkeypatch.setattr(issuers, "SECONDS", 1.0)
    issuer.be("slow metadata")

    asked = client.post(
        reverse("groups:verification", args=[account.pk]), {"provider": provider.pk}
    )
    started = timezone.now()
    page = client.get(asked.url)

    assert page.status_code == 503
    assert timezone.now() - started < timedelta(seconds=10)
    issuer.be("honest")


def test_rotated_keys_are_found_once_more(client, account, provider, issuer):
    go_through(client, account, provider)
    issuer.rotate()

    assert go_through(client, account, provider).status_code == 302
    assert len(attested()) == 2


def test_a_token_of_the_attempt_before_is_refused(client, account, provider, issuer):
    go_through(client, account, provider, ADA)
    issuer.be("replayed")
    # The first is its own, and kept; the second attempt gets the first one's token.
    go_through(client, account, provider, ADA)
    before = len(attested())

    answer = go_through(client, account, provider, ADA)

    assert answer.status_code == 409
    assert "made for another attempt" in answer.content.decode()
    assert len(attested()) == before


def test_coming_back_twice_attests_once(client, account, provider):
    back = choose(leave(client, account, provider))
    first, second = come_back(client, back), come_back(client, back)

    assert (first.status_code, second.status_code) == (302, 409)
    assert "opened twice" in second.content.decode()
    assert len(attested()) == 1


def test_nobody_comes_back_for_somebody_else(client, account, provider, platform):
    back = choose(leave(client, account, provider))
    other = AccountFactory(platform=platform, user=UserFactory())

    answer = come_back(signed_in(other), back)

    assert answer.status_code == 409
    assert nothing_happened()


def test_an_answer_in_the_name_of_another_issuer_is_refused(client, account, provider, issuer):
    back = choose(leave(client, account, provider))
    for changed in (back.replace("iss=", "iss=x"), back.partition("&iss=")[0]):
        assert come_back(client, changed).status_code == 409
        assert nothing_happened()
        back = choose(leave(client, account, provider))


def test_a_code_without_its_verifier_is_worth_nothing(client, account, provider):
    """Somebody who reads the code from the address has nothing: it fits one attempt only."""
    stolen = choose(leave(client, account, provider), ADA)
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    own = choose(leave(client, account, provider), BEN)
    own_code = parse_qs(urlsplit(own).query)["code"][0]

    answer = come_back(client, own.replace(own_code, code))

    assert answer.status_code == 409
    assert nothing_happened()


def test_whoever_stops_at_the_provider_is_back_where_they_were(client, account, provider):
    answer = go_through(client, account, provider, "")

    page = client.get(answer.url).content.decode()
    assert "You stopped at the provider. Nothing was recorded." in page
    assert VerificationRequest.objects.get().state == "WITHDRAWN"
    assert nothing_happened()


def test_whoever_leaves_midway_starts_anew_at_once(client, account, provider):
    left = leave(client, account, provider)

    assert go_through(client, account, provider).status_code == 302

    states = VerificationRequest.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["WITHDRAWN", "APPROVED"]
    assert come_back(client, choose(left)).status_code == 409
    assert len(attested()) == 1


def test_whoever_stays_away_for_too_long_starts_anew(client, account, provider):
    back = choose(leave(client, account, provider))
    VerificationRequest.objects.update(due_at=timezone.now())

    answer = come_back(client, back)

    assert answer.status_code == 409
    assert "away for too long" in answer.content.decode()
    assert nothing_happened()


def test_a_foreign_request_is_not_continued(client, account, provider, platform):
    leave(client, account, provider)
    asked = VerificationRequest.objects.get()
    other = signed_in(AccountFactory(platform=platform, user=UserFactory()))

    page = other.get(reverse("groups:verification_continue", args=[asked.pk]))

    assert page.status_code == 404


def test_what_is_audited_names_no_subject(client, account, provider):
    go_through(client, account, provider)

    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert {"requests.start", "requests.attest", "verifications.record"} <= set(actions)
    assert "person_tags.remember" in actions
