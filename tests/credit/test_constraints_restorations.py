"""Each guard of points that come back refuses what its name says, by that name."""

from datetime import timedelta

import pytest

from credit.models import LedgerEntry
from groups.models import Decision
from tests.credit import findings
from tests.credit.breaking import Breaks
from tests.credit.test_constraints import entry
from tests.factories.base import AT
from tests.factories.identity import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=10)
SOON = AT + timedelta(days=1)


@pytest.fixture
def finding(account):
    """Of two points, which expires in ten days."""
    return entry(account, findings.decision(account))


def back(finding, **fields):
    """A point of the finding that comes back."""
    found = {"kind": "RESTORATION", "points": 1, "effective_at": SOON, "restores": finding}
    found |= {"decision_id": finding.decision_id, "posted_by": None, "approved_by": None}
    return entry(finding.account, **(found | fields))


def undo(one, *, at=AT, **fields):
    found = {"kind": "REVERSAL", "points": -one.points, "reverses": one, "approved_by": None}
    found |= {"effective_at": max(at, one.effective_at), "posted_at": at}
    return entry(one.account, **(found | {"decision_id": one.decision_id} | fields))


def handled(account):
    return findings.decision(account, points=0, outcome=Decision.Outcome.OWNER_HANDLED)


def test_a_restoration_gives_points_back(finding):
    with Breaks("a_restoration_gives_points_back"):
        back(finding, points=0)


@pytest.mark.parametrize("field", ["restores", "decision_id"])
def test_only_a_restoration_restores_a_finding(finding, field):
    with Breaks("only_a_restoration_restores_a_finding", asleep=True):
        back(finding, **{field: None})
    with Breaks("only_a_restoration_restores_a_finding"):
        entry(finding.account, restores=finding)


@pytest.mark.parametrize("fields", [{"restored_every_days": 1}, {"found_at": AT}])
def test_only_a_penalty_says_when_it_comes_back(account, fields):
    with Breaks("only_a_penalty_says_when_it_comes_back"):
        entry(account, **fields)


@pytest.mark.parametrize(
    "change",
    ["too many", "one too many", "before", "after", "another end", "an account", "undone", "no"],
)
def test_a_finding_gives_back_no_more_than_it_took(finding, change):
    fields = {}
    if change == "too many":
        fields = {"points": 3}
    if change == "one too many":
        back(finding)
        back(finding)
    if change == "before":
        fields = {"effective_at": AT - timedelta(seconds=1)}
    if change == "after":
        fields = {"effective_at": LATER}
    if change == "another end":
        fields = {"expires_at": LATER + timedelta(days=1)}
    if change == "an account":
        fields = {"account": AccountFactory(platform=finding.platform), "sequence": 1}
    if change == "undone":
        undo(finding)
    if change == "no":
        fields = {"restores": back(finding)}
        fields["decision_id"] = fields["restores"].decision_id
    with Breaks("a_finding_gives_back_no_more_than_it_took"):
        back(finding, **fields)


def test_what_was_put_off_may_come_back_after_all(finding):
    back(finding)
    undo(back(finding))
    back(finding)
    assert LedgerEntry.objects.filter(kind="RESTORATION").count() == 3


@pytest.mark.parametrize("since", ["it came", "the same moment", "another day"])
def test_what_came_back_leaves_with_its_finding_only(finding, since):
    point = back(finding)
    fields = {
        "it came": {"at": SOON + timedelta(days=1)},
        "the same moment": {"at": SOON},
        "another day": {"effective_at": SOON + timedelta(days=1)},
    }[since]
    with Breaks("what_came_back_leaves_with_its_finding_only"):
        undo(point, **fields)
    undo(finding, at=SOON)
    undo(point, at=SOON + timedelta(days=1))


def test_nobody_takes_back_what_two_people_gave(account):
    given = entry(account)
    with Breaks("what_came_back_leaves_with_its_finding_only"):
        undo(given, decision_id=findings.decision(account).pk)


@pytest.mark.parametrize("change", ["none", "another account", "held"])
def test_a_point_is_put_off_by_a_decision_in_effect(finding, change):
    point = back(finding)
    account = finding.account
    other = AccountFactory(platform=account.platform)
    decision = {
        "none": None,
        "another account": findings.decision(other),
        "held": findings.decision(account, needs_approval=True),
    }[change]
    with Breaks("a_point_is_put_off_by_a_decision_in_effect"):
        undo(point, decision_id=decision.pk if decision else None)
    undo(point, decision_id=findings.decision(account).pk)


@pytest.mark.parametrize("change", ["none", "another one", "held"])
def test_a_restoration_rests_on_a_decision_in_effect(finding, change):
    account = finding.account
    decision_id = {
        "none": account.pk,
        "another one": findings.decision(account).pk,
        "held": findings.decision(
            account, points=0, outcome=Decision.Outcome.OWNER_HANDLED, needs_approval=True
        ).pk,
    }[change]
    with Breaks("a_restoration_rests_on_a_decision_in_effect"):
        back(finding, decision_id=decision_id)
    back(finding, decision_id=handled(account).pk)


def test_a_person_puts_off_what_would_come(finding):
    with Breaks("only_a_restoration_is_posted_by_nobody"):
        undo(back(finding), posted_by=None)
    undo(back(finding), posted_by=UserFactory())
