"""Promise 2: a person sees every entry that counts, its weight, its expiry and its policy."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from credit.actions import adjustments as credit_adjustments
from credit.models import LedgerEntry, Sanction
from groups.actions import adjustments, lifts
from groups.queries import standing_page
from portal.core.actors import Actor
from tests.credit import findings
from tests.credit.documents import giving
from tests.factories.base import AT
from tests.factories.groups import GroupFactory, TenureFactory
from tests.factories.identity import AccountFactory, UserFactory
from tests.groups import scene as scenes
from tests.groups.views import reading


def standing_of(client, scene):
    return client.get(reverse("groups:standing", args=[scene.group.pk]))


def propose(scene, *, points=1, at):
    return credit_adjustments.propose(
        account=scene.owner,
        points=points,
        reason="A wrong clock.",
        expires_at=None,
        by=Actor.user(scene.staff()),
        at=at,
    )


def test_every_entry_that_counts_is_shown_with_weight_expiry_and_policy(as_user, scene):
    decision = scenes.decide_in_effect(scene, scenes.WARN)
    decision.refresh_from_db()
    entry = LedgerEntry.objects.get(account=scene.owner)

    page = standing_of(as_user(scene.owner), scene)

    text = reading.words(page)
    assert f"Penalty: {entry.reason} Decision {decision.reference}, by a person." in text
    assert f"−{-entry.points} 1 May 2027, 12:00 UTC (in 180 days)" in text
    assert f"Version {entry.policy.version}" in text
    assert "10 of 12" in text
    assert "“Under watch” begins 1 point lower" in text
    assert reverse("groups:decision", args=[decision.reference]) in page.content.decode()


def test_the_page_looks_ahead_by_itself_and_to_one_more_finding(as_user, scene):
    decision = scenes.decide_in_effect(scene, scenes.WARN)

    text = reading.words(standing_of(as_user(scene.owner), scene))

    assert (
        "Now 10 of 12 points: good standing 1 May 2027 12 of 12 points: good standing "
        f"The finding of decision {decision.reference} stops counting." in text
    )
    assert "Low 1 point 31 Jan 2027 Under watch –" in text
    assert "Critical 10 points 1 Nov 2028 Suspended create groups, own groups, manage" in text


def test_each_day_ahead_says_which_finding_gives_a_point_back_or_ends(as_user, scene):
    findings.next_version(scene.platform, giving(HIGH=90, MEDIUM=60), at=AT)
    case = scenes.another_case(scene, severity="HIGH")
    high = scenes.decide_in_effect(scene, scenes.WARN, case=case)
    later = AT + timedelta(days=280)
    with time_machine.travel(later, tick=False):
        medium = scenes.decide_in_effect(scene, scenes.WARN, at=later)
        adjustments.approve(
            adjustment=propose(scene, points=2, at=later), by=Actor.user(scene.senior()), at=later
        )
        page = standing_of(as_user(scene.owner), scene)

    text = reading.words(page)
    of_medium = f"the finding of decision {medium.reference}"
    comes_back = f"A point of {of_medium} comes back: 60 days without a further finding."
    ends = f"The finding of decision {high.reference} stops counting."
    given = "What staff gave back on 9 Aug 2027 stops counting."
    assert f"8 Oct 2027 12 of 12 points: good standing {comes_back}" in text
    assert f"2 Nov 2027 11 of 12 points: good standing {ends} {given}" in text
    ahead = page.content.decode().split('id="ahead"')[1].split("</section>")[0]
    for decision in (high, medium):
        assert reverse("groups:decision", args=[decision.reference]) in ahead


def test_a_reversed_entry_stays_visible_and_no_longer_counts(as_user, scene):
    decision = scenes.decide_in_effect(scene, scenes.WARN)
    appeal = scenes.appeal_against(decision, scene.owner, at=AT)
    scenes.review(appeal, scene.senior(), at=AT)

    page = standing_of(as_user(scene.owner), scene)

    assert page.context["standing"].counting == []
    assert [line.view.points for line in page.context["standing"].past] == [2, -2]
    assert "Undone on 2 Nov 2026" in reading.words(page)


def test_each_decision_says_whether_it_can_be_appealed_now(as_user, scene):
    decided = scenes.decide_in_effect(scene, scenes.WARN)
    open_one = scenes.decide_in_effect(scene, scenes.WARN, case=scenes.another_case(scene))
    pending = scenes.decide_in_effect(scene, scenes.WARN, case=scenes.another_case(scene))
    scenes.appeal_against(pending, scene.owner, at=AT)
    appeal = scenes.appeal_against(decided, scene.owner, at=AT)
    override = scenes.review(appeal, scene.senior(), at=AT).resulting_decision

    page = standing_of(as_user(scene.owner), scene)

    text = reading.words(page)
    for decision, said in (
        (decided, f"Replaced by {override.reference} ."),
        (open_one, "You can appeal until 2 Dec 2026"),
        (pending, "Your appeal against this decision is being looked at already."),
        (override, "Nothing was found against you."),
    ):
        assert f"{decision.reference}: {decision.rule.title} 2 Nov 2026 . {said}" in text
    assert text.count("You can appeal until") == 1


def test_ten_decisions_cost_the_queries_of_one(scene):
    def read():
        with CaptureQueriesContext(connection) as asked:
            standing_page.get_page(user=scene.owner.user, account=scene.owner, at=AT)
        return len(asked)

    scenes.decide_in_effect(scene, scenes.WARN)
    of_one = read()
    for _ in range(9):
        scenes.decide_in_effect(scene, case=scenes.another_case(scene))

    assert read() == of_one


def test_who_lost_the_group_still_reads_why_and_until_when(as_user, scene):
    decision = scenes.decide_in_effect(scene, scenes.SUSPEND_OWNING)
    decision.refresh_from_db()
    client = as_user(scene.owner)

    assert standing_of(client, scene).status_code == 404
    text = reading.words(client.get(reverse("groups:account_standing", args=[scene.owner.pk])))
    assert "Owning groups is suspended until 2 December 2026." in text
    assert f"Decision {decision.reference}" in text
    assert "By decision you may not do this for now: create groups, own groups." in text
    assert "Everything is open to you." not in text
    assert "Something is not open to you now." in reading.words(client.get("/"))
    assert "Under watch" in text


def test_standing_stays_on_its_platform(as_user, scene):
    elsewhere = AccountFactory(user=scene.owner.user)
    scenes.decide_in_effect(scene, scenes.WARN)

    places = as_user(scene.owner).get("/").context["places"]

    scores = {place.account: place.ladder and place.ladder.score for place in places}
    assert scores == {scene.owner: 10, elsewhere: None}


def test_managers_see_their_own_standing_and_not_the_owners(as_user, scene):
    scenes.decide_in_effect(scene, scenes.WARN)
    manager = scenes.add_role(scene, role="MANAGER")

    page = standing_of(as_user(manager), scene)

    assert page.context["standing"].account == manager
    assert page.context["standing"].counting == []


def test_responsibility_is_drawn_and_can_be_taken_along(as_user, scene):
    hostile = AccountFactory(
        platform=scene.platform, user=UserFactory(), display_name='=HYPERLINK("x")'
    )
    TenureFactory(
        group=scene.group,
        account=hostile,
        role="MANAGER",
        since=AT.replace(year=2025),
        until=AT.replace(month=6),
    )
    client = as_user(scene.owner)

    page = client.get(reverse("groups:people", args=[scene.group.pk]))
    sheet = client.get(reverse("groups:people_csv", args=[scene.group.pk]))

    assert [row.tenure.account for row in page.context["picture"].rows] == [
        hostile,
        scene.owner,
    ]
    assert page.context["picture"].rows[1].place.left == "45.21%"
    rows = list(csv.DictReader(io.StringIO(sheet.content.decode())))
    assert [row["name"] for row in rows] == ["Olga", '\'=HYPERLINK("x")']
    assert rows[1]["until"] == "2026-06-02T12:00:00+00:00"
    assert sheet["Content-Disposition"] == 'attachment; filename="responsibility.csv"'


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("time", "Ended on 2 Dec 2026 ."),
        ("early", "Lifted early on 4 Nov 2026 by staff: You restored what was lost."),
        ("appeal", "Undone on appeal on 4 Nov 2026 ."),
    ],
)
def test_each_past_restriction_says_how_it_ended(as_user, scene, how, said):
    decision = scenes.decide_in_effect(scene, scenes.SUSPEND_OWNING)
    later = AT + timedelta(days=2)
    if how == "early":
        lifts.lift(
            sanction=Sanction.objects.get(),
            reason="You restored what was lost.",
            by=Actor.user(scene.senior()),
            at=later,
        )
    if how == "appeal":
        appeal = scenes.appeal_against(decision, scene.owner, at=later)
        scenes.review(appeal, scene.senior(), at=later)
    address = reverse("groups:account_standing", args=[scene.owner.pk])

    before = reading.words(as_user(scene.owner).get(address))
    with time_machine.travel(AT + timedelta(days=31), tick=False):
        after = reading.words(as_user(scene.owner).get(address))

    assert f"Own groups: suspended on 2 Nov 2026 by {decision.reference} . {said}" in after
    assert "Restrictions that are over" not in before
    ways = ("Ended on", "Lifted early on", "Undone on appeal on")
    assert [way for way in ways if way in after] == [way for way in ways if way in said]


def test_a_past_restriction_in_one_group_names_it_and_is_not_shown_in_others(as_user, scene):
    in_group = scenes.MeasureInput(
        "SUSPEND", privilege="MANAGE_GROUP", days=5, in_group=scene.group
    )
    scenes.decide_in_effect(scene, in_group)
    other = GroupFactory(platform=scene.platform)
    TenureFactory(group=other, account=scene.owner)

    with time_machine.travel(AT + timedelta(days=6), tick=False):
        client = as_user(scene.owner)
        everywhere = client.get(reverse("groups:account_standing", args=[scene.owner.pk]))
        elsewhere = client.get(reverse("groups:standing", args=[other.pk]))

    assert "Manage groups (only in Night owls ): suspended" in reading.words(everywhere)
    assert elsewhere.status_code == 200
    assert "Restrictions that are over" not in reading.words(elsewhere)


def test_points_given_back_are_an_entry_like_any_other(as_user, scene):
    scenes.decide_in_effect(scene, scenes.WARN)
    proposed = propose(scene, at=AT)
    client = as_user(scene.owner)
    assert "A wrong clock." not in reading.words(standing_of(client, scene))
    adjustments.approve(adjustment=proposed, by=Actor.user(scene.senior()), at=AT)

    text = reading.words(standing_of(client, scene))

    assert "Adjustment: A wrong clock. Given back by two people on the staff. +1" in text
    assert text.count("1 May 2027") >= 2, "it ends with what it makes up for"
    assert "11 of 12" in text


def test_a_platform_without_a_policy_says_so(as_user, place):
    client = as_user(place.owner)

    in_group = client.get(reverse("groups:standing", args=[place.group.pk]))
    of_account = client.get(reverse("groups:account_standing", args=[place.owner.pk]))

    assert "This service has no standing policy yet" in reading.words(in_group)
    assert "This service has no standing policy yet" in reading.words(of_account)
