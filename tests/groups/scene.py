"""A platform with its rules and policy, a group with people in it, and a case with staff."""

from dataclasses import dataclass
from datetime import timedelta

from credit.actions import policies
from groups import models
from groups.actions import appeals, decisions, rules
from groups.measures import MeasureInput
from groups.models.tenures import Role
from identity.models import Account
from portal.core.actors import Actor
from portal.core.models import Platform
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.groups import (
    CaseFactory,
    FlagFactory,
    GroupFactory,
    RuleFactory,
    TenureFactory,
)
from tests.factories.identity import AccountFactory, UserFactory, staff_user

BY_TESTS = Actor.system("tests")
LONG_AGO = AT - timedelta(days=400)

WARN = MeasureInput("WARN")
SUSPEND_OWNING = MeasureInput("SUSPEND", privilege="OWN_GROUP", days=30)
REVOKE_OWNING = MeasureInput("REVOKE", privilege="OWN_GROUP")
SUSPEND_MANAGING = MeasureInput("SUSPEND", privilege="MANAGE_GROUP", days=30)
SUSPEND_CREATING = MeasureInput("SUSPEND", privilege="CREATE_GROUP", days=30)
FREEZE = MeasureInput("FREEZE_GROUP")
CLOSE = MeasureInput("CLOSE_GROUP")


@dataclass
class Scene:
    platform: Platform
    rule: models.Rule
    group: models.Group
    owner: Account
    member: Account
    reporter: Account
    case: models.Case
    flag: models.Flag

    def staff(self, *roles):
        return staff_user(self.platform, *roles)

    def senior(self):
        return self.staff("SENIOR")


def make_scene(*, severity="MEDIUM", about="owner", staff_hours=48):
    """Build a case that is with staff; `about` is "owner", "member" or "group"."""
    platform = PlatformFactory()
    policies.install_default(platform=platform, by=BY_TESTS, at=LONG_AGO)
    rules.install_defaults(platform=platform, by=BY_TESTS, at=LONG_AGO)
    rule = RuleFactory(platform=platform, severity=severity, staff_hours=staff_hours)
    group = GroupFactory(platform=platform, name="Night owls", external_id="g-owls", language="de")
    owner, member, reporter = (
        AccountFactory(platform=platform, user=UserFactory(), display_name=name)
        for name in ("Olga", "Mats", "Rana")
    )
    TenureFactory(group=group, account=owner)
    subject = {"owner": owner, "member": member, "group": None}[about]
    case = CaseFactory(
        platform=platform,
        group=group,
        subject=subject,
        rule=rule,
        owner_at_opening=owner,
        state="WITH_STAFF",
        due_at=AT + timedelta(hours=staff_hours),
    )
    flag = FlagFactory(case=case, reporter=reporter, received_at=AT - timedelta(days=2))
    return Scene(platform, rule, group, owner, member, reporter, case, flag)


def another_case(scene, *, severity="MEDIUM", **fields):
    """Build one more case with staff about the same subject, under a rule of its own."""
    rule = RuleFactory(platform=scene.platform, severity=severity)
    fields = {"group": scene.group, "subject": scene.case.subject} | fields
    return CaseFactory(
        platform=scene.platform,
        rule=rule,
        state="WITH_STAFF",
        due_at=AT + timedelta(days=2),
        owner_at_opening=scene.owner,
        **fields,
    )


def add_role(scene, *, role=Role.CO_OWNER, days_ago=100, group=None, account=None):
    account = account or AccountFactory(platform=scene.platform, user=UserFactory())
    TenureFactory(
        group=group or scene.group, account=account, role=role, since=AT - timedelta(days=days_ago)
    )
    return account


def decide(case, user, *measures, at=AT, **changes):
    """Decide as it stands: with the measures given, else a dismissal."""
    case.refresh_from_db()
    words = {
        "outcome": "MEASURES" if measures else "DISMISSED",
        "facts": "Three members were asked for deposits.",
        "reasons": "The rule on scams forbids it.",
        "version": case.version,
    }
    return decisions.decide(
        case=case, measures=list(measures), by=Actor.user(user), at=at, **(words | changes)
    )


def decide_in_effect(scene, *measures, case=None, at=AT, **changes):
    """Decide and, where it takes two people, have another one approve."""
    decision = decide(case or scene.case, scene.staff(), *measures, at=at, **changes)
    if decision.is_held:
        return decisions.approve(decision=decision, by=Actor.user(scene.senior()), at=at)
    return decision


def appeal_against(decision, appellant, *, at, flag=None):
    return appeals.submit(
        decision=decision,
        appellant=appellant,
        flag=flag,
        grounds="It was not me.",
        new_facts="",
        by=Actor.user(appellant.user),
        at=at,
    )


def take_appeal(appeal, user, at):
    return appeals.take(appeal=appeal, version=appeal.version, by=Actor.user(user), at=at)


def review(appeal, user, *measures, at, outcome="REVERSED", **changes):
    """Take the appeal and decide it as the same reviewer."""
    by = Actor.user(user)
    if appeal.state == "SUBMITTED":
        appeal = take_appeal(appeal, user, at)
    return appeals.decide(
        appeal=appeal,
        version=appeal.version,
        outcome=outcome,
        reasons="The messages came from somebody else.",
        measures=list(measures),
        by=by,
        at=at,
        **changes,
    )
