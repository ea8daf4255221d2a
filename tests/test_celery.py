import json
import os
import subprocess
import sys

import pytest
from celery.schedules import crontab

from portal.celery import BEAT_SCHEDULE, app


@pytest.fixture(scope="module")
def registered():
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_every_entry_of_the_schedule_names_a_task_that_exists(registered):
    assert {entry["task"] for entry in BEAT_SCHEDULE.values()} - registered.keys() == set()


def test_every_task_is_scheduled(registered):
    scheduled = {entry["task"] for entry in BEAT_SCHEDULE.values()}

    assert registered.keys() - scheduled == set()


def test_every_scheduled_task_can_be_sent(registered, monkeypatch):
    """Celery checks some options, such as both time limits, only when it sends."""
    with app.connection_for_write("memory://") as connection:
        for entry in BEAT_SCHEDULE.values():
            registered[entry["task"]].apply_async(connection=connection, **entry["options"])


def test_a_wake_up_that_nobody_took_is_dropped_before_the_next_one():
    for entry in BEAT_SCHEDULE.values():
        schedule, expires = entry["schedule"], entry["options"]["expires"]
        every = 24 * 3600 if isinstance(schedule, crontab) else schedule.total_seconds()
        assert 0 < expires <= every


def test_no_task_outlives_the_time_after_which_redis_gives_it_out_again(registered):
    hidden = app.conf.broker_transport_options["visibility_timeout"]

    assert max(task.time_limit or app.conf.task_time_limit for task in registered.values()) < hidden


def test_tasks_are_confirmed_when_done_and_carry_json_only():
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_ignore_result


def test_rabbitmq_gets_quorum_queues():
    script = (
        "import json; from portal.celery import app;"
        "print(json.dumps([app.conf.task_default_queue_type, app.conf.broker_transport_options]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "ACCORD_MODE": "test", "BROKER_URL": "amqp://127.0.0.1//"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(result.stdout) == ["quorum", {}]
