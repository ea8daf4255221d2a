"""The hostile corpus: everything is refused by name, at once, in little memory; good lines land."""

import json
import subprocess
import sys
from secrets import token_hex

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection

from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.hostile.child import YARDSTICK
from tests.hostile.corpus import BODIES, FILES
from tests.partners import bearer

MIB = 64


pytestmark = pytest.mark.django_db
DAYS = """
SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'groups_logentry'::regclass
"""


@pytest.fixture(scope="module")
def answers(django_db_setup, django_db_blocker):
    """What one child process found for each case. It works on this test's own database."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(DAYS)
        days = {day for (day,) in cursor.fetchall()}
        with time_machine.travel(AT, tick=False):
            platform = PlatformFactory(slug=f"hostile-{token_hex(4)}")
            headers = bearer(platform, "events")
        told = {
            "database": connection.settings_dict["NAME"],
            "authorization": headers["authorization"],
            "platform": platform.slug,
        }
        child = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.hostile.child"],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            timeout=550,
            check=False,
        )
        # As the tests after this one expect it.
        cursor.execute("SET session_replication_role = replica")
        call_command("flush", interactive=False, verbosity=0)
        cursor.execute("TRUNCATE groups_logentry")
        cursor.execute("SET session_replication_role = origin")
        cursor.execute(DAYS)
        for (day,) in cursor.fetchall():
            if day not in days:
                cursor.execute(f"DROP TABLE {day}")
    assert child.returncode == 0, child.stderr[-3000:]
    return {line["name"]: line for line in map(json.loads, child.stdout.splitlines())}


def test_the_corpus_is_large_enough_and_each_case_was_taken(answers):
    assert len(BODIES) + len(FILES) >= 80
    assert answers.keys() == BODIES.keys() | FILES.keys() | {YARDSTICK}


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_answered_exactly(answers, name):
    answer, body = answers[name], BODIES[name]

    assert answer["status"] == body.status
    assert answer["status"] == 200 or answer["media_type"] == "application/problem+json"
    if body.codes is not None:
        assert answer["codes"] == body.codes


@pytest.mark.parametrize("name", FILES)
def test_of_a_hostile_file_the_good_lines_land(answers, name):
    answer, file = answers[name], FILES[name]

    assert file.error in answer["error"]
    assert bool(file.error) == bool(answer["error"])
    assert (answer["accepted"], answer["refused"]) == (file.accepted, file.refused)


def test_no_hostile_case_takes_long_or_much_memory(answers):
    # About a second on two slow cores; a slower machine is no hostile case.
    seconds = answers[YARDSTICK]["cpu"]
    costly = {
        name: (answer["cpu"], answer["mib"])
        for name, answer in answers.items()
        if name != YARDSTICK and (answer["cpu"] >= seconds or answer["mib"] >= MIB)
    }

    assert costly == {}
