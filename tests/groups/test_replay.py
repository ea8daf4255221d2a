"""`replay_log`: stored tenures agree with their facts, also after a purge, or it says which not."""

import random
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from groups.actions import events
from groups.models import Group, RoleEvent, Tenure
from groups.role_retention import GroupPasts
from portal.core.actors import Actor
from portal.core.data_classes import registry
from portal.core.models import AuditEntry, OutboxEvent, PurgeRun
from portal.core.purging import Work, plan_line
from tests.factories.base import AT, fixture_rows
from tests.factories.events import event, granted
from tests.groups.state import TENURE
from tests.groups.test_shuffled import generated
from tests.sizes import size

pytestmark = pytest.mark.django_db
BY = Actor.system("tests")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def replay(capsys):
    def run(**options):
        call_command("replay_log", **options)
        return capsys.readouterr().out.splitlines()

    return run


@pytest.fixture
def differences(replay, capsys):
    """What a replay prints beside its progress and its last line, when it fails."""

    def run(**options):
        with pytest.raises(CommandError) as raised:
            replay(**options)
        assert raised.value.returncode == 1
        lines = capsys.readouterr().out.splitlines()
        return [line for line in lines[:-1] if not line.startswith("Replaying")]

    return run


def ingest(platform, found, *, history=True, at=AT):
    events.ingest(platform=platform, events=found, by=BY, at=at, history=history)


def purge(cut):
    run = PurgeRun.objects.create(is_dry=False, as_of=AT, started_at=AT, run_by="tests")
    work = Work(run=run, cutoff=cut, by=BY, clock=lambda: AT, tell=lambda number, line: None)
    work.begin(plan_line(registry.classes["tenures and role events"], at=AT))
    GroupPasts().purge(work=work)


def tenures(since=None):
    rows = sorted(Tenure.objects.values_list(*TENURE), key=str)
    return [row for row in rows if since is None or row[3].upper is None or row[3].upper >= since]


@pytest.mark.parametrize("number", range(size(every_run=10, release=200)))
def test_a_replay_agrees_after_purges_and_the_same_people_succeed(platform, replay, number):
    """The same events without a purge, and with two between the first and the others."""
    chance = random.Random(number)
    story = sorted(generated(chance, 80), key=lambda found: found.time)
    half = chance.randint(20, 60)
    # What is older than a baseline is not read, so none lies after the events to come.
    begin = story[half].time
    cuts = sorted(begin - chance.choice([0, 0, 1, 2, 5, 185]) * DAY for _ in range(2))
    with transaction.atomic():
        ingest(platform, story[:half])
        ingest(platform, story[half:])
        whole = tenures(since=begin)
        transaction.set_rollback(True)

    ingest(platform, story[:half])
    for cut in cuts:
        purge(cut)
        assert replay()[-1].endswith(" 0 differences")
    ingest(platform, story[half:])

    assert replay()[-1].endswith(" 0 differences")
    assert len(whole) > 1
    assert tenures(since=begin) == whole


@pytest.fixture
def story(platform):
    """p-1 owned g-1 and left, p-2 succeeded; p-3 manages it."""
    ingest(
        platform,
        [
            granted("p-1", days=-9),
            granted("p-2", days=-8),
            granted("p-3", "manager", days=-7),
            event("member.left", "p-1", days=-5),
            granted("p-4", days=-5, group="g-2"),
        ],
        history=False,
    )
    return tenures()


def test_a_replay_says_how_many_groups_and_tenures_it_compared(story, replay):
    assert replay()[-1] == "2 groups, 5 tenures, 0 differences"
    assert replay(group="g-2")[-1] == "1 groups, 1 tenures, 0 differences"
    assert AuditEntry.objects.filter(action="replays.repair").count() == 0


def test_each_difference_is_a_sentence_and_the_exit_code_is_1(story, differences):
    with fixture_rows():
        Tenure.objects.filter(role="MANAGER").delete()
        Tenure.objects.filter(account__external_id="p-1").update(ended="REMOVED")
        Tenure.objects.filter(role="OWNER", group__external_id="g-2").update(
            period=DateTimeTZRange(AT - 4 * DAY, None)
        )
        Group.objects.filter(external_id="g-2").update(archived_at=AT)

    missing, changed, archived, moved = differences()

    p_3 = "g-1: p-3 as MANAGER since 2026-10-26 12:00:00 UTC"
    assert missing == f"{p_3} comes out of the replay, and is not stored"
    p_1 = "g-1: p-1 as OWNER since 2026-10-24 12:00:00 UTC"
    assert changed == f"{p_1}: how it ended is stored as REMOVED, replayed as LEFT"
    assert archived == "g-2: stored as archived 2026-11-02 12:00:00 UTC, replayed never"
    stored, replayed = "2026-10-29 12:00:00 UTC", "2026-10-28 12:00:00 UTC"
    p_4 = f"g-2: p-4 as OWNER since {replayed}"
    assert moved == f"{p_4}: its begin is stored as {stored}, replayed as {replayed}"
    assert len(differences(group="g-1")) == 2
    assert len(differences(batch=1)) == 4


def test_a_tenure_that_nothing_led_to_is_named(story, differences, platform):
    with fixture_rows():
        RoleEvent.objects.filter(account__external_id="p-3").update(kind="REVOKED")

    assert differences() == [
        "g-1: p-3 as MANAGER since 2026-10-26 12:00:00 UTC is stored, and the replay has none such"
    ]


def test_what_is_in_the_log_and_is_no_role_event_is_named(story, differences):
    with fixture_rows():
        RoleEvent.objects.filter(kind="LEFT").delete()

    found = differences()

    assert "member.left of 2026-10-28 12:00:00 UTC is in the log" in found[0]
    assert len(found) > 1


def test_a_repair_stores_what_the_replay_says_and_leaves_its_trace(story, replay, differences):
    with fixture_rows():
        Tenure.objects.filter(role="MANAGER").delete()
        RoleEvent.objects.filter(kind__in=["LEFT", "GRANTED"], account__external_id="p-1").delete()
    OutboxEvent.objects.all().delete()
    count = len(differences())

    printed = replay(repair=True)

    assert printed[-1] == "Repaired: what the replay says is stored."
    assert tenures() == story
    assert replay()[-1].endswith(" 0 differences")
    entry = AuditEntry.objects.get(action="replays.repair")
    assert (entry.actor_label, entry.new) == (
        "system:replay_log",
        {"differences": count, "role_events": 2},
    )
    assert OutboxEvent.objects.filter(type="accord.tenure.began.v1").count() == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"platform": "nowhere"}, "There is no platform 'nowhere'"),
        ({"group": "g-9"}, "There is no group 'g-9'"),
        ({"batch": 0}, "--batch takes a number from 1 on"),
    ],
)
def test_a_wrong_option_is_a_sentence(story, replay, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        replay(**options)
