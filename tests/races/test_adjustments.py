"""Several people settle one proposal, or lift one sanction, at the same moment: one does."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import transaction

from credit import verification
from credit.actions import adjustments as credit_adjustments
from credit.models import Adjustment, LedgerEntry, Sanction
from groups.actions import adjustments, lifts
from groups.models import CaseEntry, Notice
from portal.core.actors import Actor
from portal.core.errors import Conflict
from portal.core.models import AuditEntry
from tests.credit import findings
from tests.groups import scene as scenes
from tests.groups.scene import make_scene
from tests.races import at_once
from tests.sizes import size

pytestmark = pytest.mark.django_db(transaction=True)
TRIALS = range(size(every_run=3, release=60))


def proposal(scene, at):
    return partial(
        credit_adjustments.propose,
        account=scene.owner,
        points=1,
        reason="A wrong clock.",
        expires_at=None,
        by=Actor.user(scene.staff()),
        at=at,
    )


@pytest.mark.parametrize("trial", TRIALS)
def test_one_proposal_is_open_and_settled_once(at, trial):
    scene = make_scene()
    scenes.decide_in_effect(scene, scenes.WARN)
    made, refused = at_once.split(at_once.run(*(proposal(scene, at) for _ in range(4))))
    assert (len(made), len(refused)) == (1, 3)
    (adjustment,) = made

    def settle(action, user):
        mine = Adjustment.objects.select_related("account__platform").get(pk=adjustment.pk)
        return partial(action, adjustment=mine, by=Actor.user(user), at=at)

    done, refused = at_once.split(
        at_once.run(
            *(settle(adjustments.approve, scene.senior()) for _ in range(4)),
            settle(credit_adjustments.decline, scene.senior()),
            settle(credit_adjustments.withdraw, adjustment.proposed_by),
        )
    )

    assert (len(done), len(refused)) == (1, 5)
    assert all(isinstance(error, Conflict) for error in refused), refused
    adjustment.refresh_from_db()
    given = int(adjustment.state == "APPROVED")
    assert LedgerEntry.objects.filter(kind="ADJUSTMENT").count() == given
    assert Notice.objects.filter(kind="ADJUSTMENT").count() == given
    assert AuditEntry.objects.filter(record_id=str(adjustment.pk)).count() == 2
    assert verification.verify(platform_id=scene.platform.pk).differences == []


@pytest.mark.parametrize("trial", TRIALS)
def test_two_approve_at_once_and_the_points_come_back_once(at, trial):
    scene = make_scene()
    scenes.decide_in_effect(scene, scenes.WARN)
    adjustment = proposal(scene, at)()

    def approve(user):
        mine = Adjustment.objects.select_related("account__platform").get(pk=adjustment.pk)
        return partial(adjustments.approve, adjustment=mine, by=Actor.user(user), at=at)

    done, refused = at_once.split(
        at_once.run(*(approve(user) for user in (scene.senior(), scene.senior())))
    )

    assert (len(done), len(refused)) == (1, 1)
    assert isinstance(refused[0], credit_adjustments.AdjustmentEnded)
    assert LedgerEntry.objects.filter(kind="ADJUSTMENT").count() == 1
    assert Notice.objects.filter(kind="ADJUSTMENT").count() == 1


def test_what_comes_back_while_an_approval_waits_is_not_given_again(at):
    scene = make_scene()
    decision = scenes.decide_in_effect(scene, scenes.WARN)
    adjustment = proposal(scene, at)()
    approve = partial(
        adjustments.approve, adjustment=adjustment, by=Actor.user(scene.senior()), at=at
    )

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            findings.reverse(LedgerEntry(decision_id=decision.pk), at=at)
            waiting = pool.submit(at_once.run, approve)
            at_once.until_somebody_waits()
        (refused,) = waiting.result()

    assert isinstance(refused, credit_adjustments.AdjustmentNotValid)
    assert not LedgerEntry.objects.filter(kind="ADJUSTMENT").exists()


@pytest.mark.parametrize("trial", TRIALS)
def test_a_lift_and_an_appeal_at_once_do_not_wait_for_each_other_for_ever(at, trial):
    scene = make_scene()
    decision = scenes.decide_in_effect(scene, scenes.SUSPEND_OWNING)
    reviewer = scene.senior()
    appeal = scenes.appeal_against(decision, scene.owner, at=at)
    appeal = scenes.take_appeal(appeal, reviewer, at)

    def lift(user):
        mine = Sanction.objects.get()
        return partial(lifts.lift, sanction=mine, reason="x", by=Actor.user(user), at=at)

    results = at_once.run(
        *(lift(scene.senior()) for _ in range(3)),
        lambda: scenes.review(appeal, reviewer, at=at),
    )

    sanction = Sanction.objects.get()
    _, refused = at_once.split(results)
    is_early = sanction.lift == "EARLY"
    assert len(refused) == (2 if is_early else 3)
    assert all(isinstance(error, Conflict) for error in refused), refused
    told = Notice.objects.filter(kind="SANCTION_LIFTED").count()
    assert told == CaseEntry.objects.filter(kind="LIFTED").count() == int(is_early)
    assert AuditEntry.objects.filter(action="sanctions.lift").count() == 1
