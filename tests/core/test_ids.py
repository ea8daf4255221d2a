"""Identifiers sort as they were made, whatever the clock does."""

import threading
import time
from datetime import UTC, datetime

import time_machine

from portal.core.ids import uuid7


def test_it_is_a_version_7_of_now():
    before = time.time_ns() // 1_000_000
    made = uuid7()

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1000


def test_many_of_one_instant_keep_their_order():
    with time_machine.travel(datetime(2031, 1, 1, tzinfo=UTC), tick=False):
        made = [uuid7() for _ in range(10_000)]

    assert made == sorted(set(made))


def test_a_clock_set_back_a_little_does_not_put_them_before_older_ones():
    with time_machine.travel(datetime(2031, 1, 1, 0, 0, 1, tzinfo=UTC), tick=False):
        older = uuid7()
    with time_machine.travel(datetime(2031, 1, 1, 0, 0, 0, 1000, tzinfo=UTC), tick=False):
        newer = uuid7()

    assert newer > older


def test_a_clock_set_right_after_it_was_far_ahead_is_believed():
    with time_machine.travel(datetime(2031, 1, 1, tzinfo=UTC)):
        uuid7()

    assert uuid7().int >> 80 <= time.time_ns() // 1_000_000


def test_threads_share_one_order_and_get_no_moment_twice():
    made: list[list[int]] = [[] for _ in range(4)]

    def make(own):
        own.extend(uuid7().int >> 64 for _ in range(5_000))

    threads = [threading.Thread(target=make, args=[own]) for own in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(own == sorted(own) for own in made)
    assert len({moment for own in made for moment in own}) == 20_000
