"""Sign-in, second factors and the doors that stay shut without them (bar 24)."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.contrib import admin
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from identity.actions.second_factors import rotate
from identity.models import User
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from tests import signin
from tests.factories.base import AT
from tests.factories.identity import PASSWORD, UserFactory, staff_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def owner():
    return UserFactory(email="ada@example.org", name="Ada Moreau")


@pytest.fixture
def staff(platform):
    return staff_user(platform, email="sam@example.org")


def is_signed_in(client):
    return client.get(reverse("mfa_index")).status_code == 200


def admin_addresses():
    """Every address of the admin, with 1 for whatever it takes."""
    for pattern in admin.site.get_urls():
        for inner in getattr(pattern, "url_patterns", [pattern]):
            outer = str(pattern.pattern) if inner is not pattern else ""
            path = outer + str(inner.pattern)
            path = re.sub(r"<[^>]+>|\(\?P<[^)]*\)", "1", path)
            yield "/admin/" + re.sub(r"[\^$\\]", "", path)


def test_a_person_signs_in_however_the_address_is_written(client, owner):
    response = signin.post_password(client, "ADA@example.org")

    assert response.status_code == 302
    assert is_signed_in(client)


def test_a_session_ends_with_the_browser(client, owner):
    response = signin.post_password(client, owner.email)

    assert response.cookies["sessionid"]["max-age"] == ""


def test_nobody_signs_themselves_up(client):
    data = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    response = client.post(reverse("account_signup"), data)

    assert "invitation" in response.content.decode()
    assert not User.objects.exists()


def test_an_unknown_address_and_a_wrong_password_look_alike(client, owner):
    def answer(email):
        page = signin.post_password(client, email, "wrong").content.decode()
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.replace(email, ""))

    assert answer(owner.email) == answer("nobody@example.org")


def test_five_wrong_passwords_lock_the_address_for_a_quarter_of_an_hour(client, owner):
    statuses = [signin.post_password(client, owner.email, "wrong").status_code for _ in range(5)]
    locked = signin.post_password(client, owner.email)

    assert statuses == [200, 200, 200, 200, 429]
    assert locked.status_code == 429
    assert 880 <= int(locked["Retry-After"]) <= 900
    assert "You can try again" in locked.content.decode()
    assert not is_signed_in(client)

    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1)):
        assert signin.post_password(client, owner.email).status_code == 302


def test_other_machines_and_spellings_do_not_get_around_the_lock(client, owner):
    for number in range(5):
        client.post(
            reverse("account_login"),
            {"login": owner.email, "password": "wrong"},
            REMOTE_ADDR=f"203.0.113.{number}",
        )

    assert signin.post_password(client, "Ada@Example.org").status_code == 429


def test_a_lock_of_one_address_leaves_the_others_alone(client, owner, staff):
    for _ in range(5):
        signin.post_password(client, owner.email, "wrong")

    assert signin.post_password(client, staff.email).status_code == 302


def test_attempts_while_locked_do_not_make_it_longer(client, owner):
    for _ in range(5):
        signin.post_password(client, owner.email, "wrong")
    before = AccessAttempt.objects.get().attempt_time

    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        signin.post_password(client, owner.email, "wrong")

    assert AccessAttempt.objects.get().attempt_time == before


def test_the_counter_of_failures_keeps_no_password(client, owner):
    signin.post_password(client, owner.email, "my-secret-guess")

    attempt = AccessAttempt.objects.get()
    assert "my-secret-guess" not in attempt.post_data
    assert owner.email not in attempt.post_data


def test_switching_a_person_off_ends_the_session_at_the_next_request(client, owner):
    signin.sign_in(client, owner)
    assert is_signed_in(client)

    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert client.get(reverse("mfa_index")).status_code == 302
    refused = signin.post_password(client, owner.email)
    assert refused.status_code in (200, 302)
    assert not is_signed_in(client)


def test_switching_staff_off_shuts_the_admin_at_the_next_request(client, staff):
    signin.add_totp(staff)
    signin.sign_in(client, staff)
    assert client.get("/admin/").status_code == 200

    User.objects.filter(pk=staff.pk).update(is_active=False)

    assert client.get("/admin/").url == "/accounts/login/?next=/admin/"


def test_taking_staff_away_shuts_the_admin_at_the_next_request(client, staff):
    signin.add_totp(staff)
    signin.sign_in(client, staff)

    User.objects.filter(pk=staff.pk).update(is_staff=False)

    assert client.get("/admin/").status_code == 403


@pytest.mark.parametrize("method", ["get", "post"])
def test_staff_without_a_second_factor_reach_no_admin_address(client, staff, method):
    signin.sign_in(client, staff)
    addresses = list(admin_addresses())
    assert len(addresses) > 10

    for address in addresses:
        response = getattr(client, method)(address)

        assert response.status_code == 302, address
        wanted = reverse("account_login") if address == "/admin/login/" else reverse("mfa_index")
        assert response.url.split("?")[0] == wanted, address


def test_strangers_are_asked_to_sign_in_and_owners_are_refused(client, owner):
    assert client.get("/admin/groups/").url == "/accounts/login/?next=/admin/groups/"
    assert client.get("/admin/login/?next=/admin/x/").url == "/accounts/login/?next=%2Fadmin%2Fx%2F"

    signin.sign_in(client, owner)

    assert client.get("/admin/").status_code == 403


def test_a_fragment_request_leads_the_whole_page_to_the_sign_in(client):
    response = client.get("/admin/", headers={"HX-Request": "true"})

    assert response["HX-Redirect"] == "/accounts/login/?next=/admin/"


def test_staff_who_set_up_an_app_are_taken_on_to_where_they_wanted(client, staff):
    signin.sign_in(client, staff)
    client.get("/admin/?from=mail")
    client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]

    response = client.post(reverse("mfa_activate_totp"), {"code": signin.totp_code(secret)})
    assert response.url == reverse("mfa_view_recovery_codes")
    assert 'href="/admin/?from=mail"' in client.get(response.url).content.decode()

    assert client.get("/admin/?from=mail").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_new_second_factor_is_reported_by_mail(client, owner):
    signin.sign_in(client, owner)
    client.get(reverse("mfa_activate_totp"))
    code = signin.totp_code(client.session["mfa.totp.secret"])

    client.post(reverse("mfa_activate_totp"), {"code": code})

    [message] = [message for message in mail.outbox if "Activated" in message.subject]
    assert message.to == [owner.email]
    assert "If that was you, there is nothing to do." in message.body


def test_a_wrong_code_sets_up_nothing(client, staff):
    signin.sign_in(client, staff)
    client.get(reverse("mfa_activate_totp"))

    response = client.post(reverse("mfa_activate_totp"), {"code": "000000"})

    assert "This code is not right" in response.content.decode()
    assert not Authenticator.objects.exists()
    assert client.get("/admin/").status_code == 302


def test_a_second_factor_is_asked_at_sign_in(client, staff):
    signin.add_totp(staff)

    response = signin.post_password(client, staff.email)

    assert response.url == reverse("mfa_authenticate")
    assert client.get("/admin/").url == "/accounts/login/?next=/admin/"
    client.post(reverse("mfa_authenticate"), {"code": signin.totp_code()})
    assert client.get("/admin/").status_code == 200


def test_a_session_from_before_the_second_factor_has_to_prove_it(client, staff):
    signin.sign_in(client, staff)
    signin.add_totp(staff)

    response = client.get("/admin/?a=1")
    assert response.url == "/accounts/2fa/reauthenticate/?next=%2Fadmin%2F%3Fa%3D1"

    response = client.post(response.url, {"code": signin.totp_code(), "next": "/admin/?a=1"})
    assert response.url == "/admin/?a=1"
    assert client.get("/admin/?a=1").status_code == 200


def test_a_recovery_code_works_once_in_place_of_the_app(client, staff):
    code = signin.add_totp(staff)[0]
    signin.post_password(client, staff.email)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert client.get("/admin/").status_code == 200

    client.post(reverse("account_logout"))
    signin.post_password(client, staff.email)
    client.post(reverse("mfa_authenticate"), {"code": code})

    assert client.get("/admin/").status_code == 302


def test_a_code_of_the_app_works_once(client, staff):
    signin.add_totp(staff)
    code = signin.totp_code()
    signin.post_password(client, staff.email)
    client.post(reverse("mfa_authenticate"), {"code": code})
    client.post(reverse("account_logout"))

    signin.post_password(client, staff.email)
    response = client.post(reverse("mfa_authenticate"), {"code": code})

    assert "was used already" in response.content.decode()


def test_codes_cannot_be_guessed(client, staff):
    signin.add_totp(staff)
    signin.post_password(client, staff.email)
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})

    response = client.post(reverse("mfa_authenticate"), {"code": signin.totp_code()})

    assert "Too many wrong codes" in response.content.decode()


def test_secrets_of_second_factors_are_encrypted(staff):
    signin.add_totp(staff)

    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))

    assert signin.SECRET not in stored


def test_a_new_key_takes_over_second_factors(client, staff, settings):
    old, new = "old:" + "A" * 43 + "=", "new:" + "B" * 43 + "="
    settings.FIELD_KEYS = old
    recovery_code = signin.add_totp(staff)[0]

    settings.FIELD_KEYS = f"{new},{old}"
    assert rotate(by=Actor.system("tests"), at=AT) == 2
    assert rotate(by=Actor.system("tests"), at=AT) == 0

    settings.FIELD_KEYS = new
    signin.sign_in(client, staff)
    client.post(reverse("account_logout"))
    signin.post_password(client, staff.email)
    response = client.post(reverse("mfa_authenticate"), {"code": recovery_code})
    assert response.status_code == 302
    entry = AuditEntry.objects.get(action="second_factors.rotate")
    assert entry.new == {"key": "new", "rows": 2}


def test_switching_the_second_factor_off_needs_a_fresh_proof(client, staff):
    signin.add_totp(staff)
    signin.sign_in(client, staff)

    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        response = client.post(reverse("mfa_deactivate_totp"))

    assert response.url.startswith(reverse("account_reauthenticate"))
    assert Authenticator.objects.filter(type="totp").exists()


def test_a_new_password_comes_by_mail_and_ends_nothing_before(client, owner):
    client.post(reverse("account_reset_password"), {"email": owner.email})
    [message] = mail.outbox
    assert message.subject == "Accord: Choose a new password"
    [link] = re.findall(r"http://testserver(/\S+)", message.body)

    form = client.get(link, follow=True)
    new = "six purple anchors drift"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})

    assert signin.post_password(client, owner.email).status_code == 200
    assert signin.post_password(client, owner.email, new).status_code == 302


def test_a_reset_for_an_unknown_address_answers_alike_and_offers_no_account(client, owner):
    known = client.post(reverse("account_reset_password"), {"email": owner.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "x@example.org"})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert "signup" not in mail.outbox[1].body


def test_an_address_changes_only_when_the_new_one_is_confirmed(client, owner):
    signin.sign_in(client, owner)
    page = client.post(
        reverse("account_email"), {"action_add": "", "email": "new@example.org"}, follow=True
    )
    assert "Waiting for you to confirm" in page.content.decode()
    owner.refresh_from_db()
    assert owner.email == "ada@example.org"

    [link] = re.findall(r"http://testserver(/\S+)", mail.outbox[-1].body)
    client.post(link)

    owner.refresh_from_db()
    assert owner.email == "new@example.org"
    client.post(reverse("account_logout"))
    assert signin.post_password(client, "new@example.org").status_code == 302


def test_the_sessions_page_names_the_browser_and_uses_the_persons_time_zone(client, owner):
    User.objects.filter(pk=owner.pk).update(timezone="Asia/Kolkata")
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    client.post(
        reverse("account_login"),
        {"login": owner.email, "password": PASSWORD},
        headers={"User-Agent": firefox},
    )

    page = client.get(reverse("usersessions_list")).content.decode()

    assert "Firefox on Linux" in page
    assert " IST<" in page


def test_an_unknown_time_zone_breaks_no_page(client, owner):
    User.objects.filter(pk=owner.pk).update(timezone="Mars/Olympus")
    signin.sign_in(client, owner)

    assert is_signed_in(client)
