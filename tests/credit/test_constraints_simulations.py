"""The guards of simulations, and of what they let a policy do: each refuses by its name."""

from datetime import timedelta

import pytest

from credit.models import LedgerEntry, Policy
from tests.credit import findings
from tests.credit.breaking import Breaks
from tests.factories.base import AT, fixture_rows
from tests.factories.credit import PolicyFactory, SimulationFactory
from tests.factories.identity import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db
WAITING = {"state": "WAITING", "findings": None, "finished_at": None}


@pytest.fixture
def draft(platform):
    return PolicyFactory(
        platform=platform, state="DRAFT", drafted_by=UserFactory(), active_from=None
    )


def change(record, **fields):
    with fixture_rows():
        type(record).objects.filter(pk=record.pk).update(**fields)


def test_a_draft_is_simulated_once_at_a_time(draft):
    SimulationFactory(policy=draft, **WAITING)
    SimulationFactory(policy=draft)
    with Breaks("a_draft_is_simulated_once_at_a_time"):
        SimulationFactory(policy=draft, **WAITING | {"state": "RUNNING"})


@pytest.mark.parametrize(
    "fields",
    [{"findings": None}, {"finished_at": None}, {"state": "WAITING"}, {"state": "FAILED"}],
    ids=str,
)
def test_a_finished_simulation_has_findings(draft, fields):
    with Breaks("a_finished_simulation_has_findings"):
        SimulationFactory(policy=draft, **fields)


@pytest.mark.parametrize(
    ("state", "fields"), [("DONE", {"findings": {}, "finished_at": AT}), ("FAILED", {})]
)
def test_a_simulation_moves_by_legal_steps(draft, state, fields):
    made = SimulationFactory(policy=draft, **WAITING)
    with Breaks("a_simulation_moves_by_legal_steps"):
        change(made, state=state, **fields)


@pytest.mark.parametrize(
    "fields",
    [{"document": {}}, {"as_of": AT - timedelta(days=1)}, {"requested_by": None}],
    ids=str,
)
def test_a_simulation_keeps_what_it_tried(draft, fields):
    if "requested_by" in fields:
        fields = {"requested_by": UserFactory()}
    made = SimulationFactory(policy=draft, **WAITING)
    with Breaks("a_simulation_keeps_what_it_tried"):
        change(made, **fields)


@pytest.mark.parametrize("fields", [{"findings": {}}, {"finished_at": AT + timedelta(days=1)}])
def test_a_finished_simulation_stays_as_it_is(draft, fields):
    made = SimulationFactory(policy=draft)
    with Breaks("a_finished_simulation_stays_as_it_is"):
        change(made, **fields)


def test_a_policy_is_simulated_as_it_is_written(draft):
    SimulationFactory(policy=draft, **WAITING)
    SimulationFactory(policy=draft, document={"other": 1})
    with Breaks("a_policy_is_simulated_as_it_is_written"):
        change(draft, state="SIMULATED")
    SimulationFactory(policy=draft)
    change(draft, state="SIMULATED")


@pytest.mark.parametrize("fields", [{}, {"state": "RETIRED", "retired_at": AT}], ids=str)
def test_only_an_approved_policy_waits_for_its_day(platform, fields):
    policy = findings.active_policy(platform)
    with Breaks("only_an_approved_policy_waits_for_its_day"):
        change(policy, due_from=AT, **fields)
    assert Policy.objects.filter(due_from__isnull=False).count() == 0


@pytest.mark.parametrize(("kind", "severity"), [("REVERSAL", "LOW"), ("PENALTY", "NONE")])
def test_only_a_penalty_has_a_severity(platform, kind, severity):
    account = AccountFactory(platform=platform)
    entry = findings.penalty(account).entry
    assert LedgerEntry.objects.get(pk=entry.pk).severity == "MEDIUM"
    with Breaks("only_a_penalty_has_a_severity"), fixture_rows():
        entry.pk, entry.sequence = None, entry.sequence + 1
        if kind == "REVERSAL":
            entry.reverses_id, entry.points = LedgerEntry.objects.get().pk, -entry.points
        entry.kind, entry.severity = kind, severity
        entry.save(force_insert=True)
