"""Real history, replayed: who held which role agrees with snapshots taken apart from it."""

import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import call_command

from groups.models import Group, ImportRun, Tenure
from tests import sizes
from tests.partners import bearer

# Real events beside the checkout; where there are none, these tests are skipped.
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
HISTORY = DATA / "k8s-org.jsonl.gz"
ORACLE = DATA / "k8s-org.asof.json"
# The oracle knows owners and managers.
KINDS = {"OWNER": "owner", "CO_OWNER": "owner", "MANAGER": "manager"}
pytestmark = pytest.mark.skipif(
    not HISTORY.exists(), reason="the real history is not on this machine"
)


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


def test_partners_are_told_the_same_of_every_group(client, platform, settings):
    """Of each group on one of the dates; for a release on all of them."""
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    call_command("import_events", HISTORY, platform=platform.slug, history=True, verbosity=0)
    addresses = dict(Group.objects.filter(platform=platform).values_list("external_id", "pk"))
    headers = bearer(platform, "groups")

    snapshots = json.loads(ORACLE.read_text())
    step = sizes.size(every_run=len(snapshots), release=1)
    for place, (day, groups) in enumerate(snapshots.items()):
        at = datetime.fromisoformat(day).isoformat()
        for group, address in sorted(addresses.items())[place % step :: step]:
            url = f"/api/v1/groups/{address}/responsible"
            answer = client.get(url, {"at": at}, headers=headers).json()
            held = {(told["account"], KINDS[told["role"]]) for told in answer["responsible"]}
            people = groups.get(group, {})
            assert held == {(name, role) for role in people for name in people[role]}, group
