"""Each guard of ledger, standings and sanctions refuses what its name says, by that name."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from credit.models import LedgerEntry, Sanction, Standing
from tests.credit import findings
from tests.credit.breaking import Breaks
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=10)


def entry(of, found=None, **fields):
    last = LedgerEntry.objects.filter(account=of).count()
    defaults = {
        "account": of,
        "platform": of.platform,
        "sequence": last + 1,
        "kind": "PENALTY" if found else "ADJUSTMENT",
        "points": found.points if found else 1,
        "effective_at": AT,
        "expires_at": LATER,
        "policy": findings.active_policy(of.platform),
        "decision_id": found.pk if found else None,
        "posted_by": found.decided_by if found else UserFactory(),
        "approved_by": None if found else UserFactory(),
        "reason": "R-101",
        "posted_at": AT,
    }
    with fixture_rows():
        return LedgerEntry.objects.create(**(defaults | fields))


def sanction(of, found, **fields):
    defaults = {
        "account": of,
        "platform": of.platform,
        "kind": "SUSPENSION",
        "privilege": "CREATE_GROUP",
        "starts_at": AT,
        "ends_at": LATER,
        "decision_id": found.pk,
        "imposed_by": found.decided_by,
        "approved_by": found.approved_by,
    }
    with fixture_rows():
        return Sanction.objects.create(**(defaults | fields))


# --- ledger ---------------------------------------------------------------------------------


def test_a_ledger_number_is_used_once_by_an_account(account):
    entry(account)
    with Breaks("a_ledger_number_is_used_once_by_an_account", asleep=True):
        entry(account, sequence=1)


@pytest.mark.parametrize("number", [1, 3])
def test_ledger_numbers_have_no_gaps(account, number):
    entry(account)
    with Breaks("ledger_numbers_have_no_gaps"):
        entry(account, sequence=number)


def purging():
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('accord.purging', 'on', true)")


def test_a_ledger_number_outlives_its_entry(account):
    entry(account)
    with Breaks("a_ledger_number_outlives_its_entry"):
        purging()
        LedgerEntry.objects.all()._raw_delete("default")


def test_ledger_numbers_only_go_up(account):
    findings.penalty(account)
    with Breaks("ledger_numbers_only_go_up"):
        Standing.objects.update(last_sequence=0)


@pytest.mark.parametrize("last", ["too high", "too high at first", "of another account"])
def test_a_standing_is_never_ahead_of_its_ledger(account, last):
    """The gap after it would be for ever."""
    findings.penalty(account)
    other = AccountFactory(platform=account.platform)
    with Breaks("a_standing_is_never_ahead_of_its_ledger"):
        if last == "too high":
            Standing.objects.update(last_sequence=50)
        standing = Standing.objects.get()
        if last == "too high at first":
            standing.pk, standing.last_sequence = other.pk, 50
        if last == "of another account":
            standing.pk = other.pk
        standing.save(force_insert=True)


def test_a_standing_stays_with_its_account(account):
    findings.penalty(account)
    other = AccountFactory(platform=account.platform)
    with Breaks("a_standing_stays_with_its_account"):
        Standing.objects.update(account=other)


def test_standings_are_never_truncated(account):
    findings.penalty(account)
    with Breaks("standings_are_never_truncated"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE credit_standing CASCADE")
    assert Standing.objects.count() == 1


def test_a_standing_is_deleted_by_the_purge_only(account):
    findings.penalty(account)
    with Breaks("a_standing_is_deleted_by_the_purge_only"):
        Standing.objects.all().delete()


@pytest.mark.parametrize("number", [1, 2])
def test_ledger_numbers_have_no_gaps_after_a_purge(account, number):
    for _ in range(2):
        findings.penalty(account)
    with fixture_rows():
        purging()
        LedgerEntry.objects.all()._raw_delete("default")
    with Breaks("ledger_numbers_have_no_gaps"):
        entry(account, sequence=number)


@pytest.mark.parametrize("fields", [{"decision_id": None}, {"posted_by": None}, {"points": 1}])
def test_a_penalty_rests_on_a_persons_decision(account, fields):
    found = findings.decision(account)
    with Breaks("a_penalty_rests_on_a_persons_decision", asleep=True):
        entry(account, found, **fields)


@pytest.mark.parametrize(
    "change",
    ["another decision", "other points", "another account", "held", "no decision"],
)
def test_a_penalty_rests_on_a_decision_in_effect(account, change):
    fields = {}
    found = findings.decision(account)
    if change == "another decision":
        fields = {"decision_id": account.pk}
    if change == "other points":
        fields = {"points": -1}
    if change == "another account":
        fields = {"account": AccountFactory(platform=account.platform)}
    if change == "held":
        found = findings.decision(account, needs_approval=True)
    if change == "no decision":
        fields = {"decision_id": None}
    with Breaks("a_penalty_rests_on_a_decision_in_effect"):
        entry(account, found, **({"sequence": 1} | fields))


def test_a_decision_costs_points_once(account):
    found = findings.decision(account)
    entry(account, found)
    with Breaks("a_decision_costs_points_once"):
        entry(account, found)


def test_only_a_penalty_takes_points(account):
    with Breaks("only_a_penalty_takes_points"):
        entry(account, points=-1)


def test_only_a_restoration_is_posted_by_nobody(account):
    found = entry(account, findings.decision(account))
    with Breaks("only_a_restoration_is_posted_by_nobody"):
        entry(account, kind="REVERSAL", points=2, reverses=found, posted_by=None)


@pytest.mark.parametrize("kind", ["ADJUSTMENT", "REVERSAL"])
def test_only_a_reversal_reverses_an_entry(account, kind):
    penalty = entry(account, findings.decision(account))
    reverses = penalty if kind == "ADJUSTMENT" else None
    with Breaks("only_a_reversal_reverses_an_entry"):
        entry(account, kind=kind, points=2, reverses=reverses, posted_by=UserFactory())


def test_a_reversal_happens_at_most_once(account):
    penalty = entry(account, findings.decision(account))
    fields = {"kind": "REVERSAL", "points": 2, "reverses": penalty, "posted_by": UserFactory()}
    entry(account, **fields)
    with Breaks("credit_ledgerentry_reverses_id_key"):
        entry(account, **fields)


@pytest.mark.parametrize("change", ["points", "expiry", "account", "a reversal"])
def test_a_reversal_cancels_what_it_reverses(account, change):
    penalty = entry(account, findings.decision(account))
    fields = {"kind": "REVERSAL", "points": 2, "reverses": penalty, "posted_by": UserFactory()}
    if change == "points":
        fields["points"] = 1
    if change == "expiry":
        fields["expires_at"] = None
    if change == "account":
        fields |= {"account": AccountFactory(platform=account.platform), "sequence": 1}
    if change == "a reversal":
        fields["reverses"] = entry(account, **fields)
        fields |= {"points": -2, "decision_id": penalty.decision_id}
    with Breaks("a_reversal_cancels_what_it_reverses"):
        entry(account, **fields)


@pytest.mark.parametrize("approver", ["nobody", "the same person"])
def test_an_adjustment_is_made_by_two_people(account, approver):
    person = UserFactory()
    approved_by = person if approver == "the same person" else None
    with Breaks("an_adjustment_is_made_by_two_people"):
        entry(account, kind="ADJUSTMENT", posted_by=person, approved_by=approved_by)


def test_an_entry_expires_after_it_takes_effect(account):
    with Breaks("an_entry_expires_after_it_takes_effect"):
        entry(account, expires_at=AT - timedelta(seconds=1))


@pytest.mark.parametrize("write", ["update", "save", "delete", "bulk_update", "sql"])
def test_ledger_is_append_only(account, write):
    row = entry(account)
    with Breaks("ledger_is_append_only"):
        if write == "update":
            LedgerEntry.objects.update(points=5)
        if write == "save":
            row.points = 5
            row.save()
        if write == "delete":
            LedgerEntry.objects.all().delete()
        if write == "bulk_update":
            row.points = 5
            LedgerEntry.objects.bulk_update([row], ["points"])
        if write == "sql":
            with connection.cursor() as cursor:
                cursor.execute("UPDATE credit_ledgerentry SET reason = 'x'")
    assert LedgerEntry.objects.get().points == 1


def test_ledger_is_never_truncated(account):
    entry(account)
    with Breaks("ledger_is_never_truncated"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE credit_ledgerentry CASCADE")
    assert LedgerEntry.objects.count() == 1


# --- sanctions ------------------------------------------------------------------------------


def test_a_sanction_is_approved_by_another_person(account):
    found = findings.approved(account)
    with Breaks("a_sanction_is_approved_by_another_person"):
        sanction(account, found, imposed_by=found.approved_by)


@pytest.mark.parametrize(
    "fields",
    [
        {"ends_at": None},
        {"ends_at": AT},
        {"kind": "REVOCATION", "ends_at": LATER},
    ],
    ids=["a suspension without end", "of no time", "a revocation with an end"],
)
def test_a_suspension_ends_and_a_revocation_does_not(account, fields):
    found = findings.approved(account, kind="REVOKE" if "kind" in fields else "SUSPEND")
    with Breaks("a_suspension_ends_and_a_revocation_does_not", asleep=True):
        sanction(account, found, **fields)


@pytest.mark.parametrize("without", ["lifted_by", "lift", "lift_reason", "lifted_at"])
def test_a_sanction_is_lifted_by_whom_how_and_why(account, without):
    fields = {"lifted_at": AT, "lifted_by": UserFactory(), "lift": "EARLY", "lift_reason": "x"}
    found = findings.approved(account)
    with Breaks("a_sanction_is_lifted_by_whom_how_and_why"):
        sanction(account, found, **(fields | {without: None}))


def test_a_sanction_is_lifted_early_by_another_person(account):
    found = findings.approved(account)
    with Breaks("a_sanction_is_lifted_early_by_another_person"):
        sanction(
            account,
            found,
            lifted_at=AT,
            lifted_by=found.decided_by,
            lift="EARLY",
            lift_reason="x",
        )


def test_a_decision_takes_a_privilege_once(account):
    found = findings.approved(account)
    sanction(account, found)
    with Breaks("a_decision_takes_a_privilege_once"):
        sanction(account, found)


@pytest.mark.parametrize("field", ["ends_at", "privilege", "decision_id", "starts_at"])
def test_a_sanction_keeps_its_terms(account, field):
    found = findings.approved(account)
    row = sanction(account, found)
    changed = {
        "ends_at": LATER + timedelta(days=1),
        "privilege": "OWN_GROUP",
        "decision_id": account.pk,
        "starts_at": AT + timedelta(days=1),
    }
    with Breaks("a_sanction_keeps_its_terms"):
        Sanction.objects.filter(pk=row.pk).update(**{field: changed[field]})


def test_a_lifted_sanction_stays_lifted(account):
    found = findings.approved(account)
    row = sanction(
        account, found, lifted_at=AT, lifted_by=UserFactory(), lift="EARLY", lift_reason="x"
    )
    with Breaks("a_lifted_sanction_stays_lifted"):
        Sanction.objects.filter(pk=row.pk).update(
            lifted_at=None, lifted_by=None, lift=None, lift_reason=None
        )


@pytest.mark.parametrize(
    "change",
    [
        "not decided",
        "another privilege",
        "another kind",
        "another approver",
        "account",
        "everywhere",
        "longer",
    ],
)
def test_a_sanction_rests_on_a_measure_in_effect(account, change):
    group = GroupFactory(platform=account.platform) if change == "everywhere" else None
    found = findings.approved(account, group=group)
    fields = {
        "everywhere": {"scope_group_id": None},
        "longer": {"ends_at": AT + timedelta(days=30, seconds=1)},
        "not decided": {"decision_id": account.pk},
        "another privilege": {"privilege": "OWN_GROUP"},
        "another kind": {"kind": "REVOCATION", "ends_at": None},
        "another approver": {"approved_by": UserFactory()},
        "account": {"account": AccountFactory(platform=account.platform)},
    }[change]
    with Breaks("a_sanction_rests_on_a_measure_in_effect"):
        sanction(account, found, **fields)


def test_every_constraint_and_trigger_of_credit_has_been_broken():
    """A new one fails until a test of this folder breaks it."""
    declared = set()
    for model in apps.get_app_config("credit").get_models():
        declared |= {constraint.name for constraint in model._meta.constraints}
        declared |= {trigger.name for trigger in getattr(model._meta, "triggers", [])}
    declared |= {
        "a_penalty_rests_on_a_decision_in_effect",
        "a_point_is_put_off_by_a_decision_in_effect",
        "a_restoration_rests_on_a_decision_in_effect",
        "a_sanction_rests_on_a_measure_in_effect",
    }
    sources = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert {name for name in declared if f'Breaks("{name}"' not in sources} == set()
