"""Handing a group over: choose somebody, read what follows, send."""

import pytest
from django.urls import reverse

from groups.models import Group, Transfer
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.identity import AccountFactory
from tests.groups import scene as scenes
from tests.groups.scene import SUSPEND_OWNING, add_role
from tests.groups.views import reading
from tests.groups.views.offering import offer, start_url

NO_SINGLE = "This names no single account on"


def review(client, scene, **typed):
    return client.post(start_url(scene), {"step": "review"} | typed)


def test_who_helps_with_the_group_is_offered_first(as_user, scene):
    add_role(scene, role="MANAGER", account=scene.reporter)

    text = reading.words(as_user(scene.owner).get(start_url(scene)))

    assert "Somebody who helps with the group (optional) Rana, manager" in text
    assert "Mats" not in text


@pytest.mark.parametrize("words", ["Mats", "{id}"])
def test_the_owner_reads_what_follows_before_anything_is_sent(as_user, scene, words):
    client = as_user(scene.owner)

    page = review(client, scene, recipient=words.format(id=scene.member.external_id))

    text = reading.words(page)
    for said in (
        "Offer this group to Mats ?",
        f"Mats , known on {scene.platform} as {scene.member.external_id}",
        "They answer for Night owls , which has 120 members",
        "Cases that arose while you were responsible",
        "A co-owner",
        "When they accept, within 14 days",
        "Mats can take it on at present.",
    ):
        assert said in text, said
    assert not Transfer.objects.exists()

    sent = client.post(start_url(scene), {"step": "send", "recipient": scene.member.external_id})
    assert sent.url == start_url(scene)
    made = Transfer.objects.get()
    assert (made.from_account, made.to_account, made.state) == (
        scene.owner,
        scene.member,
        "OFFERED",
    )
    shown = reading.words(client.get(sent.url))
    assert "Offered to Mats" in shown
    assert "They can accept until 16 Nov 2026, 12:00 UTC (in 14 days)" in shown
    assert "Who takes it on?" not in shown


def test_the_owner_does_not_learn_why_somebody_cannot_take_it_on(as_user, scene):
    case = scenes.another_case(scene, subject=scene.member)
    decision = scenes.decide_in_effect(scene, SUSPEND_OWNING, case=case)

    page = review(as_user(scene.owner), scene, recipient="Mats")

    text = reading.words(page)
    assert "Mats cannot take it on at present." in text
    for told in ("suspend", "standing of", "points", decision.reference, "2 December"):
        assert told not in text, told
    assert 'value="send"' in page.content.decode()


def test_what_lies_in_the_group_is_said_plainly(as_user, scene):
    with fixture_rows():
        Group.objects.filter(pk=scene.group.pk).update(state="FROZEN", frozen_at=AT)

    text = reading.words(review(as_user(scene.owner), scene, recipient="Mats"))

    assert "This group is frozen until a person lifts it." in text
    assert "Mats cannot take it on" not in text


@pytest.mark.parametrize("words", ["Ulla", "{id}"])
def test_who_helps_and_has_not_linked_an_account_is_said(as_user, scene, words):
    unlinked = AccountFactory(platform=scene.platform, display_name="Ulla")
    add_role(scene, role="MANAGER", account=unlinked)

    text = reading.words(
        review(as_user(scene.owner), scene, recipient=words.format(id=unlinked.external_id))
    )

    assert "They do not use this portal yet." in text
    assert "Ulla can take it on at present." in text
    assert unlinked.user is None


def test_of_a_stranger_the_owner_reads_the_same_whatever_stands_against_them(as_user, scene):
    case = scenes.another_case(scene, subject=scene.member)
    scenes.decide_in_effect(scene, SUSPEND_OWNING, case=case)
    unlinked = AccountFactory(platform=scene.platform, display_name="Ulla")
    client = as_user(scene.owner)

    pages = [
        reading.words(review(client, scene, recipient=stranger.external_id))
        .replace(stranger.external_id, "the id")
        .replace(stranger.display_name, "the name")
        for stranger in (scene.member, unlinked)
    ]

    assert pages[0] == pages[1]
    assert "the name cannot take it on at present." in pages[0]


