"""The page of an offer: what the recipient takes on, and what each side may do with it."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from groups.models import Case, Group, Transfer
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import CaseFactory
from tests.factories.identity import AccountFactory
from tests.groups import scene as scenes
from tests.groups.scene import SUSPEND_OWNING, add_role
from tests.groups.views import reading
from tests.groups.views.offering import accept, offer, owner_of, start_url, url

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_the_recipient_finds_it_at_home_and_reads_what_they_take_on(as_user, scene):
    add_role(scene, role="MANAGER", account=scene.reporter)
    transfer = offer(scene)
    client = as_user(scene.member)

    home = client.get("/")
    text = reading.words(client.get(url(transfer)))

    assert "Olga offers you Night owls" in reading.words(home)
    assert url(transfer) in home.content.decode()
    assert "Nothing waits for you" not in reading.words(home)
    for said in (
        "Olga would like to hand this group over to you.",
        "120 members",
        "Nothing stands against your taking it on.",
        "Open cases 0.",
        "Rana , manager since 25 Jul 2026",
        "Olga may take the group back",
    ):
        assert said in text, said


def test_cases_are_counted_that_the_recipient_would_see_and_no_other(as_user, scene):
    """One that the group was asked about; not one that staff keep, nor one about themselves."""
    entry = {"kind": "OPENED", "is_public": True, "at": AT}
    rule, group = scene.rule, scene.group
    other = AccountFactory(platform=scene.platform)
    shown = CaseFactory(platform=scene.platform, group=group, rule=rule, subject=other)
    about_them = CaseFactory(platform=scene.platform, group=group, rule=rule, subject=scene.member)
    with fixture_rows():
        for case in (shown, about_them):
            case.timeline.create(**entry)
    assert Case.objects.filter(group=group).count() == 3

    text = reading.words(as_user(scene.member).get(url(offer(scene))))

    assert "Open cases 1." in text
    assert text.count("3 days left") == 1


def test_what_fails_is_said_in_full_to_the_recipient_only(as_user, scene):
    with fixture_rows():
        Group.objects.filter(pk=scene.group.pk).update(size=6000)
    transfer = offer(scene)

    mine = reading.words(as_user(scene.member).get(url(transfer)))
    step = as_user(scene.member).get(url(transfer, "accept"))
    theirs = reading.words(as_user(scene.owner).get(url(transfer)))

    assert "needs a verified identity of the level “High” or higher" in mine
    assert "needs a verified identity" in reading.words(step)
    assert "Take the group on" not in reading.words(step)
    assert "verified identity" not in theirs

    refused = as_user(scene.member).post(url(transfer, "accept"))
    assert refused.status_code == 409
    assert "needs a verified identity" in reading.words(refused)
    assert owner_of(scene) == scene.owner


def test_accepting_is_asked_once_more_and_then_done(as_user, scene):
    transfer, client = offer(scene), as_user(scene.member)

    assert "Take on Night owls ?" in reading.words(client.get(url(transfer, "accept")))
    assert owner_of(scene) == scene.owner

    done = client.post(url(transfer, "accept"))
    assert done.url == url(transfer)
    assert owner_of(scene) == scene.member
    text = reading.words(client.get(done.url))
    assert "You answer for the group now. Olga may take it back until 3 Nov 2026, 12:00" in text
    people = reading.words(client.get(reverse("groups:people", args=[scene.group.pk])))
    assert "Olga may take this group back" in people
    handing_on = reading.words(client.get(start_url(scene)))
    assert "You can hand the group on once it can no longer be taken back." in handing_on


@pytest.mark.parametrize(
    ("step", "who", "state"), [("decline", "member", "DECLINED"), ("cancel", "owner", "CANCELLED")]
)
def test_an_offer_is_ended_by_either_side_once(as_user, scene, step, who, state):
    transfer, client = offer(scene), as_user(getattr(scene, who))

    assert client.get(url(transfer, step)).status_code == 200
    assert Transfer.objects.get().state == "OFFERED"
    assert client.post(url(transfer, step)).url == url(transfer)
    assert Transfer.objects.get().state == state

    again = client.post(url(transfer, step))
    assert again.status_code == 409
    assert "answered, taken back or has lapsed" in reading.words(again)
    late = as_user(scene.member).post(url(transfer, "accept"))
    assert late.status_code == 409
    assert owner_of(scene) == scene.owner


def test_each_side_finds_its_own_steps_only(as_user, scene):
    transfer = offer(scene)
    owner, member, stranger = (as_user(who) for who in (scene.owner, scene.member, scene.reporter))

    for client, steps in (
        (owner, ("accept", "decline")),
        (member, ("cancel", "take_back")),
        (stranger, ("", "accept", "decline", "cancel", "take_back")),
    ):
        for step in steps:
            assert client.get(url(transfer, step)).status_code == 404
            if step:
                assert client.post(url(transfer, step)).status_code == 404
    assert Transfer.objects.get().state == "OFFERED"


def test_the_old_owner_takes_it_back_from_their_page(as_user, scene):
    transfer = offer(scene)
    accept(transfer)
    client = as_user(scene.owner)

    with time_machine.travel(AT + HOUR, tick=False):
        home = reading.words(client.get("/"))
        assert "You gave Night owls to Mats You may take it back until 3 Nov 2026, 12:00" in home
        people = client.get(reverse("groups:people", args=[scene.group.pk]))
        assert url(transfer, "take_back") in people.content.decode()
        assert "Take Night owls back?" in reading.words(client.get(url(transfer, "take_back")))
        assert client.post(url(transfer, "take_back")).url == url(transfer)
        assert owner_of(scene) == scene.owner
        mine = reading.words(client.get(url(transfer)))
        theirs = reading.words(as_user(scene.member).get(url(transfer)))
        again = client.post(url(transfer, "take_back"))

    assert "You took the group back, and answer for it again." in mine
    assert "Olga took the group back. You have the role in it that you had before" in theirs
    assert again.status_code == 409


def test_a_day_later_the_page_offers_nothing_and_the_button_of_an_old_one_is_refused(
    as_user, scene
):
    transfer = offer(scene)
    accept(transfer)

    with time_machine.travel(AT + DAY, tick=False):
        client = as_user(scene.owner)
        shown = client.get(url(transfer))
        late = client.post(url(transfer, "take_back"))

    assert "The time to take it back is over." in reading.words(shown)
    assert url(transfer, "take_back") not in shown.content.decode()
    assert late.status_code == 409
    assert owner_of(scene) == scene.member


def test_whoever_may_own_no_group_now_reads_why_they_cannot_take_it_back(as_user, scene):
    transfer = offer(scene)
    accept(transfer)
    scenes.decide_in_effect(scene, SUSPEND_OWNING)

    answer = as_user(scene.owner).post(url(transfer, "take_back"))

    assert answer.status_code == 409
    assert "Owning groups is suspended until 2 December 2026." in reading.words(answer)
    assert owner_of(scene) == scene.member


def test_an_offer_of_somebody_who_lost_the_group_says_so(as_user, scene):
    add_role(scene)
    transfer = offer(scene)
    scenes.decide_in_effect(scene, SUSPEND_OWNING)
    client = as_user(scene.member)

    assert "Olga does not own the group now" in reading.words(client.get(url(transfer)))
    assert "See what you would take on" not in reading.words(client.get("/"))
    assert client.post(url(transfer, "accept")).status_code == 409


def test_an_offer_past_its_time_can_only_be_read(as_user, scene):
    transfer = offer(scene)

    with time_machine.travel(transfer.expires_at, tick=False):
        client = as_user(scene.member)
        text = reading.words(client.get(url(transfer)))
        late = client.post(url(transfer, "accept"))

    assert "Not answered in time" in text
    assert "The group stayed where it was." in text
    assert late.status_code == 409


def test_a_changing_page_never_changes_anything_by_get(as_user, scene):
    transfer = offer(scene)

    for who, step in (("member", "accept"), ("member", "decline"), ("owner", "cancel")):
        as_user(getattr(scene, who)).get(url(transfer, step))

    assert Transfer.objects.get().state == "OFFERED"
    assert owner_of(scene) == scene.owner
