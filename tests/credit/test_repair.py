"""`verify_standings --repair` writes what the ledgers give, says so, and tells the platform."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command

from credit import verification
from credit.actions import standings
from credit.models import Standing
from groups.queries import ready
from portal.core.models import AuditEntry, OutboxEvent
from tests.credit import findings
from tests.factories.base import triggers_asleep
from tests.factories.identity import AccountFactory


@pytest.fixture
def limited(account):
    """An account with eight points less, which may not create groups."""
    for _ in range(2):
        findings.penalty(account, severity="HIGH")
    OutboxEvent.objects.all().delete()
    return account


def repair(*accounts, at):
    return standings.repair(account_ids=[one.pk for one in accounts], by=findings.SYSTEM, at=at)


def test_a_repair_writes_what_the_ledger_gives_and_tells_of_the_answers(limited, at):
    Standing.objects.update(score=12, tier="Good standing", next_change_at=None)
    later = at + timedelta(days=1)
    names = {"platform_id": limited.platform_id, "external_id": limited.external_id}
    assert ready.find(**names, at=at).privileges.create.allowed

    assert repair(limited, at=later) == 1

    stored = Standing.objects.get()
    assert (stored.score, stored.tier, stored.as_of) == (4, "Limited", later)
    assert stored.next_change_at == at + timedelta(days=365)
    event = OutboxEvent.objects.get()
    assert (event.subject, event.data["changed"]) == (
        limited.external_id,
        ["create_group", "limits"],
    )
    assert event.data["privileges"]["create_group"]["allowed"] is False
    audit = AuditEntry.objects.get(action="standings.repair")
    assert (audit.record_id, audit.actor_label) == (str(limited.pk), findings.SYSTEM.label)
    assert (audit.old["score"], audit.old["tier"]) == (12, "Good standing")
    assert (audit.new["score"], audit.new["tier"]) == (4, "Limited")


def test_answers_that_came_from_the_ledger_all_along_are_not_told_again(limited, at):
    Standing.objects.update(score=1, tier="Suspended")

    assert repair(limited, at=at) == 0

    assert Standing.objects.get().tier == "Limited"
    assert not OutboxEvent.objects.exists()


def test_a_change_that_a_wrong_time_has_hidden_is_told(limited, at):
    Standing.objects.update(next_change_at=None)
    over = at + timedelta(days=365)

    assert repair(limited, at=over) == 1

    assert OutboxEvent.objects.get().data["privileges"]["create_group"]["allowed"] is True
    assert Standing.objects.get().score == 12


def test_a_standing_that_is_missing_is_written(limited, at):
    with triggers_asleep():
        Standing.objects.all().delete()

    assert repair(limited, at=at) == 0

    stored = Standing.objects.get()
    assert (stored.account, stored.score, stored.last_sequence) == (limited, 4, 2)
    assert AuditEntry.objects.get(action="standings.repair").old == {}


def test_the_command_repairs_what_differs_and_nothing_else(limited, at, capsys):
    right = AccountFactory(platform=limited.platform)
    findings.penalty(right)
    Standing.objects.filter(account=limited).update(score=5)
    with pytest.raises(CommandError, match=r"Nothing was changed.*--repair"):
        call_command("verify_standings")
    assert Standing.objects.get(account=limited).score == 5

    with time_machine.travel(at + timedelta(days=1), tick=False):
        call_command("verify_standings", repair=True)

    assert "1 standings were written anew; 0 answers changed" in capsys.readouterr().out
    assert verification.verify().differences == []
    assert Standing.objects.get(account=right).as_of == at
    call_command("verify_standings")
