from datetime import timedelta

import pytest
from django.db import transaction

from groups.actions import claims, sweeps, tenures
from groups.impartiality import ConflictOfInterest
from groups.models import Claim, Group, RoleEvent, Tenure
from groups.ownership import MayNotOwn, NotYourAccount
from identity.access import StaffOnly
from portal.core.actors import Actor
from portal.core.models import AuditEntry, OutboxEvent
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory, UserFactory
from tests.groups import scene as scenes
from tests.groups.scene import SUSPEND_OWNING

DAY = timedelta(days=1)
SWEEP = Actor.system("expire_transfers_and_claims")
pytestmark = pytest.mark.django_db


@pytest.fixture
def group(scene, at):
    return GroupFactory(
        platform=scene.platform, state="ORPHANED", orphaned_at=at, claim_due_at=at + 30 * DAY
    )


def person(account):
    return Actor.user(account.user)


def claim(group, account, *, at):
    return claims.claim(group=group, account=account, by=person(account), at=at)


def states(group):
    found = Claim.objects.filter(group=group).order_by("claimed_at", "pk")
    return list(found.values_list("state", flat=True))


def owner_of(group, at):
    held = Tenure.objects.filter(group=group, role="OWNER").at(at)
    return [tenure.account for tenure in held.select_related("account")]


def refused(error, action, **arguments):
    """Denied means denied, and nothing changed."""

    def look():
        return (
            list(Claim.objects.order_by("pk").values_list("state", "ended_at", "decided_by")),
            list(Group.objects.order_by("pk").values_list("state", "claim_due_at")),
            [m.objects.count() for m in (Tenure, RoleEvent, AuditEntry, OutboxEvent)],
        )

    before = look()
    with pytest.raises(error) as raised, transaction.atomic():
        action(**arguments)
    assert look() == before
    return raised.value


def test_staff_give_the_group_to_one_and_decline_the_others(scene, group, at):
    first, second = claim(group, scene.member, at=at), claim(group, scene.reporter, at=at + DAY)
    reviewer = scene.staff()

    tenure = claims.accept(claim=second, by=Actor.user(reviewer), at=at + 2 * DAY)

    assert (tenure.role, tenure.began, tenure.began_by) == ("OWNER", "CLAIMED", None)
    assert owner_of(group, at + 2 * DAY) == [scene.reporter]
    assert states(group) == ["DECLINED", "ACCEPTED"]
    first.refresh_from_db()
    assert (first.decided_by, first.ended_at) == (reviewer, at + 2 * DAY)
    group.refresh_from_db()
    assert (group.state, group.claim_due_at) == ("ACTIVE", None)
    done = AuditEntry.objects.filter(action__startswith="claims.").order_by("at", "action")
    assert list(done.values_list("action", flat=True)) == [
        "claims.claim",
        "claims.claim",
        "claims.accept",
        "claims.decline",
    ]
    assert OutboxEvent.objects.filter(type="accord.tenure.began.v1").count() == 1
    before = list(Tenure.objects.order_by("pk").values())
    tenures.rederive(group=group, by=scenes.BY_TESTS, at=at + 3 * DAY)
    assert list(Tenure.objects.order_by("pk").values()) == before


def test_at_the_deadline_the_earliest_who_may_own_it_wins(scene, group, at):
    late, early = claim(group, scene.reporter, at=at + DAY), claim(group, scene.member, at=at)
    case = scenes.another_case(scene, subject=scene.member)
    long = scenes.MeasureInput("SUSPEND", privilege="OWN_GROUP", days=60)
    scenes.decide_in_effect(scene, long, case=case, at=at + DAY)
    due = group.claim_due_at
    assert early.expires_at == late.expires_at == due

    assert sweeps.award_claimed(by=SWEEP, at=due - timedelta(microseconds=1), limit=5) == 0
    assert states(group) == ["OFFERED", "OFFERED"]
    assert sweeps.award_claimed(by=SWEEP, at=due, limit=5) == 1
    assert sweeps.award_claimed(by=SWEEP, at=due, limit=5) == 0

    assert owner_of(group, due) == [scene.reporter]
    assert states(group) == ["DECLINED", "ACCEPTED"]


