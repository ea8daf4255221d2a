"""What was acknowledged is there, once, whatever was killed in the meantime."""

import random
import time

import pytest

from tests.faults.site import wait_until
from tests.faults.traffic import stored, traffic
from tests.sizes import size

# A worker takes seconds to start again, PostgreSQL less than one.
KILLS = size(every_run=10, release=50)
STOPS = size(every_run=50, release=250)


def kill_a_web_process(site):
    killed = site.workers()[0]
    killed.kill()
    site.have_replaced(killed.pid)


def stop_postgresql_at_once(site):
    site.stop_database_at_once()
    site.start_database()


@pytest.mark.parametrize(
    ("hurt", "trials"), [(kill_a_web_process, KILLS), (stop_postgresql_at_once, STOPS)]
)
def test_no_acknowledged_event_is_lost_or_doubled(site, hurt, trials):
    luck = random.Random(trials)
    with traffic(site) as running:
        for _ in range(trials):
            wait_until(running.flows(), f"Nothing is acknowledged any more: {running.improper[:3]}")
            time.sleep(luck.uniform(0, 0.05))
            hurt(site)
        wait_until(running.flows(), "Nothing is acknowledged after the last trial.")

    there = stored(site, running.acknowledged)
    assert len(running.acknowledged) >= trials * 10
    # Each trial has cut something off, or it has tried nothing.
    assert running.unanswered + running.unavailable >= trials // 2
    assert [event for event in running.acknowledged if event not in there] == []
    assert {event: count for event, count in there.items() if count > 1} == {}
    assert running.improper == []
