"""What a reviewer is shown of an outcome is what the outcome then does."""

from datetime import timedelta

import pytest

from credit import queries as credit_queries
from credit.models import LedgerEntry, Privilege, Sanction
from groups import replacements
from groups.actions import appeals, decisions
from groups.measures import MeasureInput
from groups.models import Notice
from groups.queries import decisions as decision_queries
from groups.queries import reversals
from portal.core.actors import Actor
from tests.credit import findings
from tests.credit.documents import giving
from tests.groups.scene import (
    FREEZE,
    REVOKE_OWNING,
    SUSPEND_OWNING,
    WARN,
    add_role,
    another_case,
    appeal_against,
    decide_in_effect,
    make_scene,
    review,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
REVERSED, PARTIAL = "REVERSED", "PARTIALLY_REVERSED"


def changed(document, days):
    """Every finding counts for so many days."""
    terms = document["severities"].items()
    counting = {name: one | {"lifetime_days": days} for name, one in terms}
    return document | {"severities": counting}


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


GIVING = giving(LOW=4, MEDIUM=8, HIGH=8)
SHORTER, LONGER = (changed(GIVING, days) for days in (20, 300))


@pytest.mark.parametrize("then", [None, SHORTER, LONGER], ids=["same", "shorter", "longer"])
@pytest.mark.parametrize("name", SCENES)
def test_the_days_that_are_foreseen_are_those_that_come(name, then, at):
    """Also where an earlier finding counts, and where the policy is another by now."""
    (about, *others), taken, outcome, kept, choice = SCENES[name]
    scene = make_scene(about=about)
    findings.next_version(scene.platform, GIVING, at=at - 20 * DAY)
    earlier = another_case(scene, severity="HIGH", subject=scene.owner)
    decide_in_effect(scene, WARN, case=earlier, at=at - 18 * DAY)
    decision = decide_in_effect(scene, *taken, at=at)
    if then is not None:
        findings.next_version(scene.platform, then, at=at + DAY)
    appellant = scene.reporter if "reporter" in others else scene.owner
    reviewer, later = scene.senior(), at + 10 * DAY
    appeal = appeals.take(
        appeal=appeal_against(decision, appellant, at=at),
        version=1,
        by=Actor.user(reviewer),
        at=at + DAY,
    )

    foreseen = foresee(appeal, outcome, kept, at=later, **choice)
    new = review(appeal, reviewer, *kept, at=later, outcome=outcome, **choice).resulting_decision
    shown = foreseen.standing
    if new.is_held:
        stored = decision_queries.preview_stored(decision=new, at=later).standing
        assert stored.after.forecast == shown.after.forecast
        assert (stored.expires_at, stored.lost) == (shown.expires_at, shown.lost)
        decisions.approve(decision=new, by=Actor.user(scene.senior()), at=later)

    for one in foreseen.kept:
        ends = Sanction.objects.filter(decision_id=new.pk).values_list("ends_at", flat=True)
        assert list(ends) == ([] if one.is_served or not one.until else [one.until])
    if shown is not None:
        standing = credit_queries.get_standing(account=scene.owner, at=later)
        assert shown.after.forecast == standing.forecast
        assert (shown.after.score, shown.after.next_change_at) == (
            standing.score,
            standing.next_change_at,
        )
        charged = LedgerEntry.objects.filter(decision_id=new.pk, kind="PENALTY").first()
        assert shown.expires_at == (charged.expires_at if charged else None)
        allowed = credit_queries.get_privileges(account=scene.owner, at=later)
        for loss in shown.lost:
            assert loss.until == allowed.of(loss.privilege).until


@pytest.mark.parametrize("keeps_points", [True, False], ids=["with its points", "as a warning"])
def test_what_a_finding_put_off_stays_put_off_where_it_goes_on(keeps_points, at):
    """Of the earlier finding a point was to come a week after this one, and before the review."""
    scene = make_scene()
    findings.next_version(scene.platform, giving(HIGH=8), at=at - 20 * DAY)
    earlier = another_case(scene, severity="HIGH", subject=scene.owner)
    decide_in_effect(scene, WARN, case=earlier, at=at - 18 * DAY)
    decision = decide_in_effect(scene, SUSPEND_OWNING, at=at)
    reviewer, later = scene.senior(), at + 10 * DAY
    appeal = appeals.take(
        appeal=appeal_against(decision, scene.owner, at=at),
        version=1,
        by=Actor.user(reviewer),
        at=at + DAY,
    )
    before = credit_queries.get_standing(account=scene.owner, at=later)

    chosen = {"outcome": PARTIAL, "keeps_points": keeps_points}
    foreseen = foresee(appeal, PARTIAL, [WARN], keeps_points=keeps_points, at=later)
    review(appeal, reviewer, WARN, at=later, **chosen)

    after = credit_queries.get_standing(account=scene.owner, at=later)
    assert after.score == before.score - (0 if keeps_points else decision.points)
    assert foreseen.standing.after.score == after.score
    lines = credit_queries.list_entries(account=scene.owner, at=later)
    back = [line for line in lines if line.entry.kind == "RESTORATION" and line.has_counted]
    assert {line.entry.effective_at for line in back} == {at - 10 * DAY, at - 2 * DAY}


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
