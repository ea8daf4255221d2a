"""Reading cases: the queues of staff, the desk of owners, and what belongs to one case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Case as Choose
from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from groups.models import Appeal, Case, CaseEntry, Decision, Flag, Severity, Tenure
from groups.models.cases import CaseQuerySet
from groups.queries import visibility
from identity import access
from identity.models import User
from identity.roles import Permission

WITH_STAFF = (Case.State.WITH_STAFF, Case.State.WITH_SENIOR)
# Who works on what was escalated to senior staff.
SENIOR = Permission.APPROVE_DECISIONS
NEXT_LEVEL = {
    Case.State.WITH_OWNER.value: Case.State.WITH_STAFF,
    Case.State.WITH_STAFF.value: Case.State.WITH_SENIOR,
}
RANK = Choose(
    *(When(severity=severity, then=Value(rank)) for rank, severity in enumerate(Severity.values)),
    output_field=IntegerField(),
)
Cases = TypeVar("Cases", bound="QuerySet[Case]")


def permission_to_work(case: Case) -> Permission:
    return SENIOR if case.state == Case.State.WITH_SENIOR else Permission.CLAIM_CASES


def permission_to_decide(case: Case) -> Permission:
    return SENIOR if case.state == Case.State.WITH_SENIOR else Permission.DECIDE_CASES


def by_urgency(cases: Cases) -> Cases:
    """Order by deadline, then the graver one, then the older one."""
    return cases.order_by("due_at", RANK.desc(), "number")


def unclaimed(*, at: datetime) -> Q:
    """Keep the cases with staff on which nobody holds a claim at `at`."""
    free = Q(assignee=None) | Q(leased_until__lte=at)
    return free & Q(state__in=WITH_STAFF)


def list_workable(*, user: User) -> QuerySet[Case]:
    """Return the cases that `user` may claim by their role: escalated ones are for seniors."""
    claim_on = access.platforms_for(user, Permission.CLAIM_CASES)
    senior_on = access.platforms_for(user, SENIOR)
    return Case.objects.filter(
        Q(state=Case.State.WITH_STAFF, platform__in=claim_on)
        | Q(state=Case.State.WITH_SENIOR, platform__in=senior_on)
    )


def list_unclaimed(*, user: User, at: datetime) -> QuerySet[Case]:
    """Return what `user` can be given next: workable, free, undecided, and none of their own."""
    held = Decision.objects.filter(case=OuterRef("pk"), overrides=None, returned_at=None)
    answers_for = Tenure.objects.current().filter(group=OuterRef("group"), account__user=user)
    reported = Flag.objects.filter(case=OuterRef("pk"), reporter__user=user)
    return (
        list_workable(user=user)
        .filter(unclaimed(at=at))
        .filter(~Exists(held), ~Exists(answers_for), ~Exists(reported))
        .exclude(subject__user=user)
        .exclude(owner_at_opening__user=user)
        .select_related("platform", "group", "rule", "subject")
    )


def list_queue(*, user: User) -> QuerySet[Case]:
    """Return every open case with staff that `user` may see, the most urgent first."""
    seen = visibility.list_cases_for_staff(user=user).filter(state__in=WITH_STAFF)
    return by_urgency(seen.select_related("platform", "group", "rule", "subject", "assignee"))


def list_claimed(*, user: User, at: datetime) -> QuerySet[Case]:
    """Return the cases that `user` works on now, the most urgent first."""
    mine = visibility.list_cases_for_staff(user=user).filter(
        state__in=WITH_STAFF, assignee=user, leased_until__gt=at
    )
    return by_urgency(mine.select_related("platform", "group", "rule", "subject"))


def list_overdue(*, at: datetime) -> QuerySet[Case]:
    """Return the cases for the sweeper: past their deadline, and not yet dealt with for it.

    A level is left by a deadline once. At the last one the breach is noted, once.
    """
    left = CaseEntry.objects.filter(
        case=OuterRef("pk"), kind=CaseEntry.Kind.ESCALATED, left_state=OuterRef("state")
    )
    escalates = Q(state__in=list(NEXT_LEVEL)) & ~Exists(left)
    overdue = Case.objects.open().filter(due_at__lte=at)
    return overdue.filter(escalates | Q(breached_at=None)).order_by("due_at", "pk")


def get_next_level(*, case: Case) -> Case.State | None:
    """Return where the deadline takes the case: null at the top, and from a level left before."""
    left = case.timeline.filter(kind=CaseEntry.Kind.ESCALATED, left_state=case.state)
    return None if left.exists() else NEXT_LEVEL.get(case.state)


def list_closable(*, at: datetime) -> QuerySet[Case]:
    """Return the decided cases that nobody can appeal any more."""
    decisions = Decision.objects.filter(case=OuterRef("pk"), returned_at=None)
    appealable = decisions.filter(Q(effective_at=None) | Q(appealable_until__gte=at))
    appealed = Appeal.objects.filter(decision__case=OuterRef("pk"), state__in=Appeal.OPEN_STATES)
    decided = Case.objects.filter(state=Case.State.DECIDED).filter(Exists(decisions))
    return decided.filter(~Exists(appealable), ~Exists(appealed)).order_by("decided_at", "pk")


def get_decision_past_appeal(*, case: Case, at: datetime) -> Decision | None:
    """Return the decision that stands, when nobody can appeal it any more; else null."""
    if not list_closable(at=at).filter(pk=case.pk).exists():
        return None
    return Decision.objects.in_force().filter(case=case).order_by("-number").first()


def was_group_asked(*, case: Case) -> bool:
    """Say whether the case went to the owner first, so that the group knows of it."""
    opened = case.timeline.filter(kind=CaseEntry.Kind.OPENED, is_public=True)
    return opened.exists()


def list_for_owner(*, user: User) -> CaseQuerySet:
    """Return the cases that the dashboard shows to `user`, the latest first."""
    seen = visibility.list_cases_for_owner(user=user)
    return seen.select_related("group", "rule", "subject", "platform").order_by("-number")


def list_to_answer(*, user: User) -> CaseQuerySet:
    """Return what waits for an answer over all groups of `user`, by deadline."""
    return by_urgency(list_for_owner(user=user).filter(state=Case.State.WITH_OWNER))


def list_timeline(*, case: Case, public_only: bool) -> QuerySet[CaseEntry]:
    """Return the lines of the timeline in order; the group sees the public ones only."""
    lines = case.timeline.select_related("by_user", "by_account").order_by("at", "pk")
    return lines.filter(is_public=True) if public_only else lines


@dataclass(frozen=True, slots=True)
class Reported:
    """What one report said, without anything about who sent it."""

    received_at: datetime
    statement: str
    excerpts: Sequence[str]


def list_reported(*, case: Case) -> list[Reported]:
    """Return what was reported, as the group may see it."""
    flags = case.flags.prefetch_related("evidence").order_by("received_at", "pk")
    return [
        Reported(
            received_at=flag.received_at,
            statement=flag.statement,
            excerpts=[evidence.excerpt for evidence in flag.evidence.all()],
        )
        for flag in flags
    ]
