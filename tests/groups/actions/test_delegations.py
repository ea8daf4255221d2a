import pytest

from groups.actions import delegations
from groups.models import GroupUserObjectPermission
from groups.queries import answering
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import TenureFactory
from tests.groups.place import BY_TESTS, make_place, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return make_place()


def delegate(place, account):
    return delegations.delegate(group=place.group, account=account, by=BY_TESTS, at=AT)


def answering_now(place, subject=None):
    return answering.list_answering(group=place.group, subject=subject)


def test_with_nobody_named_every_manager_answers(place):
    assert answering_now(place) == [place.owner, place.manager]


def test_with_somebody_named_only_they_and_the_owners_do(place):
    named = place.person()
    TenureFactory(group=place.group, account=named, role="MANAGER")
    co_owner = place.person()
    TenureFactory(group=place.group, account=co_owner, role="CO_OWNER")

    delegate(place, named)

    assert answering_now(place) == [place.owner, co_owner, named]
    case = place.open_case()
    assert not answering.may_answer(account=place.manager, case=case)
    assert answering.may_answer(account=named, case=case)


def test_ending_it_gives_it_back_to_all_managers(place):
    user = delegate(place, place.manager)
    for _ in range(2):
        delegations.end(group=place.group, user=user, by=BY_TESTS, at=AT)

    assert GroupUserObjectPermission.objects.count() == 0
    assert place.manager in answering_now(place)


def test_whoever_was_named_and_left_is_named_no_longer(place):
    named = place.person()
    tenure = TenureFactory(group=place.group, account=named, role="MANAGER")
    delegate(place, named)
    with fixture_rows():
        tenure.delete()

    assert answering_now(place) == [place.owner, place.manager]


def test_only_managers_who_sign_in_can_be_named(place):
    place.manager.user = None
    place.manager.save()

    for account in (place.manager, place.member, place.owner):
        with refused(delegations.NotAManager):
            delegate(place, account)
    assert GroupUserObjectPermission.objects.count() == 0
