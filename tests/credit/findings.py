"""Decisions in effect, and what they cost: the only way to a penalty or a sanction."""

from credit import policy as policies
from credit import queries
from credit.actions import ledger, sanctions, simulations
from credit.actions import policies as policy_actions
from credit.models import Policy
from credit.simulation import NO_SIZES
from groups.models import Case, Decision, Measure
from portal.core.actors import Actor
from tests.factories.base import AT, fixture_rows
from tests.factories.credit import PolicyFactory
from tests.factories.groups import CaseFactory, DecisionFactory, RuleFactory
from tests.factories.identity import UserFactory

DEFAULT = policies.parse(policies.DEFAULT_DOCUMENT)
SYSTEM = Actor.system("tests")


def active_policy(platform):
    return Policy.objects.filter(platform=platform, state="ACTIVE").first() or PolicyFactory(
        platform=platform, version=1
    )


def simulate(policy, *, at=AT):
    """Run a draft as a worker does, so that it can be approved. Return the simulation."""
    made = simulations.request(policy=policy, by=Actor.user(UserFactory()), at=at)
    return simulations.make(made=made, sizes=NO_SIZES, by=SYSTEM, at=at)


def next_version(platform, document, *, at=AT):
    """Draft, simulate, approve and activate a version as two people do."""
    drafter, approver = (Actor.user(UserFactory(is_staff=True)) for _ in range(2))
    policy = policy_actions.draft(platform=platform, document=document, by=drafter, at=at)
    simulate(policy, at=at)
    policy_actions.approve(policy=policy, by=approver, at=at)
    return policy_actions.activate(policy=policy, by=approver, at=at)


def decision(account, *, points=-2, at=AT, severity="MEDIUM", **fields):
    """A decision in effect about the account, with nothing posted yet."""
    case = CaseFactory(
        platform=account.platform,
        subject=account,
        rule=RuleFactory(platform=account.platform, severity=severity),
        state=Case.State.DECIDED,
        opened_at=at,
        due_at=None,
        decided_at=at,
    )
    policy = active_policy(account.platform)
    return DecisionFactory(case=case, points=points, policy=policy, decided_at=at, **fields)


def penalty(account, *, severity="MEDIUM", points=None, at=AT, policy=None):
    """Post what a finding of the severity costs; return the StandingChange."""
    cost = -DEFAULT.terms_of(severity).points if points is None else points
    found = decision(account, points=cost, at=at, severity=severity)
    return post(account, found, severity=severity, points=cost, at=at, policy=policy)


def post(account, found, *, severity="MEDIUM", points=-2, at=AT, policy=None):
    return ledger.post_penalty(
        account=account,
        severity=severity,
        points=points,
        decision_id=found.pk,
        policy=policy or active_policy(account.platform),
        posted_by=found.decided_by,
        reason="R-101 Scams",
        by=Actor.user(found.decided_by),
        at=at,
    )


def reverse(entry, *, at=AT):
    person = UserFactory(is_staff=True)
    return ledger.reverse(
        decision_id=entry.decision_id,
        posted_by=person,
        reason="Reversed on appeal",
        by=Actor.user(person),
        at=at,
    )


def give_back(account, points, *, until, at=AT):
    """Points that two people give back at once."""
    proposer, approver = (UserFactory(is_staff=True) for _ in range(2))
    return ledger.post_adjustment(
        account=account,
        points=points,
        expires_at=until,
        posted_by=proposer,
        approved_by=approver,
        reason="New facts.",
        by=Actor.user(approver),
        at=at,
    )


def approved(account, *, kind="SUSPEND", privilege="CREATE_GROUP", days=30, group=None, at=AT):
    """A decision with one measure that a second person approved; no sanction imposed yet."""
    found = decision(account, points=0, at=at, needs_approval=True)
    days = days if kind == "SUSPEND" else None
    approver = UserFactory(is_staff=True)
    with fixture_rows():
        Measure.objects.create(
            decision=found, kind=kind, privilege=privilege, days=days, in_group=group
        )
        Decision.objects.filter(pk=found.pk).update(
            approved_by=approver, approved_at=at, effective_at=at
        )
    return Decision.objects.select_related("decided_by", "approved_by").get(pk=found.pk)


def sanction(account, *, kind="SUSPEND", privilege="CREATE_GROUP", days=30, group=None, at=AT):
    found = approved(account, kind=kind, privilege=privilege, days=days, group=group, at=at)
    return impose(account, found, kind=kind, privilege=privilege, days=days, group=group, at=at)


def impose(account, found, *, kind="SUSPEND", privilege="CREATE_GROUP", days=30, group=None, at=AT):
    return sanctions.impose(
        account=account,
        kind="SUSPENSION" if kind == "SUSPEND" else "REVOCATION",
        privilege=privilege,
        scope_group_id=group.pk if group else None,
        days=days if kind == "SUSPEND" else None,
        decision_id=found.pk,
        imposed_by=found.decided_by,
        approved_by=found.approved_by,
        by=Actor.user(found.approved_by),
        at=at,
    )


def score(account, at=AT):
    return queries.get_standing(account=account, at=at).score
