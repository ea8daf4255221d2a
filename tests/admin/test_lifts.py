"""A senior lifts a sanction early in a dialog, and the history says how each one ended."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from credit.models import Sanction
from groups.models import Decision, Notice
from identity.models import Account
from identity.roles import Role
from portal.core.actors import Actor
from portal.core.admin.panels import list_of, page_of
from tests.admin.entering import enter
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.identity import staff_user
from tests.groups import scene as scenes
from tests.groups.views import reading

pytestmark = pytest.mark.django_db(transaction=True)
SENT = {"_form_submitted": "on"}
WHY = SENT | {"reason": "You restored what was lost."}


@pytest.fixture
def sanction(scene):
    scenes.decide_in_effect(scene, scenes.SUSPEND_OWNING)
    return Sanction.objects.get()


def dialog(sanction):
    return reverse("admin:credit_sanction_lift_early", args=[sanction.pk])


def untouched(sanction):
    sanction.refresh_from_db()
    return sanction.lifted_at is None and not Notice.objects.filter(kind="SANCTION_LIFTED").exists()


def test_a_senior_lifts_it_with_a_reason(scene, sanction):
    senior = scene.senior()
    client = enter(senior)
    assert dialog(sanction) in client.get(page_of(sanction)).content.decode()
    asked = reading.words(client.get(dialog(sanction)))

    silent = client.post(dialog(sanction), SENT | {"reason": " "})
    said = client.post(dialog(sanction), WHY)

    assert "At once they may again: create groups, own groups." in asked
    assert "a role that the decision ended is not given back" in asked
    assert (silent.status_code, said.status_code) == (200, 302)
    sanction.refresh_from_db()
    assert (sanction.lift, sanction.lifted_by) == ("EARLY", senior)
    assert Notice.objects.filter(kind="SANCTION_LIFTED", recipient=scene.owner).count() == 1
    page = client.get(page_of(sanction))
    assert dialog(sanction) not in page.content.decode()
    assert client.post(dialog(sanction), WHY).status_code == 403


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SENIOR}))
def test_other_roles_are_not_offered_it(scene, sanction, role):
    client = enter(scene.staff(role))

    assert dialog(sanction) not in client.get(page_of(sanction)).content.decode()
    assert client.get(dialog(sanction)).status_code == 403
    assert client.post(dialog(sanction), WHY).status_code == 403
    assert untouched(sanction)


def test_whoever_imposed_it_is_not_offered_it_and_reads_who_may(scene):
    imposer = scene.senior()
    decision = scenes.decide(scene.case, imposer, scenes.SUSPEND_OWNING)
    scenes.decisions.approve(decision=decision, by=Actor.user(scene.senior()), at=AT)
    sanction = Sanction.objects.get()
    client = enter(imposer)

    page = client.get(page_of(sanction))

    assert dialog(sanction) not in page.content.decode()
    assert f"Seniors, but not {imposer}, who imposed it" in reading.words(page)
    assert client.post(dialog(sanction), WHY).status_code == 403
    assert untouched(sanction)


def test_somebody_with_a_stake_reads_why_not(scene, sanction):
    senior = scene.senior()
    with fixture_rows():
        Account.objects.filter(pk=scene.reporter.pk).update(user=senior)

    answer = enter(senior).post(dialog(sanction), WHY)

    assert answer.status_code == 403
    assert "You sent a report in this case." in answer.content.decode()
    assert "You restored what was lost." in answer.content.decode()
    assert untouched(sanction)


def test_staff_of_another_platform_lift_nothing(sanction):
    client = enter(staff_user(PlatformFactory(), *Role))

    assert client.post(dialog(sanction), WHY).status_code == 403
    assert untouched(sanction)


def test_what_ended_by_itself_cannot_be_lifted(scene, sanction):
    with time_machine.travel(sanction.ends_at, tick=False):
        client = enter(scene.senior())
        page = client.get(page_of(sanction))

        assert client.post(dialog(sanction), WHY).status_code == 403
    assert "who imposed it" not in reading.words(page)
    assert untouched(sanction)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("time", "Ended on 2 Dec 2026, 12:00"),
        ("early", "Lifted early on 4 Nov 2026, 12:00 by staff: You restored what was lost."),
        ("appeal", "Undone on appeal on 4 Nov 2026, 12:00"),
    ],
)
def test_the_history_says_how_it_ended(scene, sanction, how, said):
    later = AT + timedelta(days=2)
    with time_machine.travel(later, tick=False):
        if how == "early":
            enter(scene.senior()).post(dialog(sanction), WHY)
        if how == "appeal":
            decision = Decision.objects.get(pk=sanction.decision_id)
            appeal = scenes.appeal_against(decision, scene.owner, at=later)
            scenes.review(appeal, scene.senior(), at=later)

    with time_machine.travel(AT + timedelta(days=31), tick=False):
        client = enter(scene.senior())
        pages = [client.get(page_of(record)) for record in (sanction, scene.owner)]
        rows = client.get(list_of(Sanction))

    for page in pages:
        text = reading.words(page)
        assert said in text
        ways = ("Ended on", "Lifted early on", "Undone on appeal on")
        assert [way for way in ways if way in text] == [way for way in ways if way in said]
    assert said.partition(" by staff")[0] in reading.words(rows)
    assert "You restored" not in reading.words(rows)
