"""Taking a group back while others act on it: one person answers for it at every instant."""

from datetime import timedelta
from functools import partial

import pytest

from groups.actions import decisions, transfers
from groups.models import RoleEvent, Tenure, Transfer
from portal.core.actors import Actor
from tests.groups.scene import SUSPEND_OWNING, another_case, decide, make_scene
from tests.races import at_once
from tests.races.test_ownership import (
    audited,
    empty_log,  # noqa: F401
    holds_together,
    only_conflicts,
    person,
)

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db(transaction=True)


def hand_over(scene, at):
    transfer = transfers.offer(
        group=scene.group,
        from_account=scene.owner,
        to_account=scene.member,
        by=person(scene.owner),
        at=at,
    )
    transfers.accept(transfer=transfer, by=person(scene.member), at=at)
    return transfer


def fresh(transfer):
    return Transfer.objects.select_related("from_account", "to_account", "group").get(
        pk=transfer.pk
    )


def owner_of(group):
    return Tenure.objects.current().get(group=group, role="OWNER").account


def test_eight_clicks_take_it_back_once(at):
    scene = make_scene()
    transfer = hand_over(scene, at)
    back = partial(transfers.take_back, by=person(scene.owner), at=at + HOUR)

    refused = only_conflicts(
        at_once.run(*(partial(back, transfer=fresh(transfer)) for _ in range(8)))
    )

    assert [type(error) for error in refused] == [transfers.NotToBeTakenBack] * 7
    assert audited("transfers.take_back") == 1
    assert owner_of(scene.group) == scene.owner
    holds_together(scene.group)


def test_acceptance_and_cancelling_at_once_have_one_outcome(at):
    for _ in range(10):
        scene = make_scene()
        transfer = transfers.offer(
            group=scene.group,
            from_account=scene.owner,
            to_account=scene.member,
            by=person(scene.owner),
            at=at,
        )

        refused = only_conflicts(
            at_once.run(
                partial(transfers.accept, transfer=fresh(transfer), by=person(scene.member), at=at),
                partial(transfers.cancel, transfer=fresh(transfer), by=person(scene.owner), at=at),
            )
        )

        assert [type(error) for error in refused] == [transfers.OfferEnded]
        transfer.refresh_from_db()
        expected = scene.member if transfer.state == "ACCEPTED" else scene.owner
        assert owner_of(scene.group) == expected
        holds_together(scene.group)


def test_taking_back_and_a_decision_about_the_new_owner_at_once(at):
    for _ in range(10):
        scene = make_scene()
        transfer = hand_over(scene, at)
        case = another_case(scene, subject=scene.member)
        held = decide(case, scene.staff(), SUSPEND_OWNING, at=at)
        senior = scene.senior()

        only_conflicts(
            at_once.run(
                partial(
                    transfers.take_back,
                    transfer=fresh(transfer),
                    by=person(scene.owner),
                    at=at + HOUR,
                ),
                partial(
                    decisions.approve,
                    decision=held,
                    by=Actor.user(senior),
                    at=at + HOUR,
                ),
            )
        )

        assert owner_of(scene.group) == scene.owner
        taken = RoleEvent.objects.filter(group=scene.group, kind="REVOKED", cause="TRANSFER")
        assert taken.count() <= 1
        holds_together(scene.group)
