from datetime import timedelta

import pytest
from django.db import transaction

from groups.actions import tenures, transfers
from groups.models import Group, RoleEvent, Tenure, Transfer
from groups.ownership import MayNotOwn, NotYourAccount
from portal.core.actors import Actor
from portal.core.models import AuditEntry, OutboxEvent
from tests.factories.core import PlatformFactory
from tests.factories.identity import AccountFactory
from tests.groups import scene as scenes
from tests.groups.scene import SUSPEND_OWNING, add_role

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def person(account):
    return Actor.user(account.user)


def offer(scene, *, to=None, giver=None, at):
    giver = giver or scene.owner
    return transfers.offer(
        group=scene.group,
        from_account=giver,
        to_account=to or scene.member,
        by=person(giver),
        at=at,
    )


def roles(scene, at):
    held = Tenure.objects.filter(group=scene.group).at(at)
    return {tenure.account: tenure.role for tenure in held.select_related("account")}


def refused(error, action, **arguments):
    """Denied means denied, and nothing changed."""

    def look():
        return (
            list(Transfer.objects.order_by("pk").values_list("state", "ended_at")),
            list(Tenure.objects.order_by("pk").values_list("role", "period")),
            RoleEvent.objects.count(),
            AuditEntry.objects.count(),
            OutboxEvent.objects.count(),
        )

    before = look()
    with pytest.raises(error) as raised, transaction.atomic():
        action(**arguments)
    assert look() == before
    return raised.value


def test_the_recipient_becomes_owner_and_who_offered_stays_as_co_owner(scene, at):
    transfer = offer(scene, at=at)
    assert roles(scene, at) == {scene.owner: "OWNER"}

    tenure = transfers.accept(transfer=transfer, by=person(scene.member), at=at + DAY)

    assert roles(scene, at + DAY - timedelta(seconds=1)) == {scene.owner: "OWNER"}
    assert roles(scene, at + DAY) == {scene.member: "OWNER", scene.owner: "CO_OWNER"}
    assert (tenure.began, tenure.began_by) == ("TRANSFERRED", scene.owner)
    given = Tenure.objects.get(account=scene.owner, role="OWNER")
    assert (given.ended, given.until) == ("TRANSFERRED", at + DAY)
    transfer.refresh_from_db()
    assert (transfer.state, transfer.ended_at) == ("ACCEPTED", at + DAY)
    done = AuditEntry.objects.filter(record_id=str(transfer.pk)).order_by("at")
    assert [entry.action for entry in done] == ["transfers.offer", "transfers.accept"]
    told = OutboxEvent.objects.filter(type__startswith="accord.tenure.")
    assert sorted(told.values_list("type", flat=True)) == [
        "accord.tenure.began.v1",
        "accord.tenure.began.v1",
        "accord.tenure.ended.v1",
    ]


def test_deriving_the_group_again_keeps_the_transfer(scene, at):
    transfers.accept(transfer=offer(scene, at=at), by=person(scene.member), at=at)
    before = list(Tenure.objects.order_by("pk").values())

    tenures.rederive(group=scene.group, by=scenes.BY_TESTS, at=at + DAY)

    assert list(Tenure.objects.order_by("pk").values()) == before


def test_a_co_owner_who_accepts_changes_places_with_the_owner(scene, at):
    co_owner = add_role(scene)

    transfers.accept(transfer=offer(scene, to=co_owner, at=at), by=person(co_owner), at=at)

    assert roles(scene, at) == {co_owner: "OWNER", scene.owner: "CO_OWNER"}


@pytest.mark.parametrize(
    ("action", "who", "state"),
    [(transfers.decline, "member", "DECLINED"), (transfers.cancel, "owner", "CANCELLED")],
)
def test_an_offer_ends_without_moving_anything(scene, at, action, who, state):
    transfer = offer(scene, at=at)

    action(transfer=transfer, by=person(getattr(scene, who)), at=at)

    transfer.refresh_from_db()
    assert (transfer.state, transfer.ended_at) == (state, at)
    assert roles(scene, at) == {scene.owner: "OWNER"}
    for again in (transfers.accept, transfers.decline):
        refused(
            transfers.OfferEnded, again, transfer=transfer, by=person(scene.member), at=at + DAY
        )


