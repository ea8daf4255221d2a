"""The days of the governance log as PostgreSQL keeps them: from its catalogue, nothing counted."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from django.db import connection

from portal.core.data_classes import registry

LOG = "groups_logentry"
NAME = re.compile(r"groups_logentry_(\d{4})(\d\d)(\d\d)")
A_DAY = timedelta(days=1)
# Empty days at the begin of the log are passed over, up to so many.
LOOKED_AT = 20


class State(StrEnum):
    ATTACHED = "Part of the log"
    HALF_DETACHED = "Half detached"
    LEFT_OVER = "Detached, not dropped"


@dataclass(frozen=True, slots=True)
class Partition:
    day: date
    name: str
    state: State
    bytes: int
    """With its indexes."""
    rows: int | None
    """As PostgreSQL estimated when it last looked; None where it never did."""

    @property
    def begins_at(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)

    @property
    def ends_at(self) -> datetime:
        return self.begins_at + A_DAY


@dataclass(frozen=True, slots=True)
class Log:
    """How the log stands at a moment."""

    at: datetime
    days_kept: int
    partitions: list[Partition]
    oldest_at: datetime | None
    """The first event that is still there."""

    @property
    def attached(self) -> list[Partition]:
        return [row for row in self.partitions if row.state is State.ATTACHED]

    @property
    def unfinished(self) -> list[Partition]:
        """Days that a purge began to drop and did not."""
        return [row for row in self.partitions if row.state is not State.ATTACHED]

    @property
    def overdue(self) -> list[Partition]:
        """Days that are older than the window and still part of the log."""
        return [row for row in self.attached if row.ends_at <= self.at - self.days_kept * A_DAY]

    @property
    def bytes(self) -> int:
        return sum(row.bytes for row in self.partitions)

    @property
    def days_ahead(self) -> int:
        """How many days after today follow without a gap; -1 when today has none."""
        days = {row.day for row in self.attached}
        ahead = -1
        while self.at.astimezone(UTC).date() + (ahead + 1) * A_DAY in days:
            ahead += 1
        return ahead

    @property
    def next_drop_at(self) -> datetime | None:
        """When the oldest day leaves the window; the purge after that drops it."""
        return self.attached[0].ends_at + self.days_kept * A_DAY if self.attached else None


def get_log(*, at: datetime) -> Log:
    """Read the log's partitions, oldest first, and its first event."""
    partitions = _partitions()
    return Log(at, registry.classes["governance log"].days(), partitions, _oldest(partitions))


def _partitions() -> list[Partition]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname, i.inhrelid IS NOT NULL, COALESCE(i.inhdetachpending, false),
                COALESCE(pg_total_relation_size(c.oid), 0), c.reltuples
            FROM pg_class c
            LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = %s::regclass
            WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
              AND c.relname ~ '^groups_logentry_[0-9]{8}$'
            ORDER BY c.relname
            """,
            [LOG],
        )
        found = cursor.fetchall()
    partitions = []
    for name, is_attached, is_half_detached, size, rows in found:
        match = NAME.fullmatch(name)
        assert match, name
        state = State.ATTACHED if is_attached else State.LEFT_OVER
        state = State.HALF_DETACHED if is_half_detached else state
        day = date(*map(int, match.groups()))
        partitions.append(Partition(day, name, state, size, int(rows) if rows >= 0 else None))
    return partitions


def _oldest(partitions: list[Partition]) -> datetime | None:
    """Ask the oldest days in turn; over the whole log at once, every day would be asked."""
    attached = [row for row in partitions if row.state is State.ATTACHED]
    with connection.cursor() as cursor:
        for partition in attached[:LOOKED_AT]:
            cursor.execute(
                f"SELECT min(occurred_at) FROM {LOG} WHERE occurred_at >= %s AND occurred_at < %s",
                [partition.begins_at, partition.ends_at],
            )
            if oldest := cursor.fetchone()[0]:
                first: datetime = oldest
                return first
    return None


def list_large_tables(*, limit: int) -> list[tuple[str, int]]:
    """List the largest tables with their sizes in bytes; the log's days count as one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT
                CASE WHEN relname ~ '^groups_logentry_[0-9]{8}$' THEN %s ELSE relname END AS name,
                sum(COALESCE(pg_total_relation_size(oid), 0))::bigint AS size
            FROM pg_class
            WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
            GROUP BY name ORDER BY size DESC, name LIMIT %s
            """,
            [LOG, limit],
        )
        return list(cursor.fetchall())
