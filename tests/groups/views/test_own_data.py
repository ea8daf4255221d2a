"""Everything that is held about a person, as one file; nothing of anybody else."""

import json

from django.urls import reverse

from credit.actions import adjustments as credit_adjustments
from credit.models import LedgerEntry, Sanction
from groups.actions import adjustments, lifts
from portal.core.actors import Actor
from tests.factories.base import AT
from tests.factories.identity import AccountFactory, UserFactory
from tests.groups import scene as scenes


def file_of(client):
    response = client.get(reverse("groups:own_data_file"))
    assert response.status_code == 200
    return response, json.loads(response.content)


def test_the_file_holds_decisions_standing_appeals_and_notices(as_user, scene):
    decision = scenes.decide_in_effect(scene, scenes.SUSPEND_OWNING)
    decision.refresh_from_db()
    scenes.appeal_against(decision, scene.owner, at=AT)

    response, held = file_of(as_user(scene.owner))

    assert response["Content-Disposition"] == 'attachment; filename="accord-2026-11-02.json"'
    assert response["Cache-Control"] == "no-store"
    assert held["person"]["email"] == scene.owner.user.email
    (account,) = held["accounts"]
    assert (account["service"], account["name_there"]) == (scene.platform.name, "Olga")
    assert [role["group"] for role in account["roles"]] == ["Night owls"]
    assert account["roles"][0]["ended"] == "DECISION"
    (restriction,) = account["restrictions"]
    assert (restriction["privilege"], restriction["decision"]) == ("OWN_GROUP", decision.reference)
    (entry,) = account["standing"]["entries"]
    stored = LedgerEntry.objects.get(account=scene.owner)
    assert (entry["points"], entry["decision"]) == (stored.points, decision.reference)
    (told,) = account["decisions_about_you"]
    assert told["facts"] == "Three members were asked for deposits."
    assert told["effects"][0]["words"] == "Owning groups is suspended for 30 days."
    (appeal,) = account["appeals"]
    assert appeal["grounds"] == "It was not me."
    assert {notice["kind"] for notice in account["notices"]} == {"DECISION", "APPEAL_RECEIVED"}


def test_the_file_says_how_a_restriction_was_lifted_and_what_was_given_back(as_user, scene):
    scenes.decide_in_effect(scene, scenes.SUSPEND_OWNING)
    lifts.lift(
        sanction=Sanction.objects.get(),
        reason="You restored what was lost.",
        by=Actor.user(scene.senior()),
        at=AT,
    )
    proposed = credit_adjustments.propose(
        account=scene.owner,
        points=1,
        reason="A wrong clock.",
        expires_at=None,
        by=Actor.user(scene.staff()),
        at=AT,
    )
    adjustments.approve(adjustment=proposed, by=Actor.user(scene.senior()), at=AT)

    (account,) = file_of(as_user(scene.owner))[1]["accounts"]

    (restriction,) = account["restrictions"]
    assert restriction["how_it_was_lifted"] == "EARLY"
    assert restriction["why_it_was_lifted"] == "You restored what was lost."
    (given,) = account["points_proposed_to_give_back"]
    assert (given["points"], given["state"], given["reason"]) == (1, "APPROVED", "A wrong clock.")
    assert account["standing"]["entries"][0]["kind"] == "ADJUSTMENT"


def test_a_reporter_finds_their_words_and_the_reported_person_does_not(as_user, scene):
    _, of_reporter = file_of(as_user(scene.reporter))
    of_owner, _ = file_of(as_user(scene.owner))

    (report,) = of_reporter["accounts"][0]["reports_sent"]
    assert report["statement"] == scene.flag.statement
    text = of_owner.content.decode()
    for secret in (scene.flag.statement, "Rana", scene.reporter.external_id):
        assert secret not in text


def test_the_file_names_nobody_on_the_staff(as_user, scene):
    decision = scenes.decide_in_effect(scene, scenes.SUSPEND_OWNING)
    response, _ = file_of(as_user(scene.owner))

    text = response.content.decode()
    for person in (decision.decided_by, decision.approved_by):
        assert person.email not in text
        assert str(person.pk) not in text


def test_all_accounts_of_a_person_are_in_it_and_those_of_others_are_not(as_user):
    user = UserFactory()
    own = [AccountFactory(user=user), AccountFactory(user=user)]
    AccountFactory(user=UserFactory())

    _, held = file_of(as_user(user))

    assert {account["id_there"] for account in held["accounts"]} == {
        account.external_id for account in own
    }
    assert held["accounts"][0]["standing"] is None
