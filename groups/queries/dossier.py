"""Everything a person needs beside a case to decide it: reports, answers, group and people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from credit import queries as credit_queries
from credit.models import Sanction
from credit.record import StandingView
from groups.models import Case, CaseEntry, Decision, Flag, Group
from groups.queries import tenures
from groups.queries.tenures import Responsible
from identity.models import Account, Verification

YEAR = timedelta(days=365)
TIMELINE_SHOWN = 200
FLAGS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Year:
    """How the last twelve months of a group or an account went."""

    cases: int
    upheld: int
    reversed: int


@dataclass(frozen=True, slots=True)
class GroupFacts:
    group: Group
    # Who holds which role now, with the account to name and link.
    responsible: Sequence[tuple[Responsible, Account]]
    year: Year


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """The account that was reported: where it stands, and what was taken from it."""

    account: Account
    standing: StandingView | None
    sanctions: Sequence[Sanction]
    is_verified: bool
    year: Year


@dataclass(frozen=True, slots=True)
class Dossier:
    flags: Sequence[Flag]
    reporters: int
    answers: Sequence[CaseEntry]
    timeline: Sequence[CaseEntry]
    decisions: Sequence[Decision]
    group: GroupFacts
    person: PersonFacts | None

    @property
    def last_flag_at(self) -> datetime | None:
        return self.flags[-1].received_at if self.flags else None


def get_dossier(*, case: Case, at: datetime) -> Dossier:
    """Gather what stands beside `case` at `at`. The number of queries does not depend on rows."""
    flags = list(
        case.flags.select_related("reporter")
        .prefetch_related("evidence")
        .order_by("received_at", "id")[:FLAGS_SHOWN]
    )
    timeline = list(
        case.timeline.select_related("by_user", "by_account").order_by("at", "id")[:TIMELINE_SHOWN]
    )
    return Dossier(
        flags=flags,
        reporters=len({flag.reporter_id for flag in flags if flag.reporter_id}),
        answers=[entry for entry in timeline if entry.kind == CaseEntry.Kind.ANSWERED],
        timeline=timeline,
        decisions=list(case.decisions.order_by("number")),
        group=_group_facts(case.group, at=at),
        person=_person_facts(case.subject, at=at) if case.subject else None,
    )


def _group_facts(group: Group, *, at: datetime) -> GroupFacts:
    found = tenures.get_responsible(group=group, at=at)
    accounts = Account.objects.in_bulk({one.account_id for one in found})
    return GroupFacts(
        group=group,
        responsible=[(one, accounts[one.account_id]) for one in found],
        year=_year(Q(case__group=group), Case.objects.filter(group=group), at=at),
    )


def _person_facts(account: Account, *, at: datetime) -> PersonFacts:
    try:
        standing = credit_queries.get_standing(account=account, at=at)
    except credit_queries.NoPolicy:
        standing = None
    return PersonFacts(
        account=account,
        standing=standing,
        sanctions=list(
            Sanction.objects.filter(account=account).in_force_at(at).order_by("starts_at", "pk")
        ),
        is_verified=Verification.objects.valid_at(at).filter(account=account).exists(),
        year=_year(Q(subject_account=account), Case.objects.filter(subject=account), at=at),
    )


def _year(decided_about: Q, cases: QuerySet[Case], *, at: datetime) -> Year:
    since = at - YEAR
    counts = (
        Decision.objects.filter(decided_about, effective_at__gte=since)
        .exclude(outcome=Decision.Outcome.DISMISSED)
        .aggregate(
            upheld=Count("pk", filter=Q(overridden_by__effective_at=None)),
            reversed=Count("pk", filter=Q(overridden_by__effective_at__isnull=False)),
        )
    )
    opened = cases.filter(opened_at__gte=since).count()
    return Year(cases=opened, **counts)
