"""One statement refreshes many: it writes what the ledgers give one by one, and tells of it once.

Whatever counts and is withheld on two platforms at once, from when until when, under whichever
policies.
"""

import copy
from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from credit import changes, queries, verification
from credit import policy as policies
from credit.actions import standings
from credit.models import LedgerEntry, Policy, Privilege, Sanction, Standing
from portal.core.ids import uuid7
from portal.core.models import OutboxEvent
from tests.credit import findings
from tests.factories.base import AT, triggers_asleep
from tests.factories.core import PlatformFactory
from tests.factories.credit import PolicyFactory
from tests.factories.identity import AccountFactory, UserFactory
from tests.sizes import size

DAY = timedelta(days=1)
WAS = AT - 100 * DAY
GROUP = uuid7()


def changed(**fields):
    document = copy.deepcopy(policies.DEFAULT_DOCUMENT)
    return {**document, **fields}


def tiers(*thresholds, **last):
    found = copy.deepcopy(policies.DEFAULT_DOCUMENT["tiers"])
    for tier, at_least in zip(found, thresholds, strict=False):
        tier["at_least"] = at_least
    found[-1] |= last
    return found


# As far as Limited as it was, and from there on higher.
LONGER = changed(tiers=tiers(12, 11, 4))
VERSIONS = [
    None,
    LONGER,
    changed(),
    changed(tiers=tiers(11, 9, 5)),
    changed(tiers=tiers()[2:3] + tiers()[3:]),
    changed(tiers=[tiers()[0], {**tiers()[3], "name": "Out"}]),
    changed(tiers=[{**tier, "name": f"{tier['name']}!"} for tier in tiers()]),
    changed(tiers=[{**tiers()[0], "at_least": -3}], floor=-3, ceiling=20),
    changed(starting_score=8),
]
# Days from WAS on: refreshed at day 100, so about half lies in between or after it.
BEGINS = st.integers(-400, 160)
LASTS = st.none() | st.integers(0, 500)
ENTRIES = st.tuples(st.integers(0, 3), BEGINS, LASTS, st.integers(-8, 4))
SANCTIONS = st.tuples(
    st.integers(0, 3),
    BEGINS,
    st.none() | st.integers(1, 300),
    # Whoever lifts one writes the standing, so that is over by then.
    st.none() | st.integers(-50, 0),
    st.sampled_from(Privilege.values),
    st.sampled_from([None, GROUP]),
)


def write_entries(accounts, entries, person):
    numbers = dict.fromkeys(range(4), 0)
    for number, begins, lasts, points in entries:
        numbers[number] += 1
        account = accounts[number]
        LedgerEntry.objects.create(
            account=account,
            platform=account.platform,
            sequence=numbers[number],
            kind="PENALTY" if points <= 0 else "ADJUSTMENT",
            points=points,
            effective_at=WAS + begins * DAY,
            expires_at=None if lasts is None else WAS + (begins + lasts) * DAY,
            policy=findings.active_policy(account.platform),
            decision_id=uuid7() if points <= 0 else None,
            posted_by=person,
            approved_by=None if points <= 0 else UserFactory(),
            reason="x",
            posted_at=WAS,
        )


def write_sanctions(accounts, sanctions, people):
    for number, begins, lasts, lifted, privilege, group_id in sanctions:
        ended = {"lifted_by": people[1], "lift": "REVERSED", "lift_reason": "x"}
        Sanction.objects.create(
            account=accounts[number],
            platform=accounts[number].platform,
            kind="REVOCATION" if lasts is None else "SUSPENSION",
            privilege=privilege,
            scope_group_id=group_id,
            starts_at=WAS + begins * DAY,
            ends_at=None if lasts is None else WAS + (begins + lasts) * DAY,
            decision_id=uuid7(),
            imposed_by=people[0],
            approved_by=people[1],
            **({} if lifted is None else {"lifted_at": WAS + lifted * DAY} | ended),
        )


def put_into_effect(platform, document, *, day):
    with triggers_asleep():
        Policy.objects.filter(platform=platform, state="ACTIVE").update(
            state="RETIRED", retired_at=WAS + day * DAY
        )
        PolicyFactory(platform=platform, version=2, document=document, active_from=WAS + day * DAY)


