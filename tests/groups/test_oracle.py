"""Real history, replayed: who held which role agrees with snapshots taken apart from it."""

import json
import random
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from django.core.management import call_command

from groups.actions import events
from groups.models import Group, ImportRun, LogEntry, RoleEvent, Tenure
from groups.sources.files import EventFile
from portal.core.actors import Actor
from tests.factories.core import PlatformFactory

# Real events beside the checkout; where there are none, these tests are skipped.
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
HISTORY = DATA / "k8s-org.jsonl.gz"
ORACLE = DATA / "k8s-org.asof.json"
pytestmark = pytest.mark.skipif(
    not HISTORY.exists(), reason="the real history is not on this machine"
)
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def holders(platform, at):
    """Who held what in every group: OWNER and CO_OWNER are owners."""
    found = defaultdict(lambda: defaultdict(set))
    rows = Tenure.objects.filter(platform=platform).at(at)
    for group, account, role in rows.values_list(
        "group__external_id", "account__external_id", "role"
    ):
        found[group]["manager" if role == "MANAGER" else "owner"].add(account)
    return {group: dict(roles) for group, roles in found.items()}


def test_no_group_differs_from_the_oracle_on_any_of_its_dates(platform, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = {"platform": platform.slug, "history": True}

    call_command("import_events", HISTORY, **options, verbosity=0)

    assert Group.objects.filter(platform=platform).count() == 1138
    run = ImportRun.objects.get()
    assert (run.accepted, run.duplicate, run.refused) == (23341, 0, 0)
    snapshots = json.loads(ORACLE.read_text())
    assert len(snapshots) == 3
    for day, groups in snapshots.items():
        expected = {
            group: {role: set(people) for role, people in roles.items() if people}
            for group, roles in groups.items()
        }
        assert holders(platform, datetime.fromisoformat(day)) == expected
    assert not list(tmp_path.iterdir())


def test_any_order_of_arrival_sent_twice_equals_the_ordered_import(platform):
    """The first 2,000 lines in random batches: leaves that came before their grant find it now."""
    by = Actor.system("tests")
    ordered = []
    for line, event in EventFile(HISTORY, source="k8s").events():
        if line.number > 2000:
            break
        ordered.append(msgspec.structs.replace(event, sequence=line.number))

    def take(told_to, found):
        events.ingest(platform=told_to, events=found, by=by, at=NOW, history=True)

    def state(told_to):
        fields = ("group__external_id", "account__external_id", "role", "period", "began", "ended")
        groups = ("external_id", "state", "archived_at", "first_seen_at", "orphaned_at")
        return (
            sorted(Tenure.objects.filter(platform=told_to).values_list(*fields), key=str),
            sorted(Group.objects.filter(platform=told_to).values_list(*groups), key=str),
        )

    take(platform, ordered)
    shuffled_to, chance = PlatformFactory(), random.Random(7)
    for _ in range(2):
        waiting = ordered.copy()
        chance.shuffle(waiting)
        while waiting:
            size = chance.randint(1, 400)
            take(shuffled_to, waiting[:size])
            waiting = waiting[size:]

    assert len(state(platform)[0]) > 100
    assert state(shuffled_to) == state(platform)
    assert RoleEvent.objects.filter(platform=platform).count() > 100
    assert LogEntry.objects.count() == 0
