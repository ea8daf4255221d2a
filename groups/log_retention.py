"""The purge of the governance log: whole days leave as partitions, held rows are copied first."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from groups import log_days
from groups.actions import sealed_days
from groups.log_days import Day
from groups.models import Case, LogEntry, SealedDay
from portal.core import hold_lock
from portal.core.data_classes import Plan
from portal.core.models import Hold
from portal.core.purging import Gone, Work

# Nobody queues behind a detachment that waits for those who read the log; but a reader who never
# ends must not stop the purge of everything else.
LONGEST_READER = "5min"


class LogPartitions:
    """Drop the partitions whose last instant is older than the window."""

    def plan(self, *, cutoff: datetime) -> Plan:
        days = log_days.list_before(cutoff)
        holds = list(Hold.objects.standing().order_by("number"))
        kept = sum(_count_held(day, holds) for day in days)
        kept_by: dict[str, int] = {}
        for hold in holds if kept else ():
            if held := sum(_count_held(day, [hold]) for day in days):
                kept_by[hold.reference] = held
        return Plan(
            due=sum(map(_count, days)) - kept,
            kept=kept,
            kept_by=kept_by,
            details=[f"partition {day.day}" for day in days],
        )

    def rows_about(self, accounts: Collection[UUID]) -> Sequence[QuerySet[Any]]:
        named = Q(subject_id__in=accounts) | Q(actor_id__in=accounts)
        return (LogEntry.objects.filter(named).annotate(window_from=F("occurred_at")),)

    def purge(self, *, work: Work) -> None:
        # Counted day by day, as each day's rows are copied and dropped.
        work.keep(Plan(due=0, kept=0, kept_by={}))
        for day in log_days.list_before(work.cutoff):
            if not _drop(day, work):
                work.remark(f"{day.day} is being read without a pause; the next purge drops it")


def _drop(day: Day, work: Work) -> bool:
    """Take a day away, from whatever step an earlier run had reached."""
    sealed_days.seal(day=day, by=work.by, at=work.clock())
    if not SealedDay.objects.filter(day=day.day).exists():
        return False
    return _detach(day) and log_days.in_moments(lambda: _copy_held_and_drop(day, work))


def _detach(day: Day) -> bool:
    """Detach without stopping inserts; finish a detachment that was interrupted."""
    if day.is_half_detached:
        return log_days.in_moments(lambda: _alter_log(f"DETACH PARTITION {day.name} FINALIZE"))
    if day.is_attached:
        with log_days.waiting_at_most(LONGEST_READER):
            return log_days.got_locks(
                lambda: _alter_log(f"DETACH PARTITION {day.name} CONCURRENTLY")
            )
    return True


def _alter_log(change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE groups_logentry {change}")


@transaction.atomic
def _copy_held_and_drop(day: Day, work: Work) -> None:
    """Copy what holds cover, compare, and drop the table; the cost is that of what is held."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {day.name} IN ACCESS EXCLUSIVE MODE")
    # After this, every hold that was acknowledged can be seen and no other can be placed.
    hold_lock.share()
    holds = list(Hold.objects.standing().order_by("number"))
    kept_by = {hold.reference: _copy(day, hold, at=work.clock()) for hold in holds}
    kept = _count_held(day, holds)
    seal = SealedDay.objects.get(day=day.day)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {day.name}")
    seal.delete()
    link = f"{day.day} {seal.rows} {seal.sha256}"
    work.note(
        deleted=seal.rows - kept,
        gone={LogEntry._meta.label: Gone(seal.rows - kept, [link])},
        kept=kept,
        kept_by={hold: count for hold, count in kept_by.items() if count},
        day=day.day.isoformat(),
    )


def _count(day: Day) -> int:
    seal = SealedDay.objects.filter(day=day.day).first()
    return seal.rows if seal else _ask(f"SELECT count(*) FROM {day.name}", [])[0]


def _count_held(day: Day, holds: Iterable[Hold]) -> int:
    """Count the rows that any of the holds covers, each once."""
    conditions = list(filter(None, map(_covered, holds)))
    if not conditions:
        return 0
    either = " OR ".join(condition for condition, _ in conditions)
    ids = [value for _, values in conditions for value in values]
    return _ask(f"SELECT count(*) FROM {day.name} log WHERE {either}", ids)[0]


def _covered(hold: Hold) -> tuple[str, list[Any]] | None:
    """Build the condition that a hold covers a row, such that an index serves it.

    A hold on a case reaches the log of the group that the case is in.
    """
    match hold.scope:
        case Hold.Scope.PLATFORM:
            return "log.platform_id = %s", [hold.scope_id]
        case Hold.Scope.GROUP:
            return "log.group_id = %s", [hold.scope_id]
        case Hold.Scope.ACCOUNT:
            return "(log.subject_id = %s OR log.actor_id = %s)", [hold.scope_id] * 2
        case Hold.Scope.CASE:
            groups = Case.objects.filter(pk=hold.scope_id).values_list("group_id", flat=True)
            return ("log.group_id = %s", [groups[0]]) if groups else None
    raise AssertionError(hold.scope)


def _copy(day: Day, hold: Hold, *, at: datetime) -> int:
    """Copy the rows that `hold` covers; refuse to go on when a copy is not the same."""
    found = _covered(hold)
    if found is None:
        return 0
    covered, ids = found
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO groups_heldlogentry (id, hold_id, platform_id, group_id, actor_id,
                subject_id, occurred_at, event_key, "row", copied_at)
            SELECT gen_random_uuid(), %s, platform_id, group_id, actor_id,
                subject_id, occurred_at, event_key, to_jsonb(log), %s
            FROM {day.name} log WHERE {covered}
            ON CONFLICT ON CONSTRAINT a_held_event_is_copied_once_per_hold DO NOTHING
            """,
            [hold.pk, at, *ids],
        )
    # Row by row: as many as there are, and each copy with the digest of its original.
    held, same = _ask(
        f"""
        SELECT count(*), count(*) FILTER (
            WHERE sha256(convert_to(copy."row"::text, 'UTF8'))
                = sha256(convert_to(to_jsonb(log)::text, 'UTF8')))
        FROM {day.name} log LEFT JOIN groups_heldlogentry copy ON copy.hold_id = %s
            AND copy.event_key = log.event_key AND copy.occurred_at = log.occurred_at
        WHERE {covered}
        """,
        [hold.pk, *ids],
    )
    if held != same:
        raise RuntimeError(f"The copy of {day.name} for {hold} differs from the original.")
    return held


def _ask(question: str, values: Sequence[Any]) -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        answer: tuple[int, ...] = cursor.fetchone()
    return answer