def told(account, then, now):
    """What one account's platform hears, by the code for one account."""
    turned = {
        sanction.scope_group_id
        for sanction in now.sanctions
        if sanction.is_in_force_at(WAS) != sanction.is_in_force_at(AT)
    }
    for group_id in {None, *turned}:
        change = changes.between(
            account=account, before=then.standing(WAS), after=now.standing(AT), group_id=group_id
        )
        if change.changed:
            yield account.external_id, group_id and str(group_id), change.changed


@settings(
    max_examples=size(every_run=30, release=600),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    entries=st.lists(ENTRIES, max_size=14),
    sanctions=st.lists(SANCTIONS, max_size=3),
    versions=st.tuples(*[st.sampled_from(VERSIONS)] * 2),
    limit=st.integers(1, 4),
)
# Limited, then Under watch for ten days, then Limited again: the end of it has moved.
@example(
    entries=[(0, 0, 10, -2), (0, 0, 300, -4), (0, 0, 20, 1), (0, 0, 200, -2)],
    sanctions=[],
    versions=(None, None),
    limit=4,
)
# Limited under both, but the way back takes ten days longer.
@example(
    entries=[(0, 0, 130, -2), (0, 0, 140, -4), (0, 0, 150, -2)],
    sanctions=[],
    versions=(LONGER, None),
    limit=4,
)
# What ended and what was lifted early, in a group and everywhere.
@example(
    entries=[],
    sanctions=[
        (0, -10, 60, None, "CREATE_GROUP", GROUP),
        (1, -10, 60, None, "OWN_GROUP", None),
        (2, -10, 200, -5, "OWN_GROUP", None),
        (2, 20, 200, None, "MANAGE_GROUP", None),
    ],
    versions=(None, None),
    limit=4,
)
# At the floor an entry goes without effect. One begins at the instant, another ends, and the last
# brings back what its tier withheld.
@example(
    entries=[
        *[(0, 0, 120, -4), (0, 0, 130, -8), (0, 0, 140, -8)],
        *[(1, 100, 60, -3), (2, 0, 100, -3), (3, 0, 50, -6)],
    ],
    sanctions=[],
    versions=(VERSIONS[2], None),
    limit=4,
)
def test_standings_and_events_are_those_of_each_account(db, entries, sanctions, versions, limit):
    with transaction.atomic():
        platforms = [PlatformFactory() for _ in range(2)]
        accounts = [AccountFactory(platform=platforms[n // 2]) for n in range(4)]
        people = [UserFactory(is_staff=True) for _ in range(2)]
        for platform in platforms:
            findings.active_policy(platform)
        with triggers_asleep():
            write_entries(accounts, entries, people[0])
            write_sanctions(accounts, sanctions, people)
        records = [queries.get_record(account=account, at=WAS) for account in accounts]
        standings.write(projected=zip(accounts, records, strict=True), at=WAS)
        for platform, document in zip(platforms, versions, strict=True):
            if document is not None:
                put_into_effect(platform, document, day=50)

        expected = []
        for account, then in zip(accounts, records, strict=True):
            now = replace(then, policy=queries.get_policy(platform_id=account.platform_id, at=AT))
            expected += told(account, then, now)
        runs = [standings.refresh_due(by=findings.SYSTEM, at=AT, limit=limit) for _ in range(5)]
        assert runs[-1] == 0

        for account in accounts:
            stored = Standing.objects.get(account=account)
            replay = queries.get_record(account=account, at=AT).standing(AT)
            assert (stored.score, stored.tier) == (replay.score, replay.tier)
            assert (stored.policy, stored.next_change_at) == (replay.policy, replay.next_change_at)
        assert verification.verify().differences == []
        events = [
            (event.subject, event.data["group_id"], event.data["changed"])
            for event in OutboxEvent.objects.filter(type=changes.TYPE)
        ]
        assert sorted(events, key=str) == sorted(expected, key=str)
        transaction.set_rollback(True)
