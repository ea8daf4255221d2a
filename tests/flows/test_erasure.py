"""Bar 28: after an erasure the person is gone from the database, and histories still verify."""

import base64

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from credit import verification as credit_verification
from credit.models import LedgerEntry, Sanction
from groups.actions import replays, templates, verification_notices
from groups.models import CaseEntry, Flag, Notice, Tenure
from groups.queries import tenures
from identity.actions import looks, requests
from identity.models import (
    Account,
    IdentityAccess,
    User,
    Verification,
    VerificationRequest,
)
from portal.core.actions import holds
from portal.core.actors import Actor
from portal.core.fields import EncryptedTextField
from portal.core.models import AuditEntry
from tests.factories.base import AT
from tests.factories.identity import (
    PASSWORD,
    VerificationProviderFactory,
    staff_user,
)
from tests.groups import scene as scenes
from tests.groups.ingesting import BY

pytestmark = pytest.mark.django_db
CANARY = "canary"
MAIL = "canary@example.org"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def scene():
    """An owner with a past: a decision about them, an answer, verification, looks, notices."""
    made = scenes.make_scene()
    templates.install_defaults(platform=made.platform, by=BY, at=AT)
    owner = made.owner
    Account.objects.filter(pk=owner.pk).update(display_name=f"{CANARY} of Relay")
    User.objects.filter(pk=owner.user_id).update(email=MAIL, name=f"{CANARY} Olsen")
    owner.refresh_from_db()
    scenes.decide_in_effect(made, scenes.SUSPEND_OWNING)
    verify(owner)
    verification_notices.tell(by=BY, at=AT, limit=9)
    return made


def verify(account):
    """One request approved and one declined, and a look at both."""
    officer = Actor.user(staff_user(account.platform, "IDENTITY_OFFICER"))
    person = Actor.user(account.user)
    for number in range(2):
        asked = requests.start(
            account=account,
            provider=VerificationProviderFactory(platform=account.platform),
            by=person,
            at=AT,
        )
        requests.take(request=asked, by=officer, at=AT)
        if number:
            requests.decline(request=asked, reason=f"{CANARY} came late", by=officer, at=AT)
            asked.refresh_from_db()
            requests.appeal(request=asked, grounds=f"{CANARY} did not", by=person, at=AT)
        else:
            method, reference = f"{CANARY} in person", f"{CANARY}-77"
            requests.approve(request=asked, method=method, reference=reference, by=officer, at=AT)
    looks.start(account=account, purpose=f"{CANARY} has to be told apart", by=officer, at=AT)


@pytest.fixture
def browser(scene):
    """Somebody who signed in, and failed to on another device."""
    client = Client(HTTP_USER_AGENT=f"{CANARY}/9", REMOTE_ADDR="203.0.113.77")
    answer = client.post(reverse("account_login"), {"login": MAIL, "password": PASSWORD})
    assert answer.status_code == 302
    Client().post(reverse("account_login"), {"login": MAIL, "password": "wrong"})
    return client


def erase(client, **changes):
    page = client.get(reverse("groups:erase"))
    assert page.status_code == 200
    seen = page.context["form"]["seen"].value()
    return client.post(reverse("groups:erase"), {"seen": seen, "sure": "on"} | changes)


def everything():
    """Every row of every table as text, what is encrypted in words, and sessions decoded."""
    connection.check_constraints()
    lines = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            lines += [f"{table}: {line}" for (line,) in cursor.fetchall()]
    for model in apps.get_models():
        secret = [f for f in model._meta.get_fields() if isinstance(f, EncryptedTextField)]
        for row in model._base_manager.all() if secret else ():
            lines += [f"{model._meta.label}: {getattr(row, field.name)}" for field in secret]
    sessions = Session.objects.all()
    return lines + [f"django_session: {session.get_decoded()}" for session in sessions]


def traces():
    hidden = base64.b64encode(CANARY.encode()).decode()[:6]
    return [line for line in everything() if CANARY in line.lower() or hidden in line]


def test_the_person_is_gone_from_every_table_and_every_encrypted_field(scene, browser):
    tables = {line.partition(":")[0] for line in traces()}
    assert tables == {
        "account_emailaddress",
        "axes_accessattempt",
        "django_session",
        "groups.Notice",
        "identity_account",
        "identity_identityaccess",
        "identity_user",
        "identity_verification",
        "identity_verificationrequest",
        "usersessions_usersession",
    }

    answer = erase(browser)

    assert (answer.status_code, answer.url) == (302, reverse("groups:erased"))
    assert traces() == []
    assert "203.0.113.77" not in "\n".join(everything())
    assert not User.objects.filter(pk=scene.owner.user_id).exists()


