"""Staff answer claims in dialogs of the admin."""

from datetime import timedelta

import pytest
from django.urls import reverse

from groups.models import Claim, Tenure
from identity.roles import Role
from tests.admin.entering import enter
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.groups import ClaimFactory, GroupFactory
from tests.factories.identity import AccountFactory, staff_user
from tests.groups import scene as scenes
from tests.groups.scene import SUSPEND_OWNING

SENT = {"_form_submitted": "True"}
STEPS = ("accept", "decline")


@pytest.fixture
def scene(db):
    return scenes.make_scene()


@pytest.fixture
def group(scene):
    return GroupFactory(
        platform=scene.platform,
        name="Night trains",
        state="ORPHANED",
        orphaned_at=AT,
        claim_due_at=AT + timedelta(days=30),
    )


@pytest.fixture
def claim(scene, group):
    return ClaimFactory(group=group, account=scene.member)


def step(claim, name):
    return reverse(f"admin:groups_claim_{name}_claim", args=[claim.pk])


def page(claim):
    return reverse("admin:groups_claim_change", args=[claim.pk])


def test_staff_give_the_group_and_see_what_follows_first(scene, group, claim):
    other = ClaimFactory(group=group, account=scene.reporter)
    user = scene.staff()
    client = enter(user)

    shown = client.get(step(claim, "accept")).content.decode()
    assert "Other claims to the group that will be declined: 1." in shown
    assert Claim.objects.filter(state="OFFERED").count() == 2
    assert client.post(step(claim, "accept"), SENT).status_code == 302

    claim.refresh_from_db()
    other.refresh_from_db()
    assert (claim.state, claim.decided_by, other.state) == ("ACCEPTED", user, "DECLINED")
    assert Tenure.objects.current().get(group=group).account == scene.member
    assert step(claim, "accept") not in client.get(page(claim)).content.decode()


def test_staff_decline_a_claim(scene, group, claim):
    user = scene.staff()

    assert enter(user).post(step(claim, "decline"), SENT).status_code == 302

    claim.refresh_from_db()
    assert (claim.state, claim.decided_by) == ("DECLINED", user)
    assert not Tenure.objects.filter(group=group).exists()


def test_what_stands_against_the_claimant_is_said_before(scene, claim):
    case = scenes.another_case(scene, subject=scene.member)
    scenes.decide_in_effect(scene, SUSPEND_OWNING, case=case)

    shown = enter(scene.staff()).get(step(claim, "accept")).content.decode()

    assert "Owning groups is suspended until 2 December 2026." in shown


@pytest.mark.django_db(transaction=True)
def test_a_claimant_who_may_not_own_it_is_refused_in_the_dialog(claim, scene):
    case = scenes.another_case(scene, subject=scene.member)
    scenes.decide_in_effect(scene, SUSPEND_OWNING, case=case)

    answer = enter(scene.staff()).post(step(claim, "accept"), SENT)

    assert answer.status_code == 409
    assert "Owning groups is suspended until 2 December 2026." in answer.content.decode()
    claim.refresh_from_db()
    assert claim.state == "OFFERED"


@pytest.mark.django_db(transaction=True)
def test_nobody_answers_their_own_claim(scene, group):
    user = scene.staff()
    own = ClaimFactory(group=group, account=AccountFactory(platform=scene.platform, user=user))

    client = enter(user)
    for name in STEPS:
        answer = client.post(step(own, name), SENT)
        assert answer.status_code == 403, name
        assert "This claim is your own. A colleague answers it." in answer.content.decode()
    own.refresh_from_db()
    assert own.state == "OFFERED"


@pytest.mark.parametrize("name", STEPS)
def test_a_claim_that_was_answered_is_not_answered_again(claim, scene, name):
    with fixture_rows():
        Claim.objects.filter(pk=claim.pk).update(state="CANCELLED", ended_at=AT)

    assert enter(scene.staff()).post(step(claim, name), SENT).status_code == 403
    claim.refresh_from_db()
    assert claim.state == "CANCELLED"


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("role", [Role.IDENTITY_OFFICER, Role.AUDITOR])
def test_roles_that_decide_no_cases_answer_no_claims(claim, scene, name, role):
    client = enter(staff_user(scene.platform, role))

    assert client.post(step(claim, name), SENT).status_code == 403
    claim.refresh_from_db()
    assert claim.state == "OFFERED"


@pytest.mark.parametrize("name", STEPS)
def test_a_foreign_claim_is_not_answered(claim, name):
    client = enter(staff_user(PlatformFactory(), *Role))

    assert client.post(step(claim, name), SENT).status_code == 403
    claim.refresh_from_db()
    assert claim.state == "OFFERED"
