"""Promises 1 and 2, as far as credit keeps them.

1. No penalty without due process: nothing but a decision in effect costs points.
2. No secret score: partners get answers, never a score, points or a tier.
"""

import ast
import copy
import json
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from credit import changes, queries, tasks
from credit import policy as policies
from credit.models import LedgerEntry
from portal.core.models import OutboxEvent
from tests.credit import findings
from tests.factories.base import AT, fixture_rows
from tests.factories.credit import PolicyFactory
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory, ApiClientFactory, UserFactory

ROOT = Path(settings.BASE_DIR)


def refused(write):
    """Say whether the database refused a write, and make sure that nothing is left of it."""
    with pytest.raises(IntegrityError), transaction.atomic(), fixture_rows():
        write()
    assert LedgerEntry.objects.filter(points__lt=0).count() == 0


def insert(entry):
    fields = LedgerEntry._meta.local_fields
    names = ", ".join(field.column for field in fields)
    marks = ", ".join("%s" for _ in fields)
    values = [f.get_db_prep_save(getattr(entry, f.attname), connection) for f in fields]
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO credit_ledgerentry ({names}) VALUES ({marks})", values)


def row(account, **fields):
    defaults = {
        "account": account,
        "platform": account.platform,
        "sequence": 1,
        "kind": "PENALTY",
        "points": -2,
        "effective_at": AT,
        "policy": findings.active_policy(account.platform),
        "posted_by": UserFactory(),
        "approved_by": UserFactory(),
        "reason": "x",
        "posted_at": AT,
    }
    return LedgerEntry(**(defaults | fields))


@pytest.mark.parametrize("kind", LedgerEntry.Kind.values)
@pytest.mark.parametrize("how", ["save", "bulk_create", "sql"])
def test_no_kind_of_entry_takes_points_without_a_decision(account, kind, how):
    entry = row(account, kind=kind)
    if kind == "REVERSAL":
        entry.reverses = row(account, kind="ADJUSTMENT", points=2)
        with fixture_rows():
            entry.reverses.save()
        entry.sequence = 2

    if how == "save":
        refused(entry.save)
    if how == "bulk_create":
        refused(lambda: LedgerEntry.objects.bulk_create([entry]))
    if how == "sql":
        refused(lambda: insert(entry))


def test_a_held_or_returned_decision_costs_nothing(account, at):
    held = findings.decision(account, needs_approval=True)
    returned = findings.decision(
        account,
        needs_approval=True,
        returned_by=UserFactory(),
        returned_at=at,
        return_reason="The facts do not show it.",
    )

    for found in (held, returned):
        refused(lambda found=found: findings.post(account, found))
    assert findings.score(account) == 12


def test_a_decision_about_somebody_else_or_with_other_points_costs_nothing(account):
    other = AccountFactory(platform=account.platform)
    found = findings.decision(other)

    refused(lambda: findings.post(account, found))
    refused(lambda: findings.post(other, found, points=-1))


def test_only_one_function_writes_penalties():
    """Every mention of the kind outside of models, tests and migrations is known by name."""
    found = set()
    for app in ("credit", "groups", "reports", "identity", "portal"):
        for path in (ROOT / app).rglob("*.py"):
            if {"models", "migrations", "demo"} & set(path.parts):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                called = isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                    ("LedgerEntry", "LedgerEntry.objects.create", "LedgerEntry.objects.bulk_create")
                )
                if called:
                    found.add(str(path.relative_to(ROOT)))
    # The others imagine entries, and save none.
    imagining = {f"credit/{name}.py" for name in ("previews", "record", "restoration")}
    assert found == {"credit/actions/ledger.py"} | imagining


def test_no_task_of_credit_posts_anything(account, at):
    findings.penalty(account)
    with time_machine.travel(at + timedelta(days=400), tick=False):
        tasks.refresh_standings()

    assert LedgerEntry.objects.count() == 1


# --- promise 2 ------------------------------------------------------------------------------

# The shipped names are words of everyday; these would give themselves away.
TIERS = ("quartz", "basalt", "slate", "chalk")
SECRET_WORDS = ("score", "points", "tier", "standing_", "at_least", "rung")


def leaks(data):
    """Find words, numbers and tier names in what leaves that would give a standing away."""
    text = json.dumps(data).lower()
    return [word for word in (*SECRET_WORDS, *TIERS) if word in text]


@pytest.fixture
def policy(platform):
    document = copy.deepcopy(policies.DEFAULT_DOCUMENT)
    for tier, name in zip(document["tiers"], TIERS, strict=True):
        tier["name"] = name.title()
    return PolicyFactory(platform=platform, version=1, document=document)


@pytest.fixture
def busy(account, at):
    """An account that has lived through everything that changes an answer."""
    group = GroupFactory(platform=account.platform)
    first = findings.penalty(account, severity="HIGH").entry
    findings.penalty(account, severity="HIGH")
    findings.penalty(account, severity="CRITICAL", at=at + timedelta(days=1))
    findings.sanction(account, privilege="OWN_GROUP", at=at + timedelta(days=2))
    findings.sanction(account, privilege="MANAGE_GROUP", group=group, at=at + timedelta(days=2))
    findings.sanction(account, kind="REVOKE", at=at + timedelta(days=3))
    findings.reverse(first, at=at + timedelta(days=4))
    with time_machine.travel(at + timedelta(days=800), tick=False):
        tasks.refresh_standings()
    return account


def test_no_event_contains_a_score_a_tier_or_points(busy):
    events = list(OutboxEvent.objects.filter(type=changes.TYPE))

    assert len(events) == 5
    for event in events:
        assert leaks(event.data) == []
        assert leaks(event.subject) == []


def test_no_event_contains_a_number_that_moves_with_the_score(busy):
    """Numbers in an event are limits and versions, which are the same for everybody on a tier."""
    for event in OutboxEvent.objects.filter(type=changes.TYPE):
        data = {**event.data, "limits": None, "policy_version": None}
        assert list(_numbers(data)) == []


def _numbers(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from _numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _numbers(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


@pytest.mark.parametrize("days", [0, 1, 2, 3, 4, 5, 400])
@pytest.mark.parametrize("action", ["create_group", "own_group", "manage_group"])
def test_no_answer_contains_a_score_a_tier_or_points(client, busy, at, days, action):
    token = get_access_token_model().objects.create(
        application=ApiClientFactory(platform=busy.platform),
        token="token",
        scope="access",
        expires=timezone.now() + timedelta(days=10_000),
    )
    body = {
        "subject": {"type": "account", "id": busy.external_id},
        "action": {"name": action},
        "resource": {"type": "group", "id": "g-1"},
    }
    with time_machine.travel(at + timedelta(days=days, hours=1), tick=False):
        answer = client.post(
            "/access/v1/evaluation",
            body,
            content_type="application/json",
            headers={"authorization": f"Bearer {token.token}"},
        )

    assert answer.status_code == 200
    assert leaks(answer.json()) == []
    assert set(_numbers(answer.json())) <= {1, 60}
    assert not [name for name, value in answer.headers.items() if leaks([name, value])]


def test_the_person_sees_each_entry_its_weight_its_expiry_and_its_policy(busy, at):
    lines = queries.list_entries(account=busy, at=at + timedelta(days=5))

    assert [line.points for line in lines] == [4, -10, -4, -4]
    assert all(line.expires_at and line.policy_version == 1 for line in lines)
    assert queries.get_standing(account=busy, at=at).tier == "Slate"
