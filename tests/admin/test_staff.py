"""An administrator gives roles to people, known or new, and ends them."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse

from identity.models import StaffAssignment, User
from identity.roles import Permission, Role
from portal.core.admin.panels import page_of
from portal.core.models import AuditEntry
from tests import signin
from tests.admin.entering import enter
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.identity import UserFactory, staff_user

ASSIGN = "admin:identity_staffassignment_assign_role"
PASSWORD = "seven ships sail slowly south"


@pytest.fixture
def boss(platform):
    return staff_user(platform, Role.ADMINISTRATOR, name="Lea Fontaine")


@pytest.fixture
def client(boss):
    return enter(boss)


@pytest.fixture
def given(platform):
    return {
        "_form_submitted": "on",
        "platform": platform.pk,
        "email": " Nia@Relay.example ",
        "name": "Nia Berg",
        "role": "REVIEWER",
    }


def end(assignment):
    return reverse("admin:identity_staffassignment_end_role", args=[assignment.pk])


def said(client, answer):
    """What the next page says about it."""
    page = client.get(answer.url, follow=True)
    return " ".join(str(message) for message in page.context["messages"])


def link_in(message):
    return re.search(r"http\S+/password/reset/key/\S+", message.body)[0]


def test_somebody_new_gets_a_role_and_a_link_with_which_they_come_in(
    client, given, platform, boss, settings
):
    answer = client.post(reverse(ASSIGN), given)

    assignment = StaffAssignment.objects.get(role="REVIEWER")
    user = assignment.user
    assert answer.url == page_of(assignment)
    assert "on its way" in said(client, answer)
    assert (user.email, user.name, user.joined_at) == ("nia@relay.example", "Nia Berg", AT)
    assert (user.is_staff, user.has_usable_password()) == (True, False)
    assert assignment.assigned_by == boss
    recorded = AuditEntry.objects.filter(actor_id=boss.pk).values_list("action", "record_id")
    assert set(recorded) == {
        ("staff.create", str(user.pk)),
        ("staff.assign", str(assignment.pk)),
    }

    (message,) = mail.outbox
    assert message.to == ["nia@relay.example"]
    assert f"Lea Fontaine gave you a role on {platform.name}: Reviewer." in message.body
    assert "until 5 November 2026, 12:00 UTC" in message.body
    link = link_in(message)
    assert link.startswith(settings.PUBLIC_URL + "/accounts/password/reset/key/")

    theirs = Client()
    form = theirs.get(link.removeprefix(settings.PUBLIC_URL))
    saved = theirs.post(form.url, {"password1": PASSWORD, "password2": PASSWORD})
    assert saved.status_code == 302
    assert signin.post_password(theirs, user.email, PASSWORD).status_code == 302
    assert theirs.session["_auth_user_id"] == str(user.pk)
    assert EmailAddress.objects.get(user=user).verified
    again = Client().get(link.removeprefix(settings.PUBLIC_URL))
    assert "no longer works" in again.content.decode()


def test_the_link_holds_as_long_as_the_mail_says(client, given, settings, time_machine):
    client.post(reverse(ASSIGN), given)
    path = link_in(mail.outbox[0]).removeprefix(settings.PUBLIC_URL)

    time_machine.move_to(AT + timedelta(days=3))
    assert Client().get(path).status_code == 302
    time_machine.move_to(AT + timedelta(days=3, seconds=1))
    assert "no longer works" in Client().get(path).content.decode()


def test_somebody_known_keeps_name_and_password_and_gets_no_mail(client, given):
    known = UserFactory(email="nia@relay.example", name="Nia B.")

    answer = client.post(reverse(ASSIGN), given)

    assignment = StaffAssignment.objects.get(role="REVIEWER")
    assert assignment.user == known
    assert User.objects.get(pk=known.pk).name == "Nia B."
    assert "Nia B. has the role Reviewer" in said(client, answer)
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_cannot_be_sent_loses_no_role(client, given, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    answer = client.post(reverse(ASSIGN), given)

    assert StaffAssignment.objects.get(role="REVIEWER").user.email == "nia@relay.example"
    words = said(client, answer)
    assert "could not be sent" in words
    assert "“Forgotten your password?”" in words

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    Client().post(reverse("account_reset_password"), {"email": "nia@relay.example"})
    assert link_in(mail.outbox[0])


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"name": ""}, 200, "This field is required"),
        ({"email": "nia"}, 200, "valid email"),
        ({"role": "OWNER"}, 200, "not one of the available choices"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_saved(client, given, changes, status, words):
    answer = client.post(reverse(ASSIGN), given | changes)

    assert answer.status_code == status
    assert words in answer.content.decode()
    assert StaffAssignment.objects.count() == 1
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_nobody_gives_a_role_to_themselves_or_twice(client, given, boss, platform):
    other = staff_user(platform, Role.REVIEWER)

    own = client.post(reverse(ASSIGN), given | {"email": boss.email})
    twice = client.post(reverse(ASSIGN), given | {"email": other.email})

    assert (own.status_code, twice.status_code) == (409, 409)
    assert "You cannot give a role to yourself" in own.content.decode()
    assert "already has this role" in twice.content.decode()
    assert StaffAssignment.objects.count() == 2


def test_only_platforms_that_one_administers_are_offered(client, given, boss):
    answer = client.post(reverse(ASSIGN), given | {"platform": PlatformFactory().pk})

    assert "not one of the available choices" in answer.content.decode()
    assert not User.objects.filter(email="nia@relay.example").exists()


def test_a_role_ends_with_what_it_allowed(client, platform, boss):
    other = staff_user(platform, Role.SENIOR)
    assignment = StaffAssignment.objects.get(user=other)

    answer = client.post(end(assignment), {"_form_submitted": "on"})

    assignment.refresh_from_db()
    assert answer.url == page_of(assignment)
    assert (assignment.ended_at, assignment.ended_by) == (AT, boss)
    assert enter(other).get(reverse("admin:index")).status_code == 403
    assert client.get(end(assignment)).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_the_last_administrator_stays(client, platform, boss):
    own = StaffAssignment.objects.get(user=boss)

    alone = client.post(end(own), {"_form_submitted": "on"})

    assert alone.status_code == 409
    assert f"Nobody else administers {platform.name}." in alone.content.decode()
    own.refresh_from_db()
    assert own.ended_at is None

    staff_user(platform, Role.ADMINISTRATOR)
    gone = client.post(end(own), {"_form_submitted": "on"})
    own.refresh_from_db()
    assert (gone.url, own.ended_at) == (reverse("admin:index"), AT)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
def test_others_neither_give_nor_end_roles(platform, given, role):
    user = staff_user(platform, role)
    client = enter(user)

    answers = [
        client.post(reverse(ASSIGN), given),
        client.post(end(StaffAssignment.objects.get(user=user)), {"_form_submitted": "on"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert StaffAssignment.objects.get().ended_at is None
    assert Permission.ADMINISTER not in {str(name) for name in user.get_all_permissions(platform)}
