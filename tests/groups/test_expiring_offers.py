from datetime import timedelta

import pytest

from groups import tasks
from groups.actions import claims, transfers
from groups.models import Claim, Transfer
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from tests.factories.groups import ClaimFactory, TransferFactory

SWEEP = Actor.system("expire_transfers_and_claims")
KINDS = [
    pytest.param(transfers, TransferFactory, Transfer, id="transfers"),
    pytest.param(claims, ClaimFactory, Claim, id="claims"),
]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("actions", "factory", "model"), KINDS)
def test_what_nobody_answered_in_time_lapses_and_says_when(actions, factory, model, at):
    late = factory(expires_at=at)
    early = factory(expires_at=at + timedelta(seconds=1))

    assert actions.expire(by=SWEEP, at=at, limit=10) == 1

    late.refresh_from_db()
    early.refresh_from_db()
    assert (late.state, late.ended_at) == ("EXPIRED", at)
    assert (early.state, early.ended_at) == ("OFFERED", None)
    entry = AuditEntry.objects.get(record_id=str(late.pk))
    assert (entry.action, entry.new) == (
        f"{actions.__name__.split('.')[-1]}.expire",
        {"state": "EXPIRED"},
    )


@pytest.mark.parametrize(("actions", "factory", "model"), KINDS)
def test_the_oldest_go_first_and_a_second_sweep_finds_nothing(actions, factory, model, at):
    newer = factory(expires_at=at - timedelta(days=1))
    older = factory(expires_at=at - timedelta(days=2))

    assert actions.expire(by=SWEEP, at=at, limit=1) == 1
    assert set(model.objects.filter(state="EXPIRED")) == {older}
    assert actions.expire(by=SWEEP, at=at, limit=5) == 1
    assert set(model.objects.filter(state="EXPIRED")) == {older, newer}
    assert actions.expire(by=SWEEP, at=at, limit=5) == 0


def test_the_task_ends_both(at, time_machine):
    time_machine.move_to(at, tick=False)
    TransferFactory(expires_at=at)
    ClaimFactory(expires_at=at)

    tasks.expire_transfers_and_claims()

    assert Transfer.objects.get().state == "EXPIRED"
    assert Claim.objects.get().state == "EXPIRED"
