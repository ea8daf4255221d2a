"""Points are given back from dialogs by two people: proposed by one, decided by another."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from credit.models import Adjustment, LedgerEntry, Standing
from groups.models import Notice
from identity.models import Account
from identity.roles import Role
from portal.core.admin.panels import list_of, page_of
from tests.admin.entering import enter
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.credit import AdjustmentFactory
from tests.factories.identity import AccountFactory, staff_user
from tests.groups import scene as scenes
from tests.groups.views import reading

pytestmark = pytest.mark.django_db(transaction=True)
SENT = {"_form_submitted": "on"}
GIVEN = SENT | {"points": 2, "reason": "A wrong clock.", "until": "2027-04-20"}
STEPS = ("approve", "decline", "withdraw")


@pytest.fixture
def standing(scene):
    scenes.decide_in_effect(scene, scenes.WARN)
    return Standing.objects.get(account=scene.owner)


@pytest.fixture
def proposed(scene, standing):
    return AdjustmentFactory(account=scene.owner, points=2, proposed_by=scene.staff())


def asking(standing):
    return reverse("admin:credit_standing_propose_adjustment", args=[standing.pk])


def step(adjustment, name):
    return reverse(f"admin:credit_adjustment_{name}_adjustment", args=[adjustment.pk])


def offered(client, adjustment):
    page = client.get(page_of(adjustment)).content.decode()
    return [name for name in STEPS if step(adjustment, name) in page]


def untouched(adjustment):
    adjustment.refresh_from_db()
    return adjustment.is_open and not LedgerEntry.objects.filter(kind="ADJUSTMENT").exists()


def test_a_reviewer_proposes_and_a_senior_gives_the_points_back(scene, standing):
    reviewer, senior = scene.staff(), scene.senior()
    client, second = enter(reviewer), enter(senior)
    assert asking(standing) in client.get(page_of(standing)).content.decode()
    asked = reading.words(client.get(asking(standing)))

    silent = client.post(asking(standing), GIVEN | {"reason": " "})
    made = client.post(asking(standing), GIVEN)

    assert "Score now 10, level Good standing. Points missing now: 2." in asked
    assert silent.status_code == 200
    adjustment = Adjustment.objects.get()
    assert made.url == page_of(adjustment)
    assert (adjustment.points, adjustment.proposed_by) == (2, reviewer)
    assert f"{adjustment.expires_at:%Y-%m-%d %H:%M}" == "2027-04-20 23:59"
    assert asking(standing) not in client.get(page_of(standing)).content.decode()
    assert offered(client, adjustment) == ["withdraw"]
    assert offered(second, adjustment) == ["approve", "decline"]
    assert "A wrong clock." in reading.words(second.get(page_of(standing)))
    assert "A wrong clock." in reading.words(second.get(page_of(scene.owner)))

    shown = reading.words(second.get(step(adjustment, "approve")))
    done = second.post(step(adjustment, "approve"), SENT)

    assert "Score now 10, then 12. The level stays Good standing." in shown
    assert done.status_code == 302
    adjustment.refresh_from_db()
    assert (adjustment.state, adjustment.decided_by) == ("APPROVED", senior)
    assert Standing.objects.get(account=scene.owner).score == 12
    assert Notice.objects.filter(kind="ADJUSTMENT", recipient=scene.owner).count() == 1
    assert offered(second, adjustment) == []
    assert page_of(adjustment.entry) in second.get(page_of(adjustment)).content.decode()


def test_the_dialog_says_which_level_and_what_opens(scene, standing):
    for _ in range(2):
        scenes.decide_in_effect(scene, scenes.WARN, case=scenes.another_case(scene))
    adjustment = AdjustmentFactory(account=scene.owner, points=4, proposed_by=scene.staff())

    shown = reading.words(enter(scene.senior()).get(step(adjustment, "approve")))

    assert "Score now 6, then 10. Level now Limited, then Good standing." in shown
    assert "They may again: create groups." in shown


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.REVIEWER, Role.SENIOR}))
def test_other_roles_propose_nothing(scene, standing, role):
    client = enter(scene.staff(role))

    assert asking(standing) not in client.get(page_of(standing)).content.decode()
    assert client.post(asking(standing), GIVEN).status_code == 403
    assert not Adjustment.objects.exists()


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SENIOR}))
def test_other_roles_decide_nothing(scene, proposed, role):
    client = enter(scene.staff(role))

    assert offered(client, proposed) == []
    assert {client.post(step(proposed, name), SENT).status_code for name in STEPS} == {403}
    assert untouched(proposed)


def test_a_senior_does_not_decide_their_own_proposal(scene, standing):
    senior = scene.senior()
    adjustment = AdjustmentFactory(account=scene.owner, proposed_by=senior)
    client = enter(senior)

    assert offered(client, adjustment) == ["withdraw"]
    for name in ("approve", "decline"):
        assert client.post(step(adjustment, name), SENT).status_code == 403
    assert untouched(adjustment)
    assert client.post(step(adjustment, "withdraw"), SENT).status_code == 302
    adjustment.refresh_from_db()
    assert (adjustment.state, adjustment.decided_by) == ("WITHDRAWN", senior)


def test_a_senior_gives_no_points_to_themselves(scene, standing, proposed):
    senior = scene.senior()
    with fixture_rows():
        Account.objects.filter(pk=scene.owner.pk).update(user=senior)
    client = enter(senior)

    assert offered(client, proposed) == []
    assert client.post(step(proposed, "approve"), SENT).status_code == 403
    assert untouched(proposed)


def test_a_senior_proposes_no_points_for_themselves(scene, standing):
    senior = scene.senior()
    with fixture_rows():
        Account.objects.filter(pk=scene.owner.pk).update(user=senior)
    client = enter(senior)

    assert asking(standing) not in client.get(page_of(standing)).content.decode()
    answer = client.post(asking(standing), GIVEN)
    # Not "own standing" from the action: the dialog is not there.
    assert (answer.status_code, "your own standing" in answer.content.decode()) == (403, False)
    assert not Adjustment.objects.exists()


def test_a_senior_declines_and_nobody_is_told(scene, proposed):
    before = Notice.objects.count()

    enter(scene.senior()).post(step(proposed, "decline"), SENT)

    proposed.refresh_from_db()
    assert (proposed.state, Notice.objects.count()) == ("DECLINED", before)


def test_what_is_refused_is_said_in_the_dialog(scene, standing):
    client = enter(scene.staff())

    too_many = client.post(asking(standing), GIVEN | {"points": 3})
    too_late = client.post(asking(standing), GIVEN | {"until": "2026-11-01"})
    taking = client.post(asking(standing), GIVEN | {"points": -1})

    assert [too_many.status_code, too_late.status_code, taking.status_code] == [422, 422, 200]
    assert "Only 2 points are missing now" in too_many.content.decode()
    assert "A wrong clock." in too_many.content.decode()
    assert "Choose a later day" in too_late.content.decode()
    assert not Adjustment.objects.exists()


def test_what_waits_too_long_is_refused_in_the_dialog(scene, standing):
    adjustment = AdjustmentFactory(
        account=scene.owner, points=2, proposed_by=scene.staff(), expires_at=AT + timedelta(days=1)
    )

    with time_machine.travel(AT + timedelta(days=1), tick=False):
        answer = enter(scene.senior()).post(step(adjustment, "approve"), SENT)

    assert answer.status_code == 422
    assert "The points would have expired" in answer.content.decode()
    assert untouched(adjustment)


def test_staff_of_another_platform_neither_propose_nor_decide(standing, proposed):
    client = enter(staff_user(PlatformFactory(), *Role))

    assert client.get(page_of(proposed)).status_code == 404
    assert {client.post(step(proposed, name), SENT).status_code for name in STEPS} == {403}
    assert client.post(asking(standing), GIVEN).status_code == 403
    assert untouched(proposed)


def test_the_list_begins_with_what_waits(platform):
    ended = {"decided_by": staff_user(platform), "decided_at": AT}
    waits = AdjustmentFactory(
        account=AccountFactory(platform=platform), proposed_at=AT - timedelta(days=9)
    )
    over = AdjustmentFactory(account=AccountFactory(platform=platform), state="DECLINED", **ended)
    AdjustmentFactory()
    client = enter(staff_user(platform))

    page = client.get(list_of(Adjustment))
    chosen = client.get(f"{list_of(Adjustment)}?state__exact=PROPOSED")

    assert list(page.context["cl"].result_list) == [waits, over]
    assert list(chosen.context["cl"].result_list) == [waits]