def test_a_claim_from_before_another_owner_waits_for_the_new_deadline(scene, group, at):
    claim(group, scene.reporter, at=at)
    due, later = group.claim_due_at, group.claim_due_at + 10 * DAY
    Group.objects.filter(pk=group.pk).update(orphaned_at=at + 10 * DAY, claim_due_at=later)

    assert sweeps.award_claimed(by=SWEEP, at=due, limit=5) == 0
    assert claims.award(group_id=group.pk, by=SWEEP, at=due) is None
    assert states(group) == ["OFFERED"]
    assert sweeps.award_claimed(by=SWEEP, at=later, limit=5) == 1


def test_claims_lapse_where_nobody_may_own_the_group(scene, group, at):
    claim(group, scene.member, at=at)
    case = scenes.another_case(scene, subject=scene.member)
    revoke = scenes.REVOKE_OWNING
    scenes.decide_in_effect(scene, revoke, case=case, at=at + DAY)
    due = group.claim_due_at

    assert sweeps.award_claimed(by=SWEEP, at=due, limit=5) == 0

    assert states(group) == ["EXPIRED"]
    assert owner_of(group, due) == []
    group.refresh_from_db()
    assert group.state == "ORPHANED"


def test_claims_wait_for_the_award_and_are_not_swept_away_before(scene, group, at):
    claim(group, scene.member, at=at)

    assert claims.expire(by=SWEEP, at=group.claim_due_at, limit=5) == 0
    assert states(group) == ["OFFERED"]


def test_a_claim_ends_when_withdrawn_or_declined_and_then_stays_ended(scene, group, at):
    mine, theirs = claim(group, scene.member, at=at), claim(group, scene.reporter, at=at + DAY)
    reviewer = Actor.user(scene.staff())

    claims.withdraw(claim=mine, by=person(scene.member), at=at + 2 * DAY)
    claims.decline(claim=theirs, by=reviewer, at=at + 2 * DAY)

    assert states(group) == ["CANCELLED", "DECLINED"]
    for ended in (mine, theirs):
        refused(claims.ClaimEnded, claims.accept, claim=ended, by=reviewer, at=at + 3 * DAY)
    assert claim(group, scene.member, at=at + 3 * DAY).state == "OFFERED"


def test_a_group_is_claimed_once_by_each_while_it_has_no_owner(scene, group, at):
    claim(group, scene.member, at=at)

    again = {"group": group, "account": scene.member, "by": person(scene.member)}
    refused(claims.AlreadyClaimed, claims.claim, **again, at=at)
    refused(claims.NotToBeClaimed, claims.claim, **(again | {"group": scene.group}), at=at)
    late = again | {"account": scene.reporter, "by": person(scene.reporter)}
    refused(claims.NotToBeClaimed, claims.claim, **late, at=group.claim_due_at)


def test_claimants_speak_for_themselves_on_their_own_platform(scene, group, at):
    stranger = AccountFactory(platform=PlatformFactory(), user=UserFactory())

    refused(
        NotYourAccount,
        claims.claim,
        group=group,
        account=scene.member,
        by=person(scene.reporter),
        at=at,
    )
    refused(
        claims.ForeignAccount,
        claims.claim,
        group=group,
        account=stranger,
        by=person(stranger),
        at=at,
    )
    mine = claim(group, scene.member, at=at)
    refused(NotYourAccount, claims.withdraw, claim=mine, by=person(scene.reporter), at=at)


def test_whoever_may_not_own_groups_cannot_claim_one(scene, group, at):
    case = scenes.another_case(scene, subject=scene.member)
    scenes.decide_in_effect(scene, SUSPEND_OWNING, case=case, at=at)

    error = refused(
        MayNotOwn,
        claims.claim,
        group=group,
        account=scene.member,
        by=person(scene.member),
        at=at,
    )
    assert error.params["reasons"] == ["suspended"]


@pytest.mark.parametrize("action", [claims.accept, claims.decline])
def test_staff_with_the_permission_and_no_stake_answer_claims(scene, group, at, action):
    own = AccountFactory(platform=scene.platform, user=scene.staff())
    made, mine = claim(group, scene.member, at=at), claim(group, own, at=at)

    refused(claims.StaffDecide, action, claim=made, by=SWEEP, at=at)
    refused(StaffOnly, action, claim=made, by=person(scene.member), at=at)
    refused(StaffOnly, action, claim=made, by=Actor.user(scene.staff("AUDITOR")), at=at)
    refused(ConflictOfInterest, action, claim=mine, by=person(own), at=at)
