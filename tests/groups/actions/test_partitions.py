"""The days of the governance log exist before events of that day arrive."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from groups import tasks
from groups.actions import partitions
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from tests.factories.base import AT

pytestmark = pytest.mark.django_db
BY = Actor.system("tests")
TODAY = AT.date()


def days():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT right(inhrelid::regclass::text, 8) FROM pg_inherits"
            " WHERE inhparent = 'groups_logentry'::regclass ORDER BY 1"
        )
        return [date.fromisoformat(day) for (day,) in cursor.fetchall()]


def test_missing_days_are_created_and_named():
    created = partitions.ensure(first=TODAY, last=TODAY + timedelta(days=2), by=BY, at=AT)

    assert created == days() == [TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=2)]
    entry = AuditEntry.objects.get()
    assert entry.new == {"first": "2026-11-02", "last": "2026-11-04", "days": 3}


def test_days_that_exist_are_left_alone():
    partitions.ensure(first=TODAY, last=TODAY, by=BY, at=AT)

    assert partitions.ensure(first=TODAY, last=TODAY, by=BY, at=AT) == []
    assert AuditEntry.objects.count() == 1


def test_the_daily_task_creates_a_week_ahead_and_may_run_again():
    with time_machine.travel(AT, tick=False):
        tasks.create_partitions()
        tasks.create_partitions()

    assert days() == [TODAY + timedelta(days=n) for n in range(8)]


def test_the_command_says_what_it_created(capsys):
    with time_machine.travel(AT, tick=False):
        call_command("create_partitions", days=1)
        call_command("create_partitions", days=1)

    assert capsys.readouterr().out.splitlines() == [
        "Created 2 days, 2026-11-02 to 2026-11-03",
        "Nothing was missing",
    ]


def test_the_command_creates_a_year_at_most():
    with pytest.raises(CommandError, match="between 0 and 366"):
        call_command("create_partitions", days=367)
