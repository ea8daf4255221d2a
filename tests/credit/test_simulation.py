"""What a simulation finds is what the ledgers say one by one, and what activation then does."""

import copy
from collections import Counter
from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction

from credit import policy as policies
from credit import simulation
from credit.actions import policies as policy_actions
from credit.actions import simulations, standings
from credit.models import LedgerEntry, Privilege, Simulation, Standing
from portal.core.actors import Actor
from tests.credit import findings
from tests.factories.base import AT
from tests.factories.identity import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SEVERITIES = ["LOW", "MEDIUM", "HIGH", "CRITICAL"]


def stricter(**severities):
    """The shipped policy with thresholds a point higher, and other terms where they are given."""
    document = copy.deepcopy(policies.DEFAULT_DOCUMENT)
    document["tiers"][0]["at_least"] = 11
    document["tiers"][1]["at_least"] = 9
    document["tiers"][2]["at_least"] = 5
    for severity, (points, days) in severities.items():
        document["severities"][severity] = {"points": points, "lifetime_days": days}
    return document


def draft(platform, document, *, at=AT):
    drafter = Actor.user(UserFactory(is_staff=True))
    return policy_actions.draft(platform=platform, document=document, by=drafter, at=at)


def found_in(made):
    return simulation.read(
        made.findings,
        before=policies.of(made.against),
        after=policies.parse(made.document),
    )


def named(found, moves):
    return {
        (found.before.tiers[before].name, found.after.tiers[after].name): count
        for (before, after), count in moves.items()
    }


@pytest.fixture
def platform(platform):
    findings.active_policy(platform)
    return platform


def test_the_matrix_says_who_would_stand_where(platform):
    clean, low, high, two = (AccountFactory(platform=platform) for _ in range(4))
    AccountFactory()
    findings.penalty(low, severity="MEDIUM", at=AT - 9 * DAY)
    findings.penalty(high, severity="HIGH", at=AT - 9 * DAY)
    for days in (30, 20):
        findings.penalty(two, severity="HIGH", at=AT - days * DAY)

    made = findings.simulate(draft(platform, stricter()), at=AT)
    found = found_in(made)

    assert named(found, found.moves()) == {
        ("Good standing", "Good standing"): 1,
        ("Good standing", "Under watch"): 1,
        ("Under watch", "Limited"): 1,
        ("Limited", "Suspended"): 1,
    }
    assert found.examples()[0, 1] == [low.pk]
    assert found.accounts == 4
    changes = {change.privilege: change for change in found.changes()}
    create, own = changes[Privilege.CREATE_GROUP], changes[Privilege.OWN_GROUP]
    assert (create.had, create.has, create.lose, create.gain) == (3, 2, 1, 0)
    assert (own.had, own.has, own.lose) == (4, 3, 1)
    assert clean.pk in found.examples()[0, 0]


def test_what_was_posted_keeps_its_points_on_the_day_but_not_had_it_always_been_so(platform):
    account = AccountFactory(platform=platform)
    findings.penalty(account, severity="MEDIUM", at=AT - 200 * DAY)
    tried = stricter(MEDIUM=(4, 365))

    found = found_in(findings.simulate(draft(platform, tried), at=AT))

    assert named(found, found.moves()) == {("Good standing", "Good standing"): 1}
    assert named(found, found.moves(always=True)) == {("Good standing", "Limited"): 1}


def test_what_a_reviewer_took_less_of_costs_less_again(platform):
    account = AccountFactory(platform=platform)
    findings.penalty(account, severity="HIGH", points=-2, at=AT - DAY)

    found = found_in(
        findings.simulate(draft(platform, stricter(HIGH=(8, 365), CRITICAL=(10, 730))), at=AT)
    )

    # Half of eight: 8 of 12 points are left.
    assert named(found, found.moves(always=True)) == {("Good standing", "Limited"): 1}


def test_a_finding_from_before_severities_were_noted_is_the_mildest_that_costs_as_much(platform):
    account = AccountFactory(platform=platform)
    entry = findings.penalty(account, severity="MEDIUM", at=AT - 200 * DAY).entry
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        LedgerEntry.objects.filter(pk=entry.pk).update(severity=None)
        cursor.execute("SET LOCAL session_replication_role = origin")

    tried = stricter(LOW=(1, 200), MEDIUM=(4, 365))
    found = found_in(findings.simulate(draft(platform, tried), at=AT))

    assert named(found, found.moves(always=True)) == {("Good standing", "Limited"): 1}


