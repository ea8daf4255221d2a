"""The constraints and triggers of window changes, each broken once and refused by its name."""

from datetime import timedelta

import pytest
from django.db import connection

from portal.core.ids import uuid7
from portal.core.models import WindowChange
from tests.core.test_constraints import change
from tests.credit.breaking import Breaks
from tests.factories.base import AT
from tests.factories.core import WindowChangeFactory

pytestmark = pytest.mark.django_db

APPROVED = {"approved_by": uuid7(), "approved_at": AT}
WITHDRAWN = {"withdrawn_by": uuid7(), "withdrawn_at": AT}


@pytest.mark.parametrize("left_out", APPROVED)
def test_window_change_is_approved_by_whom_and_when(left_out):
    with Breaks("window_change_is_approved_by_whom_and_when"):
        WindowChangeFactory(**(APPROVED | {left_out: None}))


@pytest.mark.parametrize("left_out", WITHDRAWN)
def test_window_change_is_withdrawn_by_whom_and_when(left_out):
    with Breaks("window_change_is_withdrawn_by_whom_and_when"):
        WindowChangeFactory(**(WITHDRAWN | {left_out: None}))


def test_window_change_ends_one_way():
    with Breaks("window_change_ends_one_way"):
        WindowChangeFactory(**APPROVED, **WITHDRAWN)


@pytest.mark.parametrize("days", [364, 3651])
def test_window_stays_between_floor_and_ceiling(days):
    WindowChangeFactory(days=365)
    WindowChangeFactory(data_class="evidence", days=3650)

    with Breaks("window_stays_between_floor_and_ceiling"):
        WindowChangeFactory(data_class="notices", days=days)


def test_window_change_changes_the_days():
    with Breaks("window_change_changes_the_days"):
        WindowChangeFactory(days=730)


def test_window_change_states_its_reason():
    with Breaks("window_change_states_its_reason"):
        WindowChangeFactory(reason="")


def test_one_open_window_change_per_class():
    WindowChangeFactory(**APPROVED)
    WindowChangeFactory(**WITHDRAWN)
    WindowChangeFactory()
    WindowChangeFactory(data_class="evidence")

    with Breaks("one_open_window_change_per_class"):
        WindowChangeFactory()


@pytest.mark.parametrize(
    "fields",
    [
        {"data_class": "evidence"},
        {"days": 500},
        {"days_before": 500},
        {"floor": 300},
        {"ceiling": 4000},
        {"reason": "Another reason."},
        {"proposed_by": uuid7()},
        {"proposed_at": AT - timedelta(days=1)},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_window_change_keeps_what_was_proposed(fields):
    proposed = WindowChangeFactory()
    with Breaks("window_change_keeps_what_was_proposed"):
        change(proposed, **fields)


@pytest.mark.parametrize("settled", [APPROVED, WITHDRAWN], ids=["approved", "withdrawn"])
def test_settled_window_change_stays_settled(settled):
    proposed = WindowChangeFactory(**settled)
    with Breaks("settled_window_change_stays_settled"):
        change(proposed, **dict.fromkeys(settled))


def test_window_change_is_never_deleted():
    WindowChangeFactory()
    with Breaks("window_change_is_never_deleted"):
        WindowChange.objects.all()._raw_delete("default")


def test_window_change_is_never_truncated():
    with Breaks("window_change_is_never_truncated"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE core_windowchange")


def test_every_guard_of_a_window_change_is_broken_here():
    with open(__file__) as source:
        text = source.read()
    guards = {rule.name for rule in [*WindowChange._meta.constraints, *WindowChange._meta.triggers]}

    # Four eyes have their own tests.
    assert [
        name for name in guards if f'"{name}"' not in text and "another_person" not in name
    ] == []
