"""A decision that is being written outlives a claim, a release and a note."""

import pytest
from django.urls import reverse

from groups.actions import cases
from groups.models import CaseEntry
from portal.core.actors import Actor
from tests.admin.entering import enter
from tests.factories.base import AT

DRAFT = {
    "outcome": "MEASURES",
    "facts": "What I wrote",
    "ground": "INCOMPATIBLE_CONTENT",
    "measures-TOTAL_FORMS": "4",
    "measures-INITIAL_FORMS": "0",
    "measures-1-kind": "WARN",
}
UNTOUCHED = {"ground": "INCOMPATIBLE_CONTENT", "facts": "", "measures-0-kind": ""}


def move(client, case, name, **sent):
    url = reverse(f"admin:work_case_{name}", args=[case.pk])
    return client.post(url, {"version": case.version, **sent})


@pytest.mark.parametrize("name", ["claim", "note", "release"])
def test_a_draft_stays_through_a_move_and_is_not_judged_yet(scene, name):
    user = scene.staff()
    if name == "release":
        cases.claim(case=scene.case, user=user, by=Actor.user(user), at=AT)
    before = scene.case.version

    page = move(enter(user), scene.case, name, text="Ask Rana.", **DRAFT)

    scene.case.refresh_from_db()
    draft = page.context["decision"]
    assert (page.status_code, scene.case.version) == (200, before + 1)
    assert draft.form["facts"].value() == "What I wrote"
    assert draft.form["outcome"].value() == "MEASURES"
    assert draft.form["version"].value() == scene.case.version
    assert [form["kind"].value() for form in draft.measures] == ["WARN", None, None, None]
    shown = page.content.decode()
    assert "Give the reasons." not in shown
    assert page.context["note"]["text"].value() is None
    assert CaseEntry.objects.filter(case=scene.case, kind="NOTE").count() == (name == "note")


@pytest.mark.django_db(transaction=True)
def test_a_draft_stays_where_the_note_is_refused(scene):
    client = enter(scene.staff())

    for refused in ({"text": ""}, {"text": "Seen.", "version": "1000"}):
        page = move(client, scene.case, "note", **{**DRAFT, **refused})

        assert page.status_code in (409, 422)
        assert page.context["decision"].form["facts"].value() == "What I wrote"


def test_a_form_that_nobody_touched_is_no_draft(scene):
    assert move(enter(scene.staff()), scene.case, "claim", **UNTOUCHED).status_code == 302