def test_only_the_two_people_act_on_an_offer(scene, at):
    transfer = offer(scene, at=at)

    for action, others in [
        (transfers.accept, (scene.owner, scene.reporter)),
        (transfers.decline, (scene.owner, scene.reporter)),
        (transfers.cancel, (scene.member, scene.reporter)),
    ]:
        for other in others:
            refused(NotYourAccount, action, transfer=transfer, by=person(other), at=at)
    refused(NotYourAccount, transfers.accept, transfer=transfer, by=Actor.system("anything"), at=at)


def test_only_the_owner_offers_and_only_to_somebody_else_on_the_platform(scene, at):
    co_owner = add_role(scene)
    stranger = AccountFactory(platform=PlatformFactory())

    refused(transfers.NotTheOwner, offer, scene=scene, giver=co_owner, at=at)
    refused(transfers.NobodyElse, offer, scene=scene, to=scene.owner, at=at)
    refused(transfers.NobodyElse, offer, scene=scene, to=stranger, at=at)


def test_a_group_is_offered_to_one_at_a_time(scene, at):
    first = offer(scene, at=at)
    refused(transfers.AlreadyOffered, offer, scene=scene, to=scene.reporter, at=at + DAY)

    second = offer(scene, to=scene.reporter, at=first.expires_at)

    first.refresh_from_db()
    assert (first.state, second.state) == ("EXPIRED", "OFFERED")


def test_an_offer_is_late_at_its_deadline_even_before_the_sweeper_comes(scene, at):
    transfer = offer(scene, at=at)

    refused(
        transfers.OfferEnded,
        transfers.accept,
        transfer=transfer,
        by=person(scene.member),
        at=transfer.expires_at,
    )
    transfers.accept(
        transfer=transfer,
        by=person(scene.member),
        at=transfer.expires_at - timedelta(microseconds=1),
    )


def test_the_offer_of_somebody_who_lost_the_group_is_worth_nothing(scene, at):
    co_owner = add_role(scene)
    transfer = offer(scene, at=at)
    scenes.decide_in_effect(scene, SUSPEND_OWNING, at=at)
    assert roles(scene, at) == {co_owner: "OWNER"}

    refused(
        transfers.NotTheOwner,
        transfers.accept,
        transfer=transfer,
        by=person(scene.member),
        at=at + DAY,
    )
    newer = offer(scene, giver=co_owner, at=at + DAY)

    transfer.refresh_from_db()
    assert (transfer.state, newer.state) == ("CANCELLED", "OFFERED")


def test_whoever_may_not_own_groups_cannot_accept_one(scene, at):
    transfer = offer(scene, at=at)
    case = scenes.another_case(scene, subject=scene.member)
    scenes.decide_in_effect(scene, SUSPEND_OWNING, case=case, at=at)

    error = refused(MayNotOwn, transfers.accept, transfer=transfer, by=person(scene.member), at=at)
    assert error.params["reasons"] == ["suspended"]


@pytest.mark.parametrize(
    ("limit", "code"), [("frozen_at", "group-frozen"), ("closed_at", "group-closed")]
)
def test_a_frozen_or_closed_group_stays_where_it_is(scene, at, limit, code):
    transfer = offer(scene, at=at)
    state = Group.State.FROZEN if limit == "frozen_at" else Group.State.CLOSED
    Group.objects.filter(pk=scene.group.pk).update(state=state, **{limit: at})

    error = refused(MayNotOwn, transfers.accept, transfer=transfer, by=person(scene.member), at=at)
    assert error.params["reasons"] == [code]
