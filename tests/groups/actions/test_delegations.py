import pytest

from groups.actions import delegations, templates
from groups.models import Group, GroupUserObjectPermission, Notice
from groups.queries import answering
from identity.models import Account
from portal.core.models import AuditEntry
from tests.factories.base import AT, fixture_rows
from tests.factories.events import granted, revoked
from tests.factories.groups import TenureFactory
from tests.factories.identity import UserFactory
from tests.groups.ingesting import ingest
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


def test_it_ends_with_the_tenure_it_was_given_in(place):
    platform = place.platform
    templates.install_defaults(platform=platform, by=BY_TESTS, at=AT)
    ingest(platform, granted("p-1", days=-9), granted("p-2", "manager", days=-8))
    group = Group.objects.get(external_id="g-1")
    manager = Account.objects.get(external_id="p-2")
    Account.objects.filter(pk=manager.pk).update(user=UserFactory())
    manager.refresh_from_db()
    delegations.delegate(group=group, account=manager, by=BY_TESTS, at=AT)

    ingest(platform, revoked("p-2", "manager", days=-1))
    ingest(platform, granted("p-2", "manager", days=-0.5))

    assert answering.list_delegates(group_id=group.pk) == []
    assert GroupUserObjectPermission.objects.count() == 0
    assert AuditEntry.objects.filter(action="delegations.end").count() == 1


def test_a_role_that_another_group_ends_leaves_it_alone(place):
    delegate(place, place.manager)
    ingest(place.platform, granted("p-1", "manager", days=-9), revoked("p-1", "manager", days=-8))

    assert GroupUserObjectPermission.objects.count() == 1


def test_who_is_named_or_replaced_is_told(place):
    templates.install_defaults(platform=place.platform, by=BY_TESTS, at=AT)
    other = place.person()
    TenureFactory(group=place.group, account=other, role="MANAGER")
    user = delegate(place, place.manager)
    delegate(place, other)
    delegate(place, other)

    delegations.end(group=place.group, user=user, by=BY_TESTS, at=AT)

    said = [(n.recipient, n.body) for n in Notice.objects.order_by("pk")]
    assert [who for who, _ in said] == [place.manager, other, place.manager]
    assert "The owner named you to answer reports" in said[0][1]
    assert "The owner named others" in said[2][1]