def test_groups_and_ages_are_told_apart(platform):
    small, none = (AccountFactory(platform=platform, created_at=AT - n * DAY) for n in (10, 400))
    for account in (small, none):
        for days in (30, 20):
            findings.penalty(account, severity="HIGH", at=AT - days * DAY)
    policy = draft(platform, stricter())
    made = simulations.request(policy=policy, by=Actor.user(UserFactory()), at=AT)
    sizes = f"SELECT '{small.pk}'::uuid AS account_id, 51 AS size"

    simulations.make(made=made, sizes=sizes, by=findings.SYSTEM, at=AT)

    found = found_in(made)
    lost = {
        name: (accounts, {c.privilege: c.lose for c in changes}[Privilege.OWN_GROUP])
        for name, accounts, changes in found.lose_by("size")
        if accounts
    }
    assert lost == {"No group": (1, 1), "51 to 500": (1, 1)}
    assert {name: accounts for name, accounts, _ in found.lose_by("age") if accounts} == {
        "Less than 90 days": 1,
        "1 to 3 years": 1,
    }


def test_after_activation_the_numbers_are_those_that_were_predicted(platform):
    for number in range(12):
        account = AccountFactory(platform=platform)
        for step in range(number % 4):
            findings.penalty(
                account, severity=SEVERITIES[(number + step) % 4], at=AT - (step + 1) * 20 * DAY
            )
    policy = draft(platform, stricter())
    made = findings.simulate(policy, at=AT)
    found = found_in(made)
    policy.refresh_from_db()
    approver = Actor.user(UserFactory(is_staff=True))
    policy_actions.approve(policy=policy, by=approver, at=AT)
    policy_actions.activate(policy=policy, by=approver, at=AT)
    while standings.refresh_due(by=findings.SYSTEM, at=AT, limit=5):
        pass

    predicted = Counter()
    for (_, after), count in found.moves().items():
        predicted[found.after.tiers[after].name] += count
    stored = Counter(Standing.objects.values_list("tier", flat=True))
    stored["Good standing"] += 12 - Standing.objects.count()
    assert stored == predicted
    assert len(predicted) > 2


def test_a_reversed_finding_counts_in_neither(platform):
    account = AccountFactory(platform=platform)
    entry = findings.penalty(account, severity="CRITICAL", at=AT - 9 * DAY).entry
    findings.reverse(entry, at=AT - DAY)

    found = found_in(findings.simulate(draft(platform, stricter()), at=AT))

    alike = {("Good standing", "Good standing"): 1}
    assert named(found, found.moves()) == named(found, found.moves(always=True)) == alike


def test_a_draft_is_simulated_by_its_own_terms_only(platform):
    policy = draft(platform, stricter())
    made = simulations.request(policy=policy, by=Actor.user(UserFactory()), at=AT)
    changed = stricter(MEDIUM=(3, 200))
    policy_actions.revise(
        policy=policy,
        document=changed,
        seen=policy.document,
        by=Actor.user(policy.drafted_by),
        at=AT,
    )

    simulations.make(made=made, sizes=simulation.NO_SIZES, by=findings.SYSTEM, at=AT)

    policy.refresh_from_db()
    assert (made.state, policy.state) == ("DONE", "DRAFT")
    findings.simulate(policy)
    policy.refresh_from_db()
    assert policy.state == "SIMULATED"


def test_one_simulation_of_a_draft_at_a_time_and_none_of_what_is_approved(platform):
    policy = draft(platform, stricter())
    by = Actor.user(UserFactory())
    simulations.request(policy=policy, by=by, at=AT)
    with pytest.raises(simulations.SimulationConflict, match="being sim"), transaction.atomic():
        simulations.request(policy=policy, by=by, at=AT)
    with pytest.raises(simulations.SimulationConflict, match="no draft"):
        simulations.request(policy=findings.active_policy(platform), by=by, at=AT)


def test_what_fails_is_tried_three_times_and_then_says_so(platform):
    policy = draft(platform, stricter())
    made = simulations.request(policy=policy, by=Actor.user(UserFactory()), at=AT)
    states = []
    for _ in range(3):
        with pytest.raises(ProgrammingError, match="no_such_table"):
            simulations.make(
                made=made, sizes="SELECT * FROM no_such_table", by=findings.SYSTEM, at=AT
            )
        made.refresh_from_db()
        states.append(made.state)
    assert states == ["WAITING", "WAITING", "FAILED"]
    assert "Ask for it again" in made.problem
    assert simulations.request(policy=policy, by=Actor.user(UserFactory()), at=AT)


def test_a_worker_that_died_gives_it_back(platform):
    made = simulations.request(
        policy=draft(platform, stricter()), by=Actor.user(UserFactory()), at=AT
    )
    Simulation.objects.filter(pk=made.pk).update(state="RUNNING", started_at=AT, attempts=1)

    assert simulations.abandon_stuck(by=findings.SYSTEM, at=AT + simulations.LONGEST) == 0
    later = AT + simulations.LONGEST + timedelta(seconds=1)
    assert simulations.abandon_stuck(by=findings.SYSTEM, at=later) == 1

    made.refresh_from_db()
    assert (made.state, "tried again" in made.problem) == ("WAITING", True)
