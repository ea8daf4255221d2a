"""Owners acknowledge the newest version of their duties; who has not is reminded, no more."""

from datetime import timedelta

import pytest

from groups import ownership
from groups.actions import duties, templates
from groups.models import Acknowledgement, Duties, Notice
from groups.queries import duties as duties_queries
from portal.core.actors import Actor
from tests.factories.base import AT
from tests.factories.groups import GroupFactory, TenureFactory
from tests.groups.place import BY_TESTS, make_place, refused

pytestmark = pytest.mark.django_db
A_DAY = timedelta(days=1)


@pytest.fixture
def place():
    made = make_place()
    templates.install_defaults(platform=made.platform, by=BY_TESTS, at=AT)
    return made


def publish(place, text="You answer for your group.", at=AT, **texts):
    return duties.publish(platform=place.platform, texts={"en": text} | texts, by=BY_TESTS, at=at)[
        0
    ]


def acknowledge(account, read, at=AT):
    return duties.acknowledge(account=account, duties=read, by=Actor.user(account.user), at=at)


def waiting(account):
    found = duties_queries.list_unacknowledged_of(user=account.user)
    return [tenure.group.external_id for tenure in found]


def test_nobody_is_asked_before_there_are_duties(place):
    assert waiting(place.owner) == []


def test_owners_and_co_owners_are_asked_once_for_each_group_and_managers_are_not(place):
    other = GroupFactory(platform=place.platform, external_id="g-2", name="Other")
    TenureFactory(group=other, account=place.owner, role="CO_OWNER")
    read = publish(place)
    assert (waiting(place.owner), waiting(place.manager)) == (["g-owls", "g-2"], [])

    made = acknowledge(place.owner, read)

    assert len(made) == 2
    assert waiting(place.owner) == []
    assert acknowledge(place.owner, read) == []
    assert Acknowledgement.objects.count() == 2


def test_a_new_version_asks_anew_in_whatever_language_it_is_read(place):
    acknowledge(place.owner, publish(place))

    publish(place, "More of it.", de="Mehr davon.")
    german = Duties.objects.get(version=2, language="de")

    assert waiting(place.owner) == ["g-owls"]
    acknowledge(place.owner, german)
    assert waiting(place.owner) == []


def test_an_older_version_and_somebody_elses_account_are_refused(place):
    old = publish(place)
    publish(place, "More of it.")

    with refused(duties.NewerDuties):
        acknowledge(place.owner, old)
    with refused(ownership.NotYourAccount):
        duties.acknowledge(account=place.owner, duties=old, by=BY_TESTS, at=AT)
    with refused(duties.NoText):
        publish(place, " ", de="Nur deutsch.")
    assert not Acknowledgement.objects.exists()


def test_people_read_it_in_their_language_or_in_english(place):
    publish(place, "You answer.", de="Sie antworten.")

    def text(*languages):
        found = duties_queries.get_current(platform_id=place.platform.pk, languages=languages)
        return found.text

    assert text("de-AT") == "Sie antworten."
    assert text("fr", "en") == "You answer."
    assert text("fr") == "You answer."


def test_who_has_not_is_reminded_after_a_week_and_then_once_a_month(place):
    read = publish(place)

    reminded = [duties.remind(by=BY_TESTS, at=AT + n * A_DAY, limit=9) for n in range(70)]

    assert [day for day, count in enumerate(reminded) if count] == [7, 37, 67]
    assert {notice.recipient for notice in Notice.objects.filter(kind="DUTIES")} == {place.owner}
    assert "/duties/" in Notice.objects.filter(kind="DUTIES").first().body
    acknowledge(place.owner, read, at=AT + 70 * A_DAY)
    assert duties.remind(by=BY_TESTS, at=AT + 120 * A_DAY, limit=9) == 0


def test_a_new_owner_has_a_week_as_well(place):
    publish(place, at=AT - 100 * A_DAY)
    late = place.person()
    TenureFactory(group=GroupFactory(platform=place.platform), account=late, since=AT - 3 * A_DAY)

    duties.remind(by=BY_TESTS, at=AT, limit=9)
    assert not Notice.objects.filter(recipient=late).exists()
    duties.remind(by=BY_TESTS, at=AT + 4 * A_DAY, limit=9)
    assert Notice.objects.filter(recipient=late).count() == 1


@pytest.mark.parametrize("groups", [1, 10])
def test_the_list_costs_one_query(place, groups, django_assert_num_queries):
    publish(place)
    for _ in range(groups - 1):
        TenureFactory(group=GroupFactory(platform=place.platform), account=place.owner)

    with django_assert_num_queries(1):
        assert len(waiting(place.owner)) == groups
