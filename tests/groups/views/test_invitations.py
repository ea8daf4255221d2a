"""Getting in: an invitation, for people who sign in already and for those who are new."""

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.test import Client

from identity import invitations
from identity.invitations import Invitation
from identity.models import User
from portal.core import keyring
from portal.core.models import AuditEntry
from tests.factories.base import AT, fixture_rows
from tests.factories.identity import PASSWORD, AccountFactory, UserFactory
from tests.groups.views import reading

NEW = {
    "name": "Nia Okafor",
    "password1": "four words of mine",
    "password2": "four words of mine",
}


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def account(place):
    return AccountFactory(platform=place.platform, external_id="p-nia", display_name="")


@pytest.fixture
def anybody():
    return Client()


def path_of(account, *, until=AT + timedelta(days=3), email=""):
    return urlsplit(Invitation(account.pk, until, email).link).path


def path_in(sent):
    return urlsplit(re.search(r"https?://\S+", sent.body).group()).path


def post(client, path, data=()):
    with transaction.atomic():
        return client.post(path, dict(data))


def stored_user(account):
    account.refresh_from_db()
    return account.user


def test_somebody_new_gives_an_address_opens_the_mail_and_is_in(anybody, account):
    first = path_of(account)
    assert f"{account.platform} invited you, as p-nia" in reading.words(anybody.get(first))

    asked = post(anybody, first, {"email": "Nia@Example.org"})
    assert asked.status_code == 302
    assert "A link is on its way to nia@example.org" in reading.words(anybody.get(first))
    assert mail.outbox[0].to == ["nia@example.org"]
    assert stored_user(account) is None

    second = path_in(mail.outbox[0])
    assert "nia@example.org" in reading.words(anybody.get(second))
    joined = post(anybody, second, NEW)

    assert (joined.status_code, joined["Location"]) == (302, "/")
    user = stored_user(account)
    assert (user.email, user.name, user.is_staff) == ("nia@example.org", "Nia Okafor", False)
    assert user.check_password("four words of mine")
    assert EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()
    assert f"Welcome. p-nia on {account.platform} is yours now." in reading.words(anybody.get("/"))
    entries = AuditEntry.objects.filter(action__in=["users.join", "accounts.connect"])
    assert dict(entries.values_list("action", "actor_label")) == {
        "users.join": "system:invitations",
        "accounts.connect": f"user:{user.pk}",
    }


def test_the_address_is_nowhere_before_the_person_joins_and_in_no_link(anybody, account):
    post(anybody, path_of(account), {"email": "nia@example.org"})

    assert "nia" not in path_in(mail.outbox[0])
    assert not User.objects.filter(email="nia@example.org").exists()
    assert not AuditEntry.objects.filter(new__icontains="nia@").exists()


def test_the_page_says_the_same_of_an_address_that_signs_in_but_the_mail_does_not(
    anybody, account, place
):
    known = place.owner.user
    first = path_of(account)

    answers = []
    for email in (known.email, "new@example.org"):
        assert post(anybody, first, {"email": email}).status_code == 302
        answers.append(reading.words(anybody.get(first)).replace(email, "…"))

    assert answers[0] == answers[1]
    to_known, to_new = mail.outbox
    assert "It has a sign-in already" in to_known.body
    assert anybody.get(path_in(to_known)).context["form"].fields.keys() == {"email"}
    assert "name" in anybody.get(path_in(to_new)).context["form"].fields


def test_whoever_is_signed_in_is_asked_before_the_account_is_connected(as_user, account, place):
    client, path = as_user(place.owner), path_of(account)

    assert place.owner.user.email in reading.words(client.get(path))
    assert stored_user(account) is None

    assert post(client, path)["Location"] == "/"
    assert stored_user(account) == place.owner.user
    assert "is yours already" in reading.words(client.get(path, follow=True))
    assert AuditEntry.objects.filter(action="accounts.connect").count() == 1


