"""Taking a group back within a day of handing it over, and what is told of an offer."""

from datetime import timedelta

import pytest

from groups.actions import tenures, transfers
from groups.models import Tenure
from groups.ownership import MayNotOwn, NotYourAccount
from portal.core.models import AuditEntry, OutboxEvent
from tests.factories.base import fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory, TransferFactory
from tests.factories.identity import AccountFactory, VerificationFactory
from tests.groups import scene as scenes
from tests.groups.actions.test_transfers import offer, person, refused, roles
from tests.groups.place import told
from tests.groups.scene import SUSPEND_MANAGING, SUSPEND_OWNING, add_role

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
pytestmark = pytest.mark.django_db


def hand_over(scene, *, to=None, at):
    transfer = offer(scene, to=to, at=at)
    transfers.accept(transfer=transfer, by=person(transfer.to_account), at=at)
    return transfer


def take_back(transfer, *, by=None, at):
    return transfers.take_back(transfer=transfer, by=person(by or transfer.from_account), at=at)


def test_the_old_owner_answers_again_and_who_had_no_role_has_none(scene, at):
    transfer = hand_over(scene, at=at)
    before = OutboxEvent.objects.count()

    tenure = take_back(transfer, at=at + HOUR)

    assert roles(scene, at + HOUR - MOMENT) == {scene.member: "OWNER", scene.owner: "CO_OWNER"}
    assert roles(scene, at + HOUR) == {scene.owner: "OWNER"}
    assert (tenure.began, tenure.account) == ("TRANSFERRED", scene.owner)
    ended = Tenure.objects.get(account=scene.member)
    assert (ended.ended, ended.until, ended.ended_by) == (
        "TRANSFERRED",
        at + HOUR,
        scene.owner,
    )
    transfer.refresh_from_db()
    assert (transfer.state, transfer.ended_at, transfer.taken_back_at) == (
        "ACCEPTED",
        at,
        at + HOUR,
    )
    entry = AuditEntry.objects.get(record_id=str(transfer.pk), action="transfers.take_back")
    assert entry.new == {"taken_back_at": (at + HOUR).isoformat()}
    types = OutboxEvent.objects.order_by("pk").values_list("type", flat=True)[before:]
    assert {"accord.tenure.began.v1", "accord.tenure.ended.v1"} <= set(types)


