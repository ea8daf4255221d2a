"""How a group, or whoever answered for it, dealt with what was reported. Facts, never points."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Case as Choose
from django.db.models import Count, DurationField, Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import TruncMonth

from groups.models import Appeal, Case, CaseEntry, Group
from groups.queries import answers, visibility
from groups.queries.workload import Median
from identity.models import Account, User

MONTHS = 12
CHANGED = (Appeal.State.REVERSED, Appeal.State.PARTIALLY_REVERSED)


@dataclass(frozen=True, slots=True)
class Month:
    """The cases that were opened in one month (UTC) and went to the group first."""

    first: date
    received: int
    in_time: int
    missed: int


@dataclass(frozen=True, slots=True)
class Record:
    """What became of cases that went to the group first. Each of them is one of the five:
    answered in time, answered late, not answered, waiting, or taken over by staff before the
    deadline."""

    received: int
    in_time: int
    late: int
    unanswered: int
    waiting: int
    # How many of the missed ones went on to staff by the deadline.
    escalated: int
    # From the opening to the first answer; null without answers.
    median_answer: timedelta | None
    # Of all that were decided, also by staff from the start, and of them changed on appeal.
    decided: int
    overturned: int
    months: Sequence[Month]

    @property
    def taken_over(self) -> int:
        return self.received - self.in_time - self.late - self.unanswered - self.waiting

    @property
    def had_to_answer(self) -> int:
        """Those whose answer or deadline is there: what the share in time is a share of."""
        return self.in_time + self.late + self.unanswered

    @property
    def percent_in_time(self) -> int | None:
        return round(100 * self.in_time / self.had_to_answer) if self.had_to_answer else None


def get_record_of_group(*, group: Group, at: datetime, reader: User | None = None) -> Record:
    """Return the record of a group; for a `reader`, of the cases that the dashboard shows them.

    An open case about the reader is kept from them, also as a number.
    """
    cases: QuerySet[Case] = Case.objects.filter(group=group)
    if reader is not None:
        cases = visibility.list_cases_for_owner(user=reader).filter(group=group)
    return _get_record(cases, at)


def get_record_of_account(*, account: Account, at: datetime) -> Record:
    """Return the record of a person on one platform: of the cases that arose while they were the
    owner, and of those that they answered for a group of somebody else."""
    answered = CaseEntry.objects.filter(
        case=OuterRef("pk"), kind=CaseEntry.Kind.ANSWERED, by_account=account
    )
    cases = Case.objects.filter(Q(owner_at_opening=account) | Exists(answered))
    # What the person may not know of yet is not counted: a count would tell them.
    about_them = Q(subject__user=account.user) if account.user else Q(subject=account)
    cases = cases.exclude(about_them, state__in=Case.OPEN_STATES)
    return _get_record(cases.filter(Q(decided_at__isnull=False) | answers.ASKED), at)


def _get_record(cases: QuerySet[Case], at: datetime) -> Record:
    changed = Appeal.objects.filter(decision__case=OuterRef("pk"), state__in=CHANGED)
    marked = cases.filter(opened_at__lte=at).annotate(
        asked=answers.ASKED,
        left=answers.LEFT,
        changed=Exists(changed),
        missed=Choose(When(answers.missed(at=at), then=True), default=False),
    )
    missed, answered = Q(missed=True), Q(answered_at__lte=at)
    asked = marked.filter(asked=True)
    counts = asked.aggregate(
        received=Count("pk"),
        in_time=Count("pk", filter=answered & ~missed),
        late=Count("pk", filter=answered & missed),
        unanswered=Count("pk", filter=~answered & missed),
        waiting=Count("pk", filter=~answered & ~missed & Q(state=Case.State.WITH_OWNER)),
        escalated=Count("pk", filter=missed & Q(left=True)),
        median_answer=Median(
            F("answered_at") - F("opened_at"), filter=answered, output_field=DurationField()
        ),
    )
    decided = marked.filter(decided_at__lte=at).aggregate(
        decided=Count("pk"), overturned=Count("pk", filter=Q(changed=True))
    )
    return Record(**counts, **decided, months=_months(asked, missed, answered, at))


def _months(asked: QuerySet[Case], missed: Q, answered: Q, at: datetime) -> list[Month]:
    """Return the last twelve months, the earliest first; one without cases is there too."""
    now = at.astimezone(UTC)
    numbers = range(now.year * 12 + now.month - MONTHS, now.year * 12 + now.month)
    firsts = [date(number // 12, number % 12 + 1, 1) for number in numbers]
    start = datetime(firsts[0].year, firsts[0].month, 1, tzinfo=UTC)
    rows = (
        asked.filter(opened_at__gte=start)
        .annotate(month=TruncMonth("opened_at", tzinfo=UTC))
        .values("month")
        .annotate(
            received=Count("pk"),
            in_time=Count("pk", filter=answered & ~missed),
            overdue=Count("pk", filter=missed),
        )
        .order_by()
        .values_list("month", "received", "in_time", "overdue")
    )
    found = {month.date(): counts for month, *counts in rows}
    return [Month(first, *found.get(first, (0, 0, 0))) for first in firsts]
