"""How much waits for whom: the counts beside the queues and the figures of the overview."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import (
    Aggregate,
    Count,
    DateTimeField,
    Exists,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import TruncDate

from groups.models import Appeal, Case, Decision
from groups.queries import cases as case_queries

DAYS = 30


@dataclass(frozen=True, slots=True)
class Workload:
    """What waits in each queue that one member of staff sees."""

    mine: int = 0
    reviews: int = 0
    second: int = 0
    appeals: int = 0


def get_workload(
    *,
    user_id: UUID,
    at: datetime,
    claim_on: Collection[UUID],
    approve_on: Collection[UUID],
    appeals_on: Collection[UUID],
) -> Workload:
    """Count the queues of one person, each on the platforms of its permission, in one query."""
    reviews = list_reviews(platforms=claim_on)
    held = list_held(platforms=approve_on, not_by=user_id)
    appeals = Appeal.objects.filter(platform__in=appeals_on, state__in=Appeal.OPEN_STATES)
    rows = _count("mine", reviews.filter(assignee=user_id, leased_until__gt=at)).union(
        _count("reviews", reviews), _count("second", held), _count("appeals", appeals), all=True
    )
    return Workload(**dict(rows))


def _count(queue: str, found: QuerySet[Case] | QuerySet[Decision] | QuerySet[Appeal]) -> QuerySet:  # type: ignore[type-arg]
    named = found.order_by().annotate(queue=Value(queue)).values("queue")
    return named.annotate(waiting=Count("pk")).values_list("queue", "waiting")


def list_reviews(*, platforms: Collection[UUID]) -> QuerySet[Case]:
    """Return the cases with staff that nobody has decided, by deadline and severity."""
    decided = Decision.objects.filter(case=OuterRef("pk"), overrides=None, returned_at=None)
    cases = Case.objects.filter(platform__in=platforms, state__in=case_queries.WITH_STAFF)
    return case_queries.by_urgency(cases.filter(~Exists(decided)))


def list_held(*, platforms: Collection[UUID], not_by: UUID) -> QuerySet[Decision]:
    """Return the decisions that wait for a second person other than `not_by`, oldest first."""
    return (
        Decision.objects.filter(
            platform__in=platforms, needs_approval=True, effective_at=None, returned_at=None
        )
        .exclude(decided_by=not_by)
        .order_by("decided_at", "number")
    )


class Median(Aggregate):
    """The middle value, taken from the values themselves."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DateTimeField()


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers on the cards."""

    open: int
    unassigned: int
    late: int
    oldest_due_at: datetime | None
    due_soon: int
    appeals: int
    appeals_median_at: datetime | None


def get_figures(*, platforms: Collection[UUID], at: datetime) -> Figures:
    tomorrow = at + timedelta(days=1)
    cases = Case.objects.open().filter(platform__in=platforms)
    counts = cases.aggregate(
        open=Count("pk"),
        unassigned=Count("pk", filter=Q(assignee=None, state__in=case_queries.WITH_STAFF)),
        late=Count("pk", filter=Q(due_at__lte=at)),
        oldest_due_at=Min("due_at", filter=Q(due_at__lte=at)),
        due_soon=Count("pk", filter=Q(due_at__gt=at, due_at__lte=tomorrow)),
    )
    appeals = Appeal.objects.filter(platform__in=platforms, state__in=Appeal.OPEN_STATES)
    waiting = appeals.aggregate(appeals=Count("pk"), appeals_median_at=Median("submitted_at"))
    return Figures(**counts, **waiting)


@dataclass(frozen=True, slots=True)
class Day:
    """How many cases were opened and decided on one day (UTC)."""

    date: date
    opened: int
    decided: int


def list_days(*, platforms: Collection[UUID], at: datetime) -> list[Day]:
    """Return the last 30 days, the oldest first, days without cases included."""
    first = at.date() - timedelta(days=DAYS - 1)
    opened = _by_day("opened_at", platforms=platforms, first=first)
    decided = _by_day("decided_at", platforms=platforms, first=first)
    days = (first + timedelta(days=offset) for offset in range(DAYS))
    return [Day(day, opened.get(day, 0), decided.get(day, 0)) for day in days]


def _by_day(field: str, *, platforms: Collection[UUID], first: date) -> dict[date, int]:
    rows = (
        Case.objects.filter(platform__in=platforms, **{f"{field}__date__gte": first})
        .annotate(day=TruncDate(field))
        .values("day")
        .annotate(cases=Count("pk"))
        .values_list("day", "cases")
    )
    return dict(rows)


@dataclass(frozen=True, slots=True)
class Queue:
    """How many wait in one place, and how many of them are within their deadline."""

    name: str
    waiting: int
    in_time: int

    @property
    def percent(self) -> int:
        return 100 * self.in_time // self.waiting if self.waiting else 100


def list_queues(*, platforms: Collection[UUID], at: datetime) -> list[Queue]:
    rows = (
        Case.objects.open()
        .filter(platform__in=platforms)
        .values("state")
        .annotate(waiting=Count("pk"), in_time=Count("pk", filter=Q(due_at__gt=at)))
        .values_list("state", "waiting", "in_time")
    )
    found = {state: (waiting, in_time) for state, waiting, in_time in rows}
    appeals = Appeal.objects.filter(platform__in=platforms, state__in=Appeal.OPEN_STATES)
    late = appeals.aggregate(waiting=Count("pk"), in_time=Count("pk", filter=Q(due_at__gt=at)))
    queues = [
        Queue(str(Case.State(state).label), *found.get(state, (0, 0))) for state in Case.OPEN_STATES
    ]
    return [*queues, Queue("Appeals", late["waiting"], late["in_time"])]


def list_late(*, platforms: Collection[UUID], at: datetime) -> QuerySet[Case]:
    """Return the open cases past their deadline, the latest first."""
    late = Case.objects.open().filter(platform__in=platforms, due_at__lte=at)
    return late.select_related("group", "rule", "assignee").order_by("due_at", "number")
