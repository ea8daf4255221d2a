"""Groups without an owner in the dashboard: find, read what follows, claim, withdraw."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from groups.actions import claims
from groups.models import Claim, Group
from portal.core.actors import Actor
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.groups import ClaimFactory, GroupFactory, TenureFactory
from tests.groups import scene as scenes
from tests.groups.scene import SUSPEND_OWNING
from tests.groups.views import reading

DAY = timedelta(days=1)
URL = "/claims/"


@pytest.fixture
def group(scene):
    orphaned = {"state": "ORPHANED", "orphaned_at": AT, "claim_due_at": AT + 30 * DAY}
    return GroupFactory(
        platform=scene.platform, name="Night trains", external_id="g-nt", **orphaned
    )


def named(account, group="g-nt", step="review"):
    return {"account": str(account.pk), "group": group, "step": step}


def url(claim, step=""):
    return reverse(f"groups:claim{'_' + step if step else ''}", args=[claim.pk])


def claim_of(account, group):
    return claims.claim(group=group, account=account, by=Actor.user(account.user), at=AT)


def test_whoever_held_a_role_there_sees_until_when_it_can_be_claimed(as_user, scene, group):
    TenureFactory(group=group, account=scene.member, role="MANAGER", until=AT - DAY)
    client = as_user(scene.member)

    assert "Night trains has no owner You can claim it until 2 Dec 2026" in reading.words(
        client.get("/")
    )
    assert "It can be claimed until 2 Dec 2026, 12:00 UTC" in reading.words(client.get(URL))
    other = reading.words(as_user(scene.reporter).get(URL))
    assert "Night trains" not in other


def test_a_manager_of_it_reads_it_on_the_groups_pages(as_user, scene, group):
    TenureFactory(group=group, account=scene.member, role="MANAGER")

    page = as_user(scene.member).get(reverse("groups:people", args=[group.pk]))

    said = "This group has no owner If nobody claims it, it is frozen. It can be claimed until 2"
    assert said in reading.words(page)


def test_a_claim_is_read_once_more_and_then_sent(as_user, scene, group):
    client = as_user(scene.member)

    review = client.post(URL, named(scene.member))
    text = reading.words(review)
    assert "Claim Night trains ?" in text
    assert "Nothing stands against your taking it on." in text
    assert "Staff may give it to you before 2 Dec 2026" in text
    assert not Claim.objects.exists()

    sent = client.post(URL, named(scene.member, step="send"))
    made = Claim.objects.get()
    assert sent.url == url(made)
    assert (made.account, made.group, made.state) == (scene.member, group, "OFFERED")
    assert "Waits for an answer" in reading.words(client.get(sent.url))
    assert "Night trains" in reading.words(client.get(URL))
    again = client.post(URL, named(scene.member, step="send"))
    assert again.status_code == 422
    assert "You have claimed Night trains already." in reading.words(again)


def test_what_fails_is_said_before_the_claim_and_refused_after(as_user, scene, group):
    case = scenes.another_case(scene, subject=scene.member)
    scenes.decide_in_effect(scene, SUSPEND_OWNING, case=case)
    client = as_user(scene.member)

    review = client.post(URL, named(scene.member))
    sent = client.post(URL, named(scene.member, step="send"))

    assert "Owning groups is suspended until 2 December 2026." in reading.words(review)
    assert "Claim the group" not in reading.words(review)
    assert sent.status_code == 409
    assert not Claim.objects.exists()


@pytest.mark.parametrize("which", ["owned", "foreign", "over", "unknown"])
def test_what_cannot_be_claimed_answers_like_what_is_not_there(as_user, scene, group, which):
    orphaned = {"state": "ORPHANED", "orphaned_at": AT, "claim_due_at": AT + 30 * DAY}
    GroupFactory(platform=PlatformFactory(), external_id="g-foreign", **orphaned)
    GroupFactory(platform=scene.platform, external_id="g-over", **(orphaned | {"claim_due_at": AT}))
    ids = {"owned": scene.group.external_id}.get(which, f"g-{which}")
    client = as_user(scene.member)

    answers = [client.post(URL, named(scene.member, ids, step)) for step in ("review", "send")]

    for answer in answers:
        assert answer.status_code == 422
        assert f"{scene.platform} has no group of this id that can be claimed now." in (
            reading.words(answer)
        )
    assert not Claim.objects.exists()


def test_nobody_claims_as_somebody_else(as_user, scene, group):
    answer = as_user(scene.member).post(URL, named(scene.reporter, step="send"))

    assert answer.status_code == 422
    assert not Claim.objects.exists()


def test_two_people_claim_and_each_sees_their_own(as_user, scene, group):
    mine, theirs = claim_of(scene.member, group), claim_of(scene.reporter, group)

    assert as_user(scene.member).get(url(mine)).status_code == 200
    for path in (url(theirs), url(theirs, "withdraw")):
        assert as_user(scene.member).get(path).status_code == 404
    assert as_user(scene.member).post(url(theirs, "withdraw")).status_code == 404
    assert Claim.objects.filter(state="OFFERED").count() == 2


def test_a_claim_is_withdrawn_once(as_user, scene, group):
    made, client = claim_of(scene.member, group), as_user(scene.member)

    asked = client.get(url(made, "withdraw"))
    assert "Withdraw your claim to Night trains ?" in reading.words(asked)
    assert Claim.objects.get().state == "OFFERED"
    assert client.post(url(made, "withdraw")).url == url(made)
    assert Claim.objects.get().state == "CANCELLED"

    again = client.post(url(made, "withdraw"))
    assert again.status_code == 409
    assert "This claim was answered, withdrawn or has lapsed." in reading.words(again)


def test_a_claim_that_was_answered_meanwhile_is_not_withdrawn(as_user, scene, group):
    made = claim_of(scene.member, group)
    claims.accept(claim=made, by=Actor.user(scene.staff()), at=AT)

    late = as_user(scene.member).post(url(made, "withdraw"))
    page = reading.words(as_user(scene.member).get(url(made)))

    assert late.status_code == 409
    assert "You answer for the group since 2 Nov 2026" in page
    assert Claim.objects.get().state == "ACCEPTED"
    assert scene.member.notices.get().kind == "TENURE_BEGAN"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("DECLINED", "The group was not given to you."),
        ("EXPIRED", "The group was not given to you."),
        ("CANCELLED", "You withdrew it"),
    ],
)
def test_how_a_claim_ended_is_said(as_user, scene, group, state, said):
    made = ClaimFactory(group=group, account=scene.member, state=state, ended_at=AT)

    assert said in reading.words(as_user(scene.member).get(url(made)))


def test_after_the_deadline_nothing_is_offered(as_user, scene, group):
    TenureFactory(group=group, account=scene.member, role="MANAGER")

    with time_machine.travel(group.claim_due_at, tick=False):
        client = as_user(scene.member)
        pages = [client.get(path) for path in ("/", URL, f"/groups/{group.pk}/people/")]

    for page in pages:
        assert "can be claimed until" not in reading.words(page)
        assert "can claim it until" not in reading.words(page)


def test_without_an_account_the_page_says_so(as_user, scene, db):
    text = reading.words(as_user(scene.staff()).get(URL))

    assert "No account is linked to you" in text


def test_the_claimant_is_told_when_staff_decline(scene, group):
    made = claim_of(scene.member, group)

    claims.decline(claim=made, by=Actor.user(scene.staff()), at=AT)

    notice = scene.member.notices.get()
    assert (notice.kind, notice.subject) == ("CLAIM_ENDED", "About your claim to Night trains")
    assert f"/claims/{made.pk}/" in notice.body


def test_a_group_that_found_an_owner_is_no_longer_listed(as_user, scene, group):
    TenureFactory(group=group, account=scene.member, role="MANAGER")
    with fixture_rows():
        Group.objects.filter(pk=group.pk).update(state="ACTIVE")

    assert "It can be claimed until" not in reading.words(as_user(scene.member).get(URL))
