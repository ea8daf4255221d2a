"""Bar 16: whatever happens to a group at once, one person answers for it at every instant."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from groups.actions import claims, decisions, events, sweeps, transfers
from groups.models import Claim, Group, RoleEvent, Tenure, Transfer
from groups.models.tenures import Role
from groups.ownership import MayNotOwn
from groups.queries import tenures as tenure_queries
from identity.models import Account
from portal.core.actors import Actor
from portal.core.errors import Conflict
from portal.core.models import AuditEntry, Platform
from tests.factories.events import granted, revoked
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory, UserFactory
from tests.groups import scene as scenes
from tests.groups.scene import (
    FREEZE,
    SUSPEND_OWNING,
    add_role,
    appeal_against,
    decide,
    make_scene,
)
from tests.races import at_once
from tests.sizes import size

DAY = timedelta(days=1)
TRIALS = size(every_run=20, release=60)
SWEEP = Actor.system("expire_transfers_and_claims")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty_log():
    """The flush of transactional tests does not know the log: it is no managed table."""
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'groups_logentry'::regclass"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {name}")


def person(account):
    return Actor.user(account.user)


def ingest(platform, *found, at):
    return events.ingest(platform=platform, events=list(found), by=SWEEP, at=at)


def spans(group):
    """The stored tenures as values, comparable to what the fold gives."""
    return sorted(
        (t.account_id, t.role, t.since, t.until or "", t.began, t.ended or "", t.began_event)
        for t in Tenure.objects.filter(group=group)
    )


def folded(group):
    past = tenure_queries.get_pasts(groups=[group])[group.pk]
    return sorted(
        (s.account, s.role, s.since, s.until or "", s.began, s.ended or "", s.began_event)
        for s in past.fold().tenures
    )


def holds_together(group):
    """One owner at a time, nobody beside an empty seat, and stored is what the facts say."""
    group.refresh_from_db()
    assert spans(group) == folded(group)
    held = list(Tenure.objects.filter(group=group))
    for moment in sorted({t.since for t in held} | {t.until for t in held if t.until}):
        there = [t.role for t in held if t.since <= moment and (not t.until or moment < t.until)]
        assert there.count(Role.OWNER) <= 1
        # A gap while somebody could succeed would be ours.
        assert Role.OWNER in there or Role.CO_OWNER not in there, (moment, there)
    has_owner = any(t.role == Role.OWNER and t.until is None for t in held)
    if group.state in (Group.State.ACTIVE, Group.State.ORPHANED):
        assert has_owner == (group.state == Group.State.ACTIVE)


def audited(action):
    return AuditEntry.objects.filter(action=action).count()


def only_conflicts(results):
    """Return what was refused: with a Conflict each, never with an error of the database."""
    _, refused = at_once.split(results)
    assert all(isinstance(error, Conflict) for error in refused), refused
    return refused


@dataclass
class Trial:
    """Two groups with the same two people in them, on a platform that all trials share."""

    platform: Platform
    group: Group
    other: Group
    owner: Account
    second: Account
    third: Account
    guest: Account


def make_trial(scene):
    people = [AccountFactory(platform=scene.platform, user=UserFactory()) for _ in range(4)]
    # Groups are locked in the order of their ids: a decision begins with the later one.
    other, group = (GroupFactory(platform=scene.platform) for _ in range(2))
    for days_ago, account in zip((300, 200, 100), people, strict=False):
        role = Role.OWNER if days_ago == 300 else Role.CO_OWNER
        add_role(scene, group=group, account=account, role=role, days_ago=days_ago)
    add_role(scene, group=other, account=people[1], role=Role.OWNER, days_ago=300)
    add_role(scene, group=other, account=people[0], days_ago=200)
    return Trial(scene.platform, group, other, *people)


def suspend(scene, case, *measures, at):
    """Decide and have it approved; when what it does has changed in between, decide anew."""
    approver = Actor.user(scene.seniors[0])
    while True:
        decision = decide(case, scene.decider, *measures, at=at)
        try:
            return decisions.approve(decision=decision, by=approver, at=at)
        except decisions.EffectChanged:
            decisions.return_to_decider(
                decision=decision, reason="Roles have changed.", by=approver, at=at
            )


def offer(trial, *, at):
    return transfers.offer(
        group=trial.group,
        from_account=trial.owner,
        to_account=trial.guest,
        by=person(trial.owner),
        at=at,
    )


def make_scene_with_staff():
    scene = make_scene()
    scene.decider, *scene.seniors = scene.staff(), scene.senior(), scene.senior()
    return scene


def test_transfers_suspensions_reversals_and_what_platforms_say_at_once(at):
    scene, now = make_scene_with_staff(), at + DAY
    for place in range(TRIALS):
        trial = make_trial(scene)
        # Who is second may have read the clock first.
        accepted_at = now + timedelta(seconds=place % 2)
        # The third lost their roles to a decision that is reversed meanwhile.
        earlier = scenes.another_case(scene, group=trial.group, subject=trial.third)
        lost = suspend(scene, earlier, SUSPEND_OWNING, at=at)
        appeal = appeal_against(lost, trial.third, at=at)
        case = scenes.another_case(scene, group=trial.group, subject=trial.owner)
        transfer = offer(trial, at=at)
        said = [
            revoked(trial.second.external_id, group=trial.group.external_id, time=now),
            granted(trial.guest.external_id, group=trial.other.external_id, time=now),
        ]

        results = at_once.run(
            partial(transfers.accept, transfer=transfer, by=person(trial.guest), at=accepted_at),
            partial(transfers.cancel, transfer=transfer, by=person(trial.owner), at=now),
            partial(suspend, scene, case, SUSPEND_OWNING, FREEZE, at=now),
            partial(scenes.review, appeal, scene.seniors[1], at=now),
            partial(ingest, trial.platform, *said, at=now),
            partial(ingest, trial.platform, *said[::-1], at=now),
        )

        refused = only_conflicts(results)
        transfer.refresh_from_db()
        assert transfer.state in ("ACCEPTED", "CANCELLED")
        assert len(refused) == 1, refused
        assert type(refused[0]) in (transfers.OfferEnded, transfers.NotTheOwner, MayNotOwn)
        holds_together(trial.group)
        holds_together(trial.other)
        assert not Tenure.objects.current().filter(account=trial.owner).exists()
    counted = Transfer.objects.filter(state="ACCEPTED").count()
    assert audited("transfers.accept") == counted
    assert audited("transfers.cancel") == TRIALS - counted
    assert RoleEvent.objects.filter(cause="TRANSFER").count() == counted


def test_claims_sweepers_and_a_platform_that_names_an_owner_at_once(at):
    scene, first = make_scene_with_staff(), at + DAY
    staff = Actor.user(scene.decider)
    for place in range(TRIALS):
        group = GroupFactory(
            platform=scene.platform, state="ORPHANED", orphaned_at=at, claim_due_at=first
        )
        people = [AccountFactory(platform=scene.platform, user=UserFactory()) for _ in range(3)]
        made = [
            claims.claim(group=group, account=account, by=person(account), at=at)
            for account in people
        ]
        # Before the deadline staff choose; after it the sweepers do.
        now = first - timedelta(seconds=1) if place % 2 else first
        told = granted(scene.reporter.external_id, group=group.external_id, time=now)

        results = at_once.run(
            *(partial(claims.accept, claim=claim, by=staff, at=now) for claim in made[:2]),
            partial(claims.withdraw, claim=made[2], by=person(people[2]), at=now),
            *[partial(sweeps.award_claimed, by=SWEEP, at=now, limit=500)] * 2,
            partial(claims.expire, by=SWEEP, at=now, limit=500),
            partial(ingest, scene.platform, told, at=now),
        )

        only_conflicts(results)
        holds_together(group)
        assert group.state == "ACTIVE"
        given = Claim.objects.filter(group=group, state="ACCEPTED").count()
        assert given <= 1
        assert RoleEvent.objects.filter(group=group, cause="CLAIM").count() == given
    for action, state in (("accept", "ACCEPTED"), ("withdraw", "CANCELLED"), ("expire", "EXPIRED")):
        assert audited(f"claims.{action}") == Claim.objects.filter(state=state).count()


def test_eight_people_cannot_accept_or_sweep_one_offer_twice(at):
    scene = make_scene()
    transfer = transfers.offer(
        group=scene.group,
        from_account=scene.owner,
        to_account=scene.member,
        by=person(scene.owner),
        at=at,
    )
    accept = partial(transfers.accept, by=person(scene.member), at=at)

    refused = only_conflicts(
        at_once.run(
            *(partial(accept, transfer=Transfer.objects.get(pk=transfer.pk)) for _ in range(8))
        )
    )

    assert [type(error) for error in refused] == [transfers.OfferEnded] * 7
    assert audited("transfers.accept") == 1
    holds_together(scene.group)


def test_sweepers_let_an_offer_lapse_once_and_never_early(at):
    scene = make_scene_with_staff()
    transfer = offer(make_trial(scene), at=at)
    early, due = transfer.expires_at - timedelta(microseconds=1), transfer.expires_at

    def sweep(moment):
        return [partial(transfers.expire, by=SWEEP, at=moment, limit=5)] * 4

    assert at_once.run(*sweep(early)) == [0] * 4
    assert sorted(at_once.run(*sweep(due))) == [0, 0, 0, 1]
    assert audited("transfers.expire") == 1
