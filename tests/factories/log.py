"""Rows of the governance log, as ingest leaves them."""

import itertools
from datetime import timedelta
from uuid import uuid4

from django.db import connection

from groups.actions import partitions
from groups.models import LogEntry
from portal.core.actors import Actor
from tests.factories.base import AT, fixture_rows

numbers = itertools.count(1)


def make_days(count=3, *, at=AT):
    """Create the partitions of the last days before `at`."""
    first = (at - timedelta(days=count)).date()
    partitions.ensure(first=first, last=at.date(), by=Actor.system("tests"), at=at)


def write(group, *, hours=1, kind="role.granted", subject=None, actor=None, **fields):
    """Log an event that occurred `hours` before noon."""
    values = {
        "occurred_at": AT - timedelta(hours=hours),
        "event_key": uuid4(),
        "platform_id": group.platform_id,
        "source": "/relay",
        "event_id": f"e-{next(numbers)}",
        "kind": kind,
        "group_id": group.pk,
        "actor_id": actor and actor.pk,
        "subject_id": subject and subject.pk,
        "received_at": AT,
    }
    with fixture_rows():
        return LogEntry.objects.create(**(values | fields))


def write_many(group, count, *, subject=None, minutes=60):
    """Log `count` events at once, one behind the other in the last `minutes` before noon."""
    with fixture_rows(), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO groups_logentry (occurred_at, event_key, platform_id, source, event_id,
                kind, group_id, subject_id, role, sequence, received_at)
            SELECT %(at)s - n * %(step)s * interval '1 second', gen_random_uuid(), %(platform)s,
                '/relay', 'm-' || n, 'role.granted', %(group)s, %(subject)s, 'manager', n, %(at)s
            FROM generate_series(1, %(count)s) n
            """,
            {
                "at": AT,
                "step": minutes * 60 / count,
                "platform": group.platform_id,
                "group": group.pk,
                "subject": subject and subject.pk,
                "count": count,
            },
        )