def test_signing_in_leads_back_to_the_invitation(anybody, account, place):
    page = reading.words(anybody.get(path_of(account)))
    assert "Sign in and connect the account" in page
    link = f"/accounts/login/?next={path_of(account)}"
    user = UserFactory(email="old@example.org")

    answer = post(anybody, link, {"login": user.email, "password": PASSWORD})

    assert answer["Location"].startswith("/invitations/")


def test_the_account_of_somebody_else_stays_theirs(as_user, anybody, place):
    taken = place.manager
    path = path_of(taken)

    for client in (anybody, as_user(place.owner)):
        for answer in (client.get(path), post(client, path, {"email": "new@example.org"})):
            assert answer.status_code == 409
            assert "has a sign-in already" in reading.words(answer)
    assert stored_user(taken) == place.manager.user
    assert not mail.outbox


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path[:-5] + "/",
        lambda path: path.replace("/invitations/", "/invitations/AA"),
        lambda path: "/invitations/nonsense/",
        lambda path: "/invitations/ä/",
    ],
)
def test_a_link_that_was_cut_or_changed_says_so(anybody, account, spoil):
    answer = anybody.get(spoil(path_of(account)))

    assert answer.status_code == 404
    assert "not complete" in reading.words(answer)


def test_what_was_sealed_for_something_else_is_no_invitation(anybody, account):
    sealed = keyring.current().seal(b'["x", "y", ""]', bound_to=b"another.column")
    token = invitations.base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    assert anybody.get(f"/invitations/{token}/").status_code == 404


def test_an_invitation_ends_and_one_to_an_erased_account_does_not_work(anybody, account):
    over = anybody.get(path_of(account, until=AT))
    assert (over.status_code, "ended on" in reading.words(over)) == (404, True)
    assert anybody.get(path_of(account, until=AT + timedelta(seconds=1))).status_code == 200

    with fixture_rows():
        type(account).objects.filter(pk=account.pk).update(erased_at=AT, display_name="")
    gone = anybody.get(path_of(account))
    assert (gone.status_code, "does not exist any more" in reading.words(gone)) == (404, True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password2": "three other words here"}, "The two passwords differ"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password1": "nia@example.org", "password2": "nia@example.org"}, "too similar"),
        ({"name": " "}, "required"),
        ({"name": "n" * 121}, "at most 120"),
    ],
)
def test_a_refused_form_says_why_and_makes_nobody(anybody, account, change, said):
    answer = post(anybody, path_of(account, email="nia@example.org"), NEW | change)

    assert answer.status_code == 422
    assert said in str(answer.context["form"].errors)
    assert stored_user(account) is None
    assert not User.objects.filter(email="nia@example.org").exists()


def test_an_address_that_got_a_sign_in_meanwhile_is_told_to_use_it(anybody, account):
    UserFactory(email="nia@example.org")

    answer = post(anybody, path_of(account, email="nia@example.org"), NEW)

    assert answer.status_code == 409
    assert "This address has a sign-in already" in reading.words(answer)
    assert stored_user(account) is None


def test_nobody_is_mailed_more_than_five_times_an_hour_about_one_account(anybody, account, place):
    path = path_of(account)
    statuses = [post(anybody, path, {"email": f"n{n}@example.org"}).status_code for n in range(6)]

    assert statuses == [302] * 5 + [429]
    assert len(mail.outbox) == 5
    other = AccountFactory(platform=place.platform)
    assert post(anybody, path_of(other), {"email": "n@example.org"}).status_code == 302


def test_a_mail_that_could_not_be_sent_is_said(anybody, account, monkeypatch):
    def hang_up(self, messages):
        raise SMTPServerDisconnected

    monkeypatch.setattr(EmailBackend, "send_messages", hang_up)

    answer = post(anybody, path_of(account), {"email": "nia@example.org"})

    assert answer.status_code == 503
    assert "The mail could not be sent" in reading.words(answer)
