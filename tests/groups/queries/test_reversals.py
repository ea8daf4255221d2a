"""What a reviewer is shown of an outcome is what the outcome then does."""

from datetime import timedelta

import pytest

from credit import queries as credit_queries
from credit.models import LedgerEntry, Privilege
from groups import replacements
from groups.actions import appeals, decisions
from groups.measures import MeasureInput
from groups.models import Notice
from groups.queries import reversals
from portal.core.actors import Actor
from tests.groups.scene import (
    FREEZE,
    REVOKE_OWNING,
    SUSPEND_OWNING,
    WARN,
    add_role,
    appeal_against,
    decide_in_effect,
    make_scene,
    review,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
REVERSED, PARTIAL = "REVERSED", "PARTIALLY_REVERSED"


def suspend(days):
    return MeasureInput("SUSPEND", privilege="OWN_GROUP", days=days)


SCENES = {
    "a warning": (["owner"], [WARN], REVERSED, [], {}),
    "a suspension": (["owner"], [SUSPEND_OWNING], REVERSED, [], {}),
    "a revocation": (["owner"], [REVOKE_OWNING], REVERSED, [], {}),
    "a suspension after which a co-owner succeeded": (
        ["owner", "co-owner"],
        [SUSPEND_OWNING],
        REVERSED,
        [],
        {},
    ),
    "a suspension that becomes a warning": (["owner"], [SUSPEND_OWNING], PARTIAL, [WARN], {}),
    "a suspension that becomes a warning without points": (
        ["owner"],
        [SUSPEND_OWNING],
        PARTIAL,
        [WARN],
        {"keeps_points": False},
    ),
    "a suspension that is served by now": (["owner"], [SUSPEND_OWNING], PARTIAL, [suspend(7)], {}),
    "a shorter suspension": (["owner"], [SUSPEND_OWNING], PARTIAL, [suspend(14)], {}),
    "a frozen group": (["group"], [FREEZE], REVERSED, [], {}),
    "a dismissal that the reporter contests": (
        ["owner", "reporter"],
        [],
        REVERSED,
        [SUSPEND_OWNING],
        {},
    ),
}


@pytest.mark.parametrize("severity", ["MEDIUM", "HIGH"])
@pytest.mark.parametrize("name", SCENES)
def test_the_effect_of_an_outcome_is_foreseen(name, severity, at):
    (about, *others), taken, outcome, kept, choice = SCENES[name]
    scene = make_scene(severity=severity, about=about)
    if "co-owner" in others:
        add_role(scene)
    decision = decide_in_effect(scene, *taken)
    appellant = scene.reporter if "reporter" in others else scene.owner
    reviewer, later = scene.senior(), at + 10 * DAY
    appeal = appeal_against(decision, appellant, at=at)
    appeal = appeals.take(
        appeal=appeal, version=appeal.version, by=Actor.user(reviewer), at=at + DAY
    )
    before = how_it_stands(scene, later)

    foreseen = foresee(appeal, outcome, kept, at=later, **choice)
    assert how_it_stands(scene, later) == before
    appeal = review(appeal, reviewer, *kept, at=later, outcome=outcome, **choice)
    new = appeal.resulting_decision
    assert new.is_held == foreseen.needs_approval
    if new.is_held:
        decisions.approve(decision=new, by=Actor.user(scene.senior()), at=later)

    told = Notice.objects.filter(decision=new)
    counts = {kind: told.filter(kind=kind).count() for kind in ("DECISION", "REPORT_DECIDED")}
    assert counts == {
        kind: sum(planned.count for planned in foreseen.notices if planned.kind == kind)
        for kind in counts
    }
    after = how_it_stands(scene, later)
    assert foreseen.group_state == (before["group"], after["group"])
    charged = LedgerEntry.objects.filter(decision_id=new.pk)
    assert foreseen.points[1] == sum(charged.values_list("points", flat=True))
    came_back = {role.role for role in foreseen.roles_back}
    went = {role.role for role in foreseen.roles_lost}
    assert (came_back, went) == (after["roles"] - before["roles"], before["roles"] - after["roles"])
    if foreseen.standing is not None:
        assert foreseen.standing.current.tier == before["tier"]
        assert foreseen.standing.after.tier == after["tier"]
        regained = {loss.privilege for loss in foreseen.regained}
        assert regained == after["privileges"] - before["privileges"]
    for one in foreseen.kept:
        assert one.is_served == (name == "a suspension that is served by now")


def foresee(appeal, outcome, measures, *, at, keeps_points=True):
    proposal = replacements.propose(
        appeal=appeal,
        outcome=outcome,
        reasons="It was somebody else.",
        facts="",
        measures=measures,
        keeps_points=keeps_points,
    )
    return reversals.preview(
        appeal=appeal,
        outcome=proposal.outcome,
        measures=proposal.measures,
        charge=proposal.charge,
        at=at,
    )


def how_it_stands(scene, at):
    scene.group.refresh_from_db()
    allowed = credit_queries.get_privileges(account=scene.owner, at=at)
    return {
        "group": scene.group.state,
        "roles": set(scene.owner.tenures.current().values_list("role", flat=True)),
        "tier": credit_queries.get_standing(account=scene.owner, at=at).tier,
        "privileges": {one for one in Privilege if allowed.of(one).allowed},
    }
