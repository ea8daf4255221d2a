"""Each task leaves what one run leaves: run three times, by three workers, or by two beats."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, models

from credit import policy as policies
from credit import verification
from credit.actions import policies as policy_actions
from credit.actions import simulations
from credit.models import Standing
from portal.celery import BEAT_SCHEDULE, app
from portal.core.actors import Actor
from portal.core.models import AuditEntry, OutboxEvent, PurgeCertificate, PurgeRun, WebhookEndpoint
from tests.admin.records import make_records
from tests.credit import findings
from tests.factories.base import AT, fixture_rows
from tests.factories.core import HoldFactory, PlatformFactory
from tests.factories.identity import AccountFactory, UserFactory, VerificationFactory
from tests.groups.scene import another_case, decide_in_effect, make_scene
from tests.races import at_once
from tests.races.test_ownership import empty_log  # noqa: F401
from tests.retention import log_days
from tests.sizes import size

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
# When what the world has waiting is due.
DUE = AT + timedelta(days=8)
ACCOUNTS = 4
EVENT = "accord.privileges.changed.v1"
TIME_GIVES = (("limits",), ("create_group", "own_group"))
POLICY_TAKES = ("create_group", "limits")
ONCE = ("policies.active", "simulations.start", "simulations.finish")
# What has nothing to do in this world.
IDLE = {
    "groups.tasks.seal_days",
    "groups.tasks.tell_of_verifications",
    "identity.tasks.mail_verification_links",
    "portal.core.tasks.purge",
    "portal.core.tasks.run_waiting_purges",
}

app.loader.import_default_modules()
TASKS = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def stricter():
    document = {**policies.DEFAULT_DOCUMENT}
    tiers = [dict(tier) for tier in document["tiers"]]
    for tier, least in zip(tiers, (12, 10, 5), strict=False):
        tier["at_least"] = least
    return document | {"tiers": tiers}


def drafted(platform):
    by = Actor.user(UserFactory(is_staff=True))
    return policy_actions.draft(platform=platform, document=stricter(), by=by, at=AT)


def make_world():
    """A record of each kind, people whose answers are about to change, and a draft to try.

    Return the ids of those who get something back in time, and of those who lose it by a policy.
    """
    scene = make_scene()
    decide_in_effect(scene, case=another_case(scene))
    make_records(scene.platform, number=2)
    with fixture_rows():
        WebhookEndpoint.objects.update(url="http://127.0.0.1:1/")
    VerificationFactory(account=scene.owner, expires_at=AT + timedelta(days=1))
    HoldFactory(platform=scene.platform, placed_by=scene.senior().pk, review_at=DUE)
    Session.objects.create(session_key="ended", session_data="", expire_date=AT)
    in_time, by_policy, tried = (PlatformFactory() for _ in range(3))
    for platform in (in_time, by_policy, tried):
        findings.active_policy(platform)
    giving = AccountFactory.create_batch(ACCOUNTS, platform=in_time)
    for account in giving:
        # Limited until the last of the three stops counting.
        for n in range(3):
            findings.penalty(account, at=DUE - timedelta(days=180) - n * MINUTE)
        findings.sanction(account, privilege="OWN_GROUP", days=8, at=AT)
    losing = AccountFactory.create_batch(ACCOUNTS, platform=by_policy)
    for account in losing:
        findings.penalty(account, severity="HIGH", at=AT)
    policy = drafted(by_policy)
    findings.simulate(policy, at=AT)
    senior = Actor.user(UserFactory(is_staff=True))
    policy_actions.approve(policy=policy, by=senior, at=AT)
    policy_actions.schedule(policy=policy, due_from=DUE, by=senior, at=AT)
    simulations.request(policy=drafted(tried), by=senior, at=AT)
    OutboxEvent.objects.filter(type=EVENT).delete()
    return ([account.external_id for account in accounts] for accounts in (giving, losing))


def shape():
    """How many rows in which state each table has: what does not hang on ids made up anew.

    Each run of the purge leaves a record and a certificate of its own, so these are left out.
    """
    found = {
        model._meta.label: Counter(model._base_manager.values_list(*_telling(model)))
        for model in apps.get_models()
        if model not in (PurgeRun, PurgeCertificate, AuditEntry)
    }
    audited = AuditEntry.objects.exclude(action__startswith="purge.")
    return found | {"audit": Counter(audited.values_list("action", "actor_kind", "at"))}


def _telling(model):
    return [
        field.name
        for field in model._meta.concrete_fields
        if field.choices
        or (
            isinstance(field, models.BooleanField | models.DateTimeField)
            # The pause before another attempt is drawn by lot.
            and field.name != "next_attempt_at"
        )
        or field.name in ("action", "type", "score", "tier", "attempts")
    ] or [models.Value(1)]


def parts_as_one(found):
    """Workers that share the work each note their part of it."""
    return found | {"audit": Counter(set(found["audit"]))}


def different(found, expected):
    """Say per table what is there and what should be, where they differ."""
    return {
        table: (found[table] - rows, rows - found[table])
        for table, rows in expected.items()
        if found[table] != rows
    }


def empty():
    log_days.drop_all()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        call_command("flush", interactive=False, verbosity=0)
        cursor.execute("SET session_replication_role = origin")


def test_a_task_run_three_times_or_by_three_workers_leaves_what_one_run_leaves():
    shapes, did = {}, set()
    log_days.drop_all()
    with time_machine.travel(DUE, tick=False):
        make_world()
        for name, task in sorted(TASKS.items()):
            before = shape()
            task()
            shapes[name] = shape()
            did |= {name} if shapes[name] != before else set()
            task()
            task()
            assert different(shape(), shapes[name]) == {}, name
        assert TASKS.keys() - did == IDLE

        empty()
        make_world()
        for name, task in sorted(TASKS.items()):
            _, refused = at_once.split(at_once.run(task, task, task))
            assert refused == [], name
            assert different(parts_as_one(shape()), parts_as_one(shapes[name])) == {}, name


@pytest.mark.parametrize("trial", range(size(every_run=1, release=20)))
def test_two_beats_with_two_workers_for_ten_minutes_have_no_double_effect(trial):
    every_minute = [
        TASKS[entry["task"]]
        for entry in BEAT_SCHEDULE.values()
        if isinstance(entry["schedule"], timedelta)
    ]

    def beat():
        for task in every_minute:
            task()

    with time_machine.travel(DUE - 5 * MINUTE, tick=False) as clock:
        in_time, by_policy = make_world()
        for _ in range(10):
            _, refused = at_once.split(at_once.run(beat, beat))
            assert refused == []
            clock.shift(MINUTE)

    told = Counter(
        (event.subject, tuple(event.data["changed"]))
        for event in OutboxEvent.objects.filter(type=EVENT)
    )
    # Time gives back first what the level limits, then what was suspended; a policy takes.
    assert told == Counter(
        [
            *((one, change) for one in in_time for change in TIME_GIVES),
            *((one, POLICY_TAKES) for one in by_policy),
        ]
    )
    audited = AuditEntry.objects.filter(at__gte=DUE - 5 * MINUTE, action__in=ONCE)
    assert Counter(audited.values_list("action", flat=True)) == dict.fromkeys(ONCE, 1)
    assert Standing.objects.filter(tier="Limited").count() == ACCOUNTS
    assert verification.verify().differences == []