def test_what_has_to_stay_is_all_there_and_names_the_account_by_its_id_only(scene, browser):
    def kept():
        return [
            sorted(model.objects.values_list("pk", flat=True))
            for model in (Tenure, LedgerEntry, Sanction, CaseEntry, Flag)
        ]

    before = kept()
    notices = Notice.objects.exclude(case=None, decision=None).count()

    erase(browser)

    assert kept() == before
    assert Notice.objects.count() == notices > 0
    account = Account.objects.get(pk=scene.owner.pk)
    assert (str(account), account.user_id, account.erased_at) == (account.external_id, None, AT)
    gone = (Verification, VerificationRequest, IdentityAccess)
    assert [model.objects.filter(account=account).count() for model in gone] == [0, 0, 0]


def test_histories_still_verify(scene, browser):
    responsible = tenures.get_responsible(group=scene.group, at=AT)
    stood = replays.check(group_ids=[scene.group.pk], at=AT)

    erase(browser)

    assert credit_verification.verify(platform_id=scene.platform.pk).differences == []
    call_command("verify_standings")
    assert replays.check(group_ids=[scene.group.pk], at=AT) == stood
    assert tenures.get_responsible(group=scene.group, at=AT) == responsible


def test_the_page_says_beforehand_what_goes_and_what_stays_why_and_until_when(scene, browser):
    page = browser.get(reverse("groups:erase"))

    (plan,) = page.context["plan"].accounts
    lines = {line.name: (line.goes, line.stays) for line in plan.lines}
    assert lines["verifications"] == (1, 0)
    assert lines["verification requests"] == (3, 0)
    assert lines["looks at identity"] == (1, 0)
    assert lines["Entries of your standing"] == (0, 1)
    assert lines["Your roles in groups"][0] == 0
    text = " ".join(page.content.decode().split())
    assert "Because they say why you may do what you may do, and can be contested." in text
    assert "Nothing has happened yet." in text
    assert Account.objects.get(pk=scene.owner.pk).user_id == scene.owner.user_id


def test_what_was_done_is_what_the_dry_run_said(scene, browser):
    plan = browser.get(reverse("groups:erase")).context["plan"].accounts[0]

    erase(browser)

    said = {line.name: line.goes for line in plan.lines if line.goes}
    entry = AuditEntry.objects.get(action="erasures.erase_account")
    assert entry.new == {"gone": said, "is_held": False}


def test_something_that_came_since_the_dry_run_stops_it(scene, browser):
    page = browser.get(reverse("groups:erase"))
    seen = page.context["form"]["seen"].value()
    verify(scene.owner)

    answer = browser.post(reverse("groups:erase"), {"seen": seen, "sure": "on"})

    assert answer.status_code == 409
    assert "Since you opened this page, something came or went." in answer.content.decode()
    assert Account.objects.get(pk=scene.owner.pk).user_id == scene.owner.user_id
    # The page shows the new state, and that can be confirmed.
    assert erase(browser).status_code == 302


def test_without_the_tick_nothing_happens(scene, browser):
    answer = erase(browser, sure="")

    assert answer.status_code == 422
    assert "Tick “Erase me. I know that it cannot be undone.” to go on." in answer.content.decode()
    assert User.objects.filter(email=MAIL).exists()


def test_somebody_who_signed_in_long_ago_is_asked_for_the_password_first(scene, browser):
    with time_machine.travel(AT.timestamp() + 3600, tick=False):
        answer = erase(browser)

    assert answer.url.startswith(reverse("account_reauthenticate"))
    assert User.objects.filter(email=MAIL).exists()


def test_a_hold_on_the_account_keeps_all_of_it_and_the_way_back_in(scene, browser):
    by = Actor.user(staff_user(scene.platform, "SENIOR"))
    holds.place(
        platform=scene.platform,
        scope="ACCOUNT",
        scope_id=scene.owner.pk,
        matter="Court 7",
        reason="A court asked for it.",
        review_at=AT + scenes.timedelta(days=30),
        by=by,
        at=AT,
    )
    before = traces()

    page = browser.get(reverse("groups:erase"))
    answer = erase(browser)

    assert "H-" in page.content.decode()
    assert page.context["plan"].keeps_sign_in
    assert (answer.status_code, answer.url) == (302, reverse("groups:erase"))
    assert Verification.objects.filter(account=scene.owner).count() == 1
    assert len(traces()) >= len(before)
    assert browser.get(reverse("groups:home")).status_code == 200


def test_whoever_works_for_a_service_leaves_its_staff_first(platform):
    user = staff_user(platform)
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    session_of = UserSession.objects.filter(user=user).count()
    assert session_of == 1

    answer = erase(client)

    assert answer.status_code == 409
    assert "You still have a role on the staff of a service." in answer.content.decode()
    assert User.objects.filter(pk=user.pk).exists()


def test_of_former_staff_an_empty_row_stays_for_what_they_decided(scene):
    decision = scenes.decide(scenes.another_case(scene), scene.staff(), scenes.WARN)
    user = decision.decided_by
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    user.assignments.update(ended_at=AT, ended_by=scene.senior())
    address = user.email

    assert erase(client).status_code == 302

    user.refresh_from_db()
    assert (user.name, user.is_staff, user.is_active) == ("", False, False)
    assert not user.has_usable_password()
    assert address not in "\n".join(everything())
