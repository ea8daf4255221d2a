"""Deciding an appeal in the admin: the effect first, then the confirmation of just that effect."""

import re

import pytest
from django.urls import reverse

from credit.models import LedgerEntry
from groups.models import Appeal, Decision
from identity.roles import Role
from tests.admin.entering import enter
from tests.admin.test_case_work import MEASURES
from tests.factories.base import AT
from tests.groups.scene import (
    SUSPEND_OWNING,
    WARN,
    appeal_against,
    decide,
    decide_in_effect,
    make_scene,
)

WARNING = {"measures-0-kind": "WARN", "measures-0-where": "PLATFORM"}


@pytest.fixture
def appeal(scene):
    return appeal_against(decide_in_effect(scene, WARN), scene.owner, at=AT)


@pytest.fixture
def suspended(db):
    """A suspension that the owner of a group appeals, and the scene around it."""
    scene = make_scene(severity="HIGH")
    return scene, appeal_against(decide_in_effect(scene, SUSPEND_OWNING), scene.owner, at=AT)


def desk(appeal, move=""):
    return reverse(f"admin:work_appeal{move and '_'}{move}", args=[appeal.pk])


def reviewing(scene, appeal):
    """Take the appeal as a senior; return their client and the form that they send."""
    client = enter(scene.senior())
    client.post(desk(appeal, "take"), {"version": appeal.version})
    appeal.refresh_from_db()
    form = {"version": appeal.version, "reasons": "Not hers.", "keeps_points": "on", **MEASURES}
    return client, form


def preview(client, appeal, form, **changes):
    return client.post(desk(appeal, "preview"), form | changes)


def confirm(client, appeal, form, **changes):
    """See the effect and confirm it."""
    shown = preview(client, appeal, form, **changes).content.decode()
    seen = re.search(r'name="seen" value="([0-9a-f]{32})"', shown)[1]
    return client.post(desk(appeal, "decide"), form | changes | {"seen": seen})


def words(response):
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text)


def test_the_effect_of_a_reversal_is_shown_before_anything_is_written(suspended):
    scene, appeal = suspended
    client, form = reviewing(scene, appeal)

    page = preview(client, appeal, form, outcome="REVERSED")

    assert page.status_code == 200
    shown = words(page)
    assert "Points −4 → 0" in shown
    assert "(8 → 12)" in shown
    assert "Gets back Create groups Own groups" in shown
    assert "Roles return Owner of Night owls" in shown
    assert "Without an owner → Active" in shown
    appeal.refresh_from_db()
    assert appeal.state == "IN_REVIEW"
    assert Decision.objects.count() == 1


def test_an_outcome_that_changes_nothing_says_so(scene, appeal):
    client, form = reviewing(scene, appeal)

    shown = words(preview(client, appeal, form, outcome="UPHELD"))

    assert f"{appeal.decision.reference} stays as it is. Olga is told" in shown


def test_what_was_confirmed_is_what_happens(suspended):
    scene, appeal = suspended
    client, form = reviewing(scene, appeal)

    response = confirm(client, appeal, form, outcome="REVERSED")

    assert response.status_code == 302
    appeal.refresh_from_db()
    assert appeal.state == "REVERSED"
    assert sum(LedgerEntry.objects.values_list("points", flat=True)) == 0
    assert scene.owner.tenures.current().get().role == "OWNER"


@pytest.mark.parametrize(("keeps", "left"), [("on", -4), ("", 0)])
def test_the_points_stay_or_go_with_a_reversal_in_part(suspended, keeps, left):
    scene, appeal = suspended
    client, form = reviewing(scene, appeal)
    chosen = {"outcome": "PARTIALLY_REVERSED", "keeps_points": keeps, **WARNING}

    shown = words(preview(client, appeal, form, **chosen))
    confirm(client, appeal, form, **chosen)

    charged = "Points Stay at −4, until 2 Nov 2027" if keeps else "Points −4 → 0 Level"
    assert charged in shown
    appeal.refresh_from_db()
    assert appeal.state == "PARTIALLY_REVERSED"
    assert appeal.resulting_decision.points == left
    assert sum(LedgerEntry.objects.values_list("points", flat=True)) == left


