"""What a process remembers of names, and when it forgets."""

from uuid import uuid4

import pytest
from django.db import transaction

from portal.core.recent import Recent

HERE, ELSEWHERE = uuid4(), uuid4()


class Table:
    """Counts how often it was asked."""

    def __init__(self, **known):
        self.known, self.asked = known, []

    def look_up(self, names):
        self.asked.append(sorted(names))
        return {name: self.known[name] for name in names if name in self.known}


@pytest.mark.django_db(transaction=True)
def test_a_name_is_looked_up_once_and_an_unknown_one_each_time():
    recent, table = Recent(seconds=15, most=100), Table(a=1, b=2)

    assert recent.find(HERE, ["a", "x"], table.look_up) == {"a": 1}
    assert recent.find(HERE, ["a", "b", "x"], table.look_up) == {"a": 1, "b": 2}
    assert recent.find(HERE, ["a", "b"], table.look_up) == {"a": 1, "b": 2}
    assert table.asked == [["a", "x"], ["b", "x"]]


@pytest.mark.django_db(transaction=True)
def test_a_name_means_something_else_on_another_platform():
    recent = Recent(seconds=15, most=100)
    recent.find(HERE, ["a"], Table(a=1).look_up)

    assert recent.find(ELSEWHERE, ["a"], Table(a=2).look_up) == {"a": 2}
    assert recent.find(HERE, ["a"], Table().look_up) == {"a": 1}


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_is_not_remembered():
    recent = Recent(seconds=15, most=100)
    with transaction.atomic():
        recent.find(HERE, ["a"], Table(a=1).look_up)
        transaction.set_rollback(True)

    assert recent.find(HERE, ["a"], Table().look_up) == {}


@pytest.mark.django_db(transaction=True)
def test_names_are_forgotten_after_twice_the_seconds_at_the_latest():
    now = [0.0]
    recent, table = Recent(seconds=15, most=100, clock=lambda: now[0]), Table(a=1)
    for now[0], asked in ((0, 1), (14, 1), (16, 1), (32, 2), (100, 3)):
        recent.find(HERE, ["a"], table.look_up)
        assert len(table.asked) == asked


@pytest.mark.django_db(transaction=True)
def test_the_older_half_is_forgotten_for_new_names():
    recent = Recent(seconds=15, most=10)
    for start in range(0, 100, 10):
        names = [str(n) for n in range(start, start + 11)]
        recent.find(HERE, names, Table(**dict.fromkeys(names, 1)).look_up)
    table = Table()

    found = recent.find(HERE, [str(n) for n in range(100)], table.look_up)

    assert 11 <= len(found) <= 2 * (10 + 11)
    assert found.keys() >= {str(n) for n in range(90, 100)}
