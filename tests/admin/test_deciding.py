"""Deciding in the admin: the effect first, then the confirmation of just that effect."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from credit.models import LedgerEntry, Sanction
from groups.models import Decision, Notice
from identity.roles import Role
from tests.admin.entering import enter
from tests.admin.test_case_work import MEASURES, address, state_of
from tests.factories.base import AT
from tests.groups.scene import (
    SUSPEND_OWNING,
    WARN,
    another_case,
    decide,
    decide_in_effect,
)

WORDS = {"facts": "Three members were asked for deposits.", "reasons": "The rule forbids it."}
SUSPENSION = {
    "outcome": "MEASURES",
    "measures-0-kind": "SUSPEND",
    "measures-0-privilege": "OWN_GROUP",
    "measures-0-where": "PLATFORM",
    "measures-0-days": "30",
}
WARNING = {"outcome": "MEASURES", "measures-0-kind": "WARN", "measures-0-where": "PLATFORM"}


def draft(scene, **changes):
    return {"version": scene.case.version, **MEASURES, **WORDS, **changes}


def seen_in(response):
    return re.search(r'name="seen" value="([0-9a-f]{32})"', response.content.decode())[1]


def preview(client, scene, **changes):
    return client.post(address(scene.case, "preview"), draft(scene, **changes))


def test_the_effect_is_shown_before_anything_is_written(scene):
    client = enter(scene.staff())

    page = preview(client, scene, **SUSPENSION)

    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))
    assert page.status_code == 200
    assert "Olga" in shown
    assert "Points −2" in shown
    assert "Good standing (12 → 10)" in shown
    assert "Own groups, until 2 Dec 2026, 12:00" in shown
    assert "Owner of Night owls ; nobody owns it then" in shown
    assert "1 to the person concerned" in shown
    assert "1 to the reporter" in shown
    assert "It waits for a second person:" in shown
    assert "“Suspend a privilege” needs a second person." in shown
    assert not Decision.objects.exists()
    assert state_of(scene.case)["version"] == scene.case.version


def test_with_script_the_effect_comes_as_a_dialog(scene):
    client = enter(scene.staff(), headers={"HX-Request": "true"})

    page = preview(client, scene, **WARNING).content.decode()

    assert "<html" not in page
    assert "What this decision does" in page


def test_confirming_records_the_decision(scene):
    user = scene.staff()
    client = enter(user)
    seen = seen_in(preview(client, scene, **WARNING))

    response = client.post(address(scene.case, "decide"), draft(scene, seen=seen, **WARNING))

    assert response.status_code == 302
    decision = Decision.objects.get()
    assert (decision.decided_by, decision.points, decision.effective_at) == (user, -2, AT)
    assert decision.facts == WORDS["facts"]
    assert LedgerEntry.objects.get().points == -2


def test_a_suspension_is_recorded_and_waits(scene):
    client = enter(scene.staff())
    seen = seen_in(preview(client, scene, **SUSPENSION))

    page = client.post(
        address(scene.case, "decide"), draft(scene, seen=seen, **SUSPENSION), follow=True
    )

    decision = Decision.objects.get()
    assert decision.is_held
    assert f"{decision.reference} waits for a second person." in page.content.decode()
    assert not Sanction.objects.exists()


def test_an_effect_that_has_changed_since_is_shown_again_instead_of_recorded(scene):
    client = enter(scene.staff())
    seen = seen_in(preview(client, scene, **WARNING))
    decide_in_effect(scene, WARN, case=another_case(scene, severity="HIGH"))

    response = client.post(address(scene.case, "decide"), draft(scene, seen=seen, **WARNING))

    assert response.status_code == 409
    assert "The effect has changed since you looked" in response.content.decode()
    assert not scene.case.decisions.exists()
    again = client.post(
        address(scene.case, "decide"), draft(scene, seen=seen_in(response), **WARNING)
    )
    assert again.status_code == 302
    assert scene.case.decisions.count() == 1


def test_a_decision_that_was_never_previewed_is_shown_first(scene):
    response = enter(scene.staff()).post(address(scene.case, "decide"), draft(scene, **WARNING))

    assert response.status_code == 409
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"outcome": ""}, "Choose an outcome."),
        ({"outcome": "DISMISSED", "reasons": " "}, "Give the reasons."),
        ({"outcome": "DISMISSED", "facts": ""}, "State the facts."),
        ({"outcome": "DISMISSED", "ground": "ILLEGAL_CONTENT"}, "Name the law that it breaks."),
        ({"outcome": "MEASURES"}, "Choose at least one measure"),
        (SUSPENSION | {"measures-0-privilege": ""}, "Say which privilege"),
        (SUSPENSION | {"measures-0-days": "-1"}, "A measure is not complete."),
        (SUSPENSION | {"measures-0-kind": "NOTHING"}, "A measure is not complete."),
    ],
)
def test_what_is_missing_is_named_and_what_was_typed_stays(scene, changes, sentence):
    response = preview(enter(scene.staff()), scene, **changes)

    shown = response.content.decode()
    assert response.status_code == 422
    assert sentence in shown
    if "facts" not in changes:
        assert WORDS["facts"] in shown
    assert not Decision.objects.exists()


def test_going_back_from_the_effect_keeps_what_was_typed(scene):
    page = enter(scene.staff()).post(address(scene.case, "edit"), draft(scene, **SUSPENSION))

    shown = page.content.decode()
    assert page.status_code == 200
    assert WORDS["reasons"] in shown
    assert '<option value="SUSPEND" selected>' in shown


def test_measures_left_in_an_outcome_without_measures_do_not_count(scene):
    client = enter(scene.staff())
    changes = SUSPENSION | {"outcome": "DISMISSED"}
    seen = seen_in(preview(client, scene, **changes))

    client.post(address(scene.case, "decide"), draft(scene, seen=seen, **changes))

    assert Decision.objects.get().measures.count() == 0


# --- the second person -----------------------------------------------------------------------


def page_of(decision, move=""):
    return reverse(f"admin:work_decision{move and '_'}{move}", args=[decision.pk])


@pytest.fixture
def held(scene):
    return decide(scene.case, scene.staff(), SUSPEND_OWNING)


def test_the_second_person_sees_the_decision_and_its_effect(scene, held):
    page = enter(scene.senior()).get(page_of(held))

    shown = page.content.decode()
    assert held.facts in shown
    assert held.reasons in shown
    assert "Suspend a privilege: own groups, 30 days" in shown
    assert "nobody owns it then" in shown
    assert "Approve: it takes effect now" in shown
    assert page.context["effect"].as_stored() == held.foreseen


def test_approving_puts_the_decision_into_effect(scene, held):
    senior = scene.senior()

    response = enter(senior).post(page_of(held, "approve"))

    assert response.status_code == 302
    held.refresh_from_db()
    assert (held.approved_by, held.effective_at) == (senior, AT)
    assert Sanction.objects.get().ends_at == AT + timedelta(days=30)
    assert Notice.objects.filter(decision=held, recipient=scene.owner).exists()


@pytest.mark.django_db(transaction=True)
def test_the_decider_cannot_approve_their_own_decision(scene):
    user = scene.senior()
    held = decide(scene.case, user, SUSPEND_OWNING)
    client = enter(user)

    page, response = client.get(page_of(held)), client.post(page_of(held, "approve"))

    assert "You took this decision." in page.content.decode()
    assert "Approve: it takes effect now" not in page.content.decode()
    assert response.status_code == 403
    held.refresh_from_db()
    assert held.is_held


def test_returning_needs_a_reason(scene, held):
    client = enter(scene.senior())

    refused = client.post(page_of(held, "return"), {"reason": " "})
    done = client.post(page_of(held, "return"), {"reason": "Ask the owner first."})

    assert refused.status_code == 422
    assert "Say what should be looked at again." in refused.content.decode()
    assert done.status_code == 302
    held.refresh_from_db()
    assert held.return_reason == "Ask the owner first."


@pytest.mark.django_db(transaction=True)
def test_an_effect_that_changed_cannot_be_approved(scene, held):
    decide_in_effect(scene, WARN, case=another_case(scene, severity="HIGH"))
    client = enter(scene.senior())

    page, response = client.get(page_of(held)), client.post(page_of(held, "approve"))

    assert "This is not what" in page.content.decode()
    assert "Approve: it takes effect now" not in page.content.decode()
    assert response.status_code == 409
    held.refresh_from_db()
    assert held.is_held


@pytest.mark.django_db(transaction=True)
def test_a_second_approval_is_told_that_somebody_was_faster(scene, held):
    first, second = enter(scene.senior()), enter(scene.senior())
    first.post(page_of(held, "approve"))

    response = second.post(page_of(held, "approve"))

    assert response.status_code == 409
    assert "Somebody else was faster" in response.content.decode()
    assert Sanction.objects.count() == 1


@pytest.mark.parametrize("move", ["approve", "return"])
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SENIOR}))
def test_roles_without_approval_neither_approve_nor_return(scene, held, role, move):
    response = enter(scene.staff(role)).post(page_of(held, move), {"reason": "No."})

    assert response.status_code == 403
    held.refresh_from_db()
    assert held.is_held