def test_the_choice_about_points_and_the_measures_are_offered_as_they_were_decided(suspended):
    scene, appeal = suspended
    client, _ = reviewing(scene, appeal)

    page = client.get(desk(appeal))

    assert "Keep the points (−4)" in words(page)
    first = page.context["measure_forms"][0].initial
    assert first == {
        "kind": "SUSPEND",
        "privilege": "OWN_GROUP",
        "where": "PLATFORM",
        "days": 30,
    }


def test_an_outcome_that_was_not_shown_is_shown_instead_of_recorded(scene, appeal):
    client, form = reviewing(scene, appeal)

    response = client.post(desk(appeal, "decide"), form | {"outcome": "REVERSED", "seen": "0" * 32})

    assert response.status_code == 409
    assert "The effect has changed since you looked." in response.content.decode()
    appeal.refresh_from_db()
    assert appeal.state == "IN_REVIEW"


def test_a_reversal_that_takes_as_much_waits_for_a_second_person(suspended):
    scene, appeal = suspended
    client, form = reviewing(scene, appeal)
    shorter = {
        "outcome": "PARTIALLY_REVERSED",
        "measures-0-kind": "SUSPEND",
        "measures-0-privilege": "OWN_GROUP",
        "measures-0-where": "PLATFORM",
        "measures-0-days": "14",
    }

    shown = words(preview(client, appeal, form, **shorter))
    confirm(client, appeal, form, **shorter)

    assert "It waits for a second person; until then the decision stands" in shown
    assert "own groups, 14 days, until 16 Nov 2026" in shown
    appeal.refresh_from_db()
    assert (appeal.state, appeal.proposed_outcome) == ("IN_REVIEW", "PARTIALLY_REVERSED")


@pytest.mark.django_db(transaction=True)
def test_an_outcome_that_does_not_fit_is_explained_on_the_page(scene, appeal):
    client, form = reviewing(scene, appeal)

    response = preview(client, appeal, form, outcome="PARTIALLY_REVERSED", **WARNING)

    assert response.status_code == 422
    assert "This is what was decided before." in response.content.decode()
    assert "Not hers." in response.content.decode()


def test_going_back_keeps_what_was_typed(scene, appeal):
    client, form = reviewing(scene, appeal)

    page = client.post(desk(appeal, "edit"), form | {"outcome": "REVERSED"})

    assert "Not hers." in page.content.decode()
    assert page.context["form"]["outcome"].value() == "REVERSED"


@pytest.mark.django_db(transaction=True)
def test_whoever_decided_is_told_that_somebody_else_reviews(scene):
    user = scene.senior()
    appeal = appeal_against(decide(scene.case, user, WARN), scene.owner, at=AT)
    client = enter(user)

    page = client.get(desk(appeal)).content.decode()
    response = client.post(desk(appeal, "take"), {"version": appeal.version})

    assert "You took part in this decision." in page
    assert response.status_code == 403
    appeal.refresh_from_db()
    assert appeal.state == "SUBMITTED"


@pytest.mark.django_db(transaction=True)
def test_a_form_that_shows_an_older_appeal_is_refused(scene, appeal):
    client, form = reviewing(scene, appeal)

    taken = client.post(desk(appeal, "take"), {"version": 1})
    decided = client.post(
        desk(appeal, "decide"), form | {"version": 1, "outcome": "UPHELD", "reasons": "My words"}
    )

    assert (taken.status_code, decided.status_code) == (409, 409)
    assert "My words" in decided.content.decode()
    assert Appeal.objects.values_list("state", "version").get() == ("IN_REVIEW", 2)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SENIOR}))
def test_roles_without_appeals_take_none(scene, appeal, role):
    response = enter(scene.staff(role)).post(desk(appeal, "take"), {"version": appeal.version})

    assert response.status_code == 403
    appeal.refresh_from_db()
    assert appeal.state == "SUBMITTED"


def test_an_appeal_needs_an_outcome_and_reasons(scene, appeal):
    client, form = reviewing(scene, appeal)

    response = preview(client, appeal, form, reasons="")

    assert response.status_code == 422
    assert "Choose an outcome." in response.content.decode()
    assert "Give the reasons." in response.content.decode()