def test_deriving_the_group_again_keeps_what_was_taken_back(scene, at):
    take_back(hand_over(scene, at=at), at=at)
    before = list(Tenure.objects.order_by("pk").values())

    tenures.rederive(group=scene.group, by=scenes.BY_TESTS, at=at + DAY)

    assert list(Tenure.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("role", ["CO_OWNER", "MANAGER"])
def test_who_helped_before_helps_again(scene, at, role):
    helper = add_role(scene, role=role)

    take_back(hand_over(scene, to=helper, at=at), at=at + HOUR)

    assert roles(scene, at + HOUR) == {scene.owner: "OWNER", helper: role}


def test_nobody_gets_a_role_back_that_a_decision_took(scene, at):
    helper = add_role(scene, role="MANAGER")
    transfer = hand_over(scene, to=helper, at=at)
    case = scenes.another_case(scene, subject=helper)
    scenes.decide_in_effect(scene, SUSPEND_MANAGING, case=case, at=at)

    take_back(transfer, at=at + HOUR)

    assert roles(scene, at + HOUR) == {scene.owner: "OWNER"}


def test_a_day_later_it_is_too_late(scene, at):
    transfer = hand_over(scene, at=at)

    refused(transfers.NotToBeTakenBack, take_back, transfer=transfer, at=at + DAY)
    take_back(transfer, at=at + DAY - MOMENT)


def test_it_is_taken_back_once_and_by_nobody_else(scene, at):
    open_one = offer(scene, at=at)
    refused(transfers.NotToBeTakenBack, take_back, transfer=open_one, at=at)
    transfers.accept(transfer=open_one, by=person(scene.member), at=at)

    for other in (scene.member, scene.reporter):
        refused(NotYourAccount, take_back, transfer=open_one, by=other, at=at)
    take_back(open_one, at=at)
    refused(transfers.NotToBeTakenBack, take_back, transfer=open_one, at=at + HOUR)


def test_whoever_may_no_longer_own_groups_takes_none_back(scene, at):
    transfer = hand_over(scene, at=at)
    scenes.decide_in_effect(scene, SUSPEND_OWNING, at=at)

    error = refused(MayNotOwn, take_back, transfer=transfer, at=at + HOUR)

    assert error.params["reasons"] == ["suspended"]
    assert "suspended until" in str(error)


def test_a_group_that_the_recipient_lost_is_not_taken_back_from_the_next_owner(scene, at):
    transfer = hand_over(scene, at=at)
    case = scenes.another_case(scene, subject=scene.member)
    scenes.decide_in_effect(scene, SUSPEND_OWNING, case=case, at=at)
    assert roles(scene, at + HOUR) == {scene.owner: "OWNER"}

    refused(transfers.NotToBeTakenBack, take_back, transfer=transfer, at=at + HOUR)


def test_a_group_is_not_handed_on_while_it_may_be_taken_back(scene, at):
    hand_over(scene, at=at)

    refused(
        transfers.StillCooling,
        offer,
        scene=scene,
        giver=scene.member,
        to=scene.reporter,
        at=at + DAY - MOMENT,
    )
    offer(scene, giver=scene.member, to=scene.reporter, at=at + DAY)


def test_whoever_took_it_back_offers_it_again_at_once(scene, at):
    take_back(hand_over(scene, at=at), at=at + HOUR)

    assert offer(scene, to=scene.reporter, at=at + HOUR).state == "OFFERED"


def test_a_large_group_is_taken_on_by_who_is_verified_and_taken_back_by_who_is_not(scene, at):
    type(scene.group).objects.filter(pk=scene.group.pk).update(size=501)
    transfer = offer(scene, at=at)

    error = refused(MayNotOwn, transfers.accept, transfer=transfer, by=person(scene.member), at=at)
    assert error.params["reasons"] == ["verification-level"]
    with fixture_rows():
        VerificationFactory(account=scene.member, level="SUBSTANTIAL")
    transfers.accept(transfer=transfer, by=person(scene.member), at=at)

    take_back(transfer, at=at + HOUR)
    assert roles(scene, at + HOUR) == {scene.owner: "OWNER"}


def test_both_sides_are_told(scene, at):
    first = told(scene.owner)
    transfer = offer(scene, at=at)
    notice = scene.member.notices.get()
    assert (notice.kind, notice.subject) == ("TRANSFER_OFFERED", "Olga offers you Night owls")
    assert f"/offers/{transfer.pk}/" in notice.body
    assert "16 November 2026, 12:00 UTC" in notice.body

    transfers.accept(transfer=transfer, by=person(scene.member), at=at + HOUR)
    take_back(transfer, at=at + 2 * HOUR)

    assert told(scene.member) == ["TRANSFER_OFFERED", "TENURE_BEGAN", "TRANSFER_ENDED"]
    assert told(scene.owner) == [*first, "TRANSFER_ENDED"]
    last = scene.member.notices.order_by("created_at").last()
    assert "Olga took the group back within 24 hours" in last.body


@pytest.mark.parametrize(
    ("end", "owner_hears", "recipient_hears"),
    [
        (lambda t, at: transfers.decline(transfer=t, by=person(t.to_account), at=at), 1, 0),
        (lambda t, at: transfers.cancel(transfer=t, by=person(t.from_account), at=at), 0, 1),
        (lambda t, at: transfers.expire(by=scenes.BY_TESTS, at=t.expires_at, limit=9), 1, 1),
    ],
    ids=["declined", "cancelled", "expired"],
)
def test_an_offer_that_comes_to_nothing_is_told_to_who_did_not_end_it(
    scene, at, end, owner_hears, recipient_hears
):
    transfer = offer(scene, at=at)

    end(transfer, at)

    assert told(scene.owner).count("TRANSFER_ENDED") == owner_hears
    assert told(scene.member).count("TRANSFER_ENDED") == recipient_hears


def test_a_platform_without_the_words_still_hands_groups_over(at):
    group = GroupFactory(platform=PlatformFactory())
    transfer = TransferFactory(group=group, expires_at=at)

    assert transfers.expire(by=scenes.BY_TESTS, at=at, limit=9) == 1

    assert not transfer.to_account.notices.exists()


def test_the_recipient_reads_it_in_their_language(scene, at):
    scene.member.user.language = "de"
    with fixture_rows():
        scene.member.user.save()

    transfer = offer(scene, at=at)
    transfers.cancel(transfer=transfer, by=person(scene.owner), at=at)

    found = scene.member.notices.order_by("created_at", "pk")
    assert [one.language for one in found] == ["de", "de"]
    assert found[1].body.startswith("Olga bietet Ihnen die Gruppe nicht mehr an.")


def test_accounts_without_a_person_are_offered_to_and_told_nothing_by_mail(scene, at):
    unlinked = AccountFactory(platform=scene.platform)

    offer(scene, to=unlinked, at=at)

    assert unlinked.notices.get().mail_due_at is None
