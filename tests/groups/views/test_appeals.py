from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from groups.models import Appeal
from tests.factories.base import AT
from tests.groups import scene as scenes
from tests.groups.views import reading

WORDS = {"grounds": "It was not me.", "new_facts": "I was <b>away</b>."}


@pytest.fixture
def decision(scene):
    found = scenes.decide_in_effect(scene, scenes.SUSPEND_OWNING)
    found.refresh_from_db()
    return found


def write_url(decision):
    return reverse("groups:appeal_new", args=[decision.reference])


def send(client, decision, **changes):
    return client.post(write_url(decision), {"step": "send"} | WORDS | changes)


def test_a_decision_shows_rule_facts_reasons_effect_and_how_to_appeal(as_user, scene, decision):
    page = as_user(scene.owner).get(reverse("groups:decision", args=[decision.reference]))

    text = reading.words(page)
    for said in (
        "About you, in the group Night owls",
        "Three members were asked for deposits.",
        "The rule on scams forbids it.",
        scene.rule.text,
        "By a person, and approved by a second one",
        "Owning groups is suspended for 30 days. Until 2 Dec 2026, 12:00 UTC (in 30 days)",
        "You can appeal until 2 Dec 2026, 12:00 UTC",
        "It takes 2 points of your standing, under version 1",
    ):
        assert said in text, said
    for person in (decision.decided_by, decision.approved_by, scene.reporter):
        assert str(person) not in page.content.decode()


def test_others_concerned_do_not_see_the_points(as_user, scene, decision):
    manager = scenes.add_role(scene, role="MANAGER")

    text = reading.words(
        as_user(manager).get(reverse("groups:decision", args=[decision.reference]))
    )

    assert "About Olga, in the group Night owls" in text
    assert "of your standing" not in text
    assert "The person it is about can appeal until" in text


def test_an_appeal_is_read_once_more_before_it_goes(as_user, scene, decision):
    client = as_user(scene.owner)

    review = client.post(write_url(decision), {"step": "review"} | WORDS)
    edit = client.post(write_url(decision), {"step": "edit"} | WORDS)

    assert "Check your appeal, then send it" in reading.words(review)
    assert "I was &lt;b&gt;away&lt;/b&gt;." in review.content.decode()
    assert "It was not me." in edit.content.decode()
    assert edit.status_code == 200
    assert not Appeal.objects.exists()

    sent = send(client, decision)
    appeal = Appeal.objects.get()
    assert sent.url == reverse("groups:appeal", args=[appeal.reference])
    assert (appeal.appellant, appeal.grounds) == (scene.owner, "It was not me.")
    page = reading.words(client.get(sent.url))
    assert "Expected by 16 Nov 2026, 12:00 UTC (in 14 days)" in page


def test_an_appeal_without_grounds_is_refused_and_keeps_the_rest(as_user, scene, decision):
    response = send(as_user(scene.owner), decision, grounds=" ")

    assert response.status_code == 422
    assert "“What is wrong with the decision?” is missing." in reading.words(response)
    assert "I was &lt;b&gt;away" in response.content.decode()
    assert not Appeal.objects.exists()


def test_a_second_appeal_says_why_not_beside_what_was_typed(as_user, scene, decision):
    client = as_user(scene.owner)
    send(client, decision)

    response = send(client, decision, grounds="Once more.")

    assert response.status_code == 409
    text = reading.words(response)
    assert "Your appeal against this decision is being looked at already." in text
    assert "Once more." in text
    assert Appeal.objects.count() == 1


def test_an_appeal_after_its_time_says_when_that_ended(as_user, scene, decision):
    with time_machine.travel(AT + timedelta(days=31), tick=False):
        client = as_user(scene.owner)
        page = client.get(write_url(decision))
        response = send(client, decision)

    assert "The time to appeal ended on 2 December 2026" in reading.words(page)
    assert response.status_code == 409
    assert not Appeal.objects.exists()


def test_a_manager_cannot_appeal_for_the_owner(as_user, scene, decision):
    manager = scenes.add_role(scene, role="MANAGER")

    response = send(as_user(manager), decision)

    assert response.status_code == 409
    assert not Appeal.objects.exists()


def test_withdrawing_asks_once_more_and_refuses_an_old_page(as_user, scene, decision):
    client = as_user(scene.owner)
    send(client, decision)
    appeal = Appeal.objects.get()
    url = reverse("groups:appeal_withdraw", args=[appeal.reference])
    asked = client.get(url)

    assert f'name="version" value="{appeal.version}"' in asked.content.decode()
    stale = client.post(url, {"version": appeal.version + 1})
    assert stale.status_code == 409
    assert "The appeal has changed since you opened it." in reading.words(stale)
    assert f'name="version" value="{appeal.version}"' in stale.content.decode()
    assert Appeal.objects.get().state == "SUBMITTED"

    done = client.post(url, {"version": appeal.version})
    assert done.url == reverse("groups:appeal", args=[appeal.reference])
    assert Appeal.objects.get().state == "OMITTED"
    assert "You withdrew the appeal." in reading.words(client.get(done.url))


def test_a_reversal_shows_what_was_undone_and_no_reviewer(as_user, scene, decision):
    client = as_user(scene.owner)
    send(client, decision)
    reviewer = scene.senior()
    scenes.review(Appeal.objects.get(), reviewer, at=AT + timedelta(hours=1))

    page = client.get(reverse("groups:appeal", args=[Appeal.objects.get().reference]))

    text = reading.words(page)
    assert "The decision was reversed. Everything it did was undone." in text
    assert "The messages came from somebody else." in text
    assert "Owning groups is suspended for 30 days. Undone" in text
    assert (
        "It takes 2 points of your standing, under version 1 of the standing policy. Undone" in text
    )
    assert reviewer.name not in text
