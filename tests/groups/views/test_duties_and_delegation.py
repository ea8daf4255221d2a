"""Reading one's duties and naming who answers reports, in the dashboard."""

from uuid import uuid4

import pytest
from django.urls import reverse

from groups.actions import duties
from groups.models import Acknowledgement, GroupUserObjectPermission
from tests.factories.base import AT
from tests.factories.groups import TenureFactory
from tests.groups.place import BY_TESTS
from tests.groups.views import reading

pytestmark = pytest.mark.django_db
URL = "/duties/"


@pytest.fixture
def published(place):
    texts = {"en": "You answer for your group.", "de": "Sie sind verantwortlich."}
    return duties.publish(platform=place.platform, texts=texts, by=BY_TESTS, at=AT)


def test_the_owner_reads_and_confirms(as_user, place, published):
    client = as_user(place.owner)
    assert "Read what owners take on" in client.get("/").content.decode()
    page = client.get(URL)
    assert "You answer for your group." in page.content.decode()
    read = page.context["platforms"][0]["duties"]

    answer = client.post(URL, {"account": place.owner.pk, "duties": read.pk})

    assert answer.url == URL
    assert Acknowledgement.objects.get().group == place.group
    assert "Nothing to confirm" in client.get(URL).content.decode()
    assert "Read what owners take on" not in client.get("/").content.decode()


def test_a_version_that_was_replaced_meanwhile_is_not_confirmed(as_user, place, published):
    duties.publish(platform=place.platform, texts={"en": "More."}, by=BY_TESTS, at=AT)
    given = {"account": place.owner.pk, "duties": published[0].pk}

    answer = as_user(place.owner).post(URL, given)

    assert answer.status_code == 409
    assert "published anew since you opened this page" in answer.content.decode()
    assert not Acknowledgement.objects.exists()


def test_a_foreign_account_or_text_is_not_found(as_user, place, published):
    client = as_user(place.owner)
    for given in (
        {"account": place.member.pk, "duties": published[0].pk},
        {"account": place.owner.pk, "duties": uuid4()},
    ):
        assert client.post(URL, given).status_code == 404
    assert not Acknowledgement.objects.exists()


def test_the_owner_names_a_manager_and_takes_it_back(as_user, place):
    client, url = as_user(place.owner), reverse("groups:delegate", args=[place.group.pk])
    people = reverse("groups:people", args=[place.group.pk])
    assert "All managers answer reports." in client.get(people).content.decode()

    named = client.post(url, {"account": place.manager.pk, "answers": "on"}, follow=True)
    assert "Mara answers reports now" in named.content.decode()
    assert GroupUserObjectPermission.objects.get().user == place.manager.user
    assert "Take it back" in client.get(people).content.decode()

    client.post(url, {"account": place.manager.pk})
    assert not GroupUserObjectPermission.objects.exists()


def test_who_does_not_sign_in_cannot_be_named_and_that_is_said(as_user, place):
    silent = TenureFactory(group=place.group, role="MANAGER").account
    client, url = as_user(place.owner), reverse("groups:delegate", args=[place.group.pk])

    page = client.post(url, {"account": silent.pk, "answers": "on"}, follow=True)

    assert "has not signed in to Accord" in page.content.decode()
    assert not GroupUserObjectPermission.objects.exists()


@pytest.mark.parametrize("who", ["manager", "member"])
def test_only_the_owner_names(as_user, place, who):
    url = reverse("groups:delegate", args=[place.group.pk])

    answer = as_user(getattr(place, who)).post(url, {"account": place.manager.pk, "answers": "on"})

    assert answer.status_code == 404
    assert not GroupUserObjectPermission.objects.exists()


def test_who_does_not_manage_the_group_is_not_found(as_user, place):
    url = reverse("groups:delegate", args=[place.group.pk])
    for account in (place.member.pk, uuid4(), "nobody"):
        answer = as_user(place.owner).post(url, {"account": account, "answers": "on"})
        assert answer.status_code == 404


def test_a_manager_sees_who_answers_and_no_buttons(as_user, place):
    page = as_user(place.manager).get(reverse("groups:people", args=[place.group.pk]))

    assert "Name to answer" not in reading.words(page)