def test_an_owner_asks_about_twenty_strangers_an_hour(as_user, scene):
    helper = add_role(scene, role="MANAGER", account=scene.reporter)
    client, other = as_user(scene.owner), add_role(scene, role="CO_OWNER")

    asked = [
        review(client, scene, recipient=words).status_code for words in ["Mats", "Nobody"] * 10
    ]
    refused = [
        client.post(start_url(scene), {"step": step, "recipient": scene.member.external_id})
        for step in ("review", "send")
    ]

    assert asked == [200, 422] * 10
    assert [page.status_code for page in refused] == [429, 429]
    assert "Mats" not in reading.words(refused[0])
    assert not Transfer.objects.exists()
    for known in ({"helper": helper.external_id}, {"recipient": other.external_id}):
        assert review(client, scene, **known).status_code == 200
    assert client.get(start_url(scene)).status_code == 200


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"recipient": ""}, "Say who takes the group on."),
        ({"recipient": "Nobody"}, NO_SINGLE),
        ({"recipient": "mats"}, NO_SINGLE),
        ({"recipient": "Twin"}, NO_SINGLE),
        ({"recipient": "Olga"}, "The group is yours already."),
        ({"recipient": "Elsewhere"}, NO_SINGLE),
    ],
)
@pytest.mark.parametrize("step", ["review", "send"])
def test_what_names_nobody_is_said_beside_the_field(as_user, scene, typed, said, step):
    AccountFactory(platform=PlatformFactory(), display_name="Elsewhere")
    for _ in range(2):
        AccountFactory(platform=scene.platform, display_name="Twin")

    page = as_user(scene.owner).post(start_url(scene), {"step": step} | typed)

    assert page.status_code == 422
    assert said in reading.words(page)
    assert not Transfer.objects.exists()


def test_where_nobody_helps_the_only_field_has_to_be_filled_in(as_user, scene):
    page = reading.words(as_user(scene.owner).get(start_url(scene)))

    assert "Who takes it on? Their id or their name" in page
    assert "(optional)" not in page


def test_where_somebody_helps_one_of_two_fields_has_to_be_filled_in(as_user, scene):
    add_role(scene, role="MANAGER", account=scene.reporter)

    page = review(as_user(scene.owner), scene, recipient="")

    assert page.status_code == 422
    assert "Say who takes the group on." in reading.words(page)


def test_one_person_is_chosen_not_two(as_user, scene):
    add_role(scene, role="MANAGER", account=scene.reporter)

    page = review(as_user(scene.owner), scene, helper=scene.reporter.external_id, recipient="Mats")

    assert page.status_code == 422
    assert "Choose one person, or name somebody else, not both." in reading.words(page)


def test_somebody_who_helps_is_chosen_by_a_button(as_user, scene):
    add_role(scene, role="CO_OWNER", account=scene.reporter)

    page = review(as_user(scene.owner), scene, helper=scene.reporter.external_id)

    assert "Offer this group to Rana ?" in reading.words(page)


def test_a_second_offer_from_an_old_page_is_refused(as_user, scene):
    offer(scene, to=scene.reporter)

    page = as_user(scene.owner).post(
        start_url(scene), {"step": "send", "recipient": scene.member.external_id}
    )

    assert page.status_code == 409
    assert "Night owls is offered to Rana already." in reading.words(page)
    assert Transfer.objects.count() == 1


@pytest.mark.parametrize("who", ["CO_OWNER", "MANAGER", None])
def test_only_the_owner_finds_the_page(as_user, scene, who):
    other = add_role(scene, role=who) if who else scene.reporter
    client = as_user(other)

    assert client.get(start_url(scene)).status_code == 404
    sent = client.post(start_url(scene), {"step": "send", "recipient": scene.member.external_id})
    assert sent.status_code == 404
    assert not Transfer.objects.exists()
    if who:
        people = client.get(reverse("groups:people", args=[scene.group.pk]))
        assert "Hand over" not in reading.words(people)


def test_a_group_that_is_offered_shows_it_and_names_nobody_to_others(as_user, scene):
    manager = add_role(scene, role="MANAGER")
    offer(scene)
    people = reverse("groups:people", args=[scene.group.pk])

    assert "This group is offered to Mats" in reading.words(as_user(scene.owner).get(people))
    seen = reading.words(as_user(manager).get(people))
    assert "This group is offered to a new owner" in seen
    assert "Mats" not in seen
