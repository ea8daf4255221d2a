"""The figures of a transparency report, as of an instant. Integers and texts only; null is none.

Times are whole minutes; shares are computed by the reader's page from two counts, so that the
denominator is always there.
"""

import statistics
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from groups.models import Appeal, Case, Decision, Flag, Group, Measure, Rule, Tenure
from groups.models.tenures import Role
from groups.queries import answers
from identity.models import Verification
from portal.core.data_classes import registry
from portal.core.models import Platform
from reports.models import AuthorityRequest

UPHELD = (Decision.Outcome.OWNER_HANDLED, Decision.Outcome.MEASURES)
FORMAT = "accord.transparency-report.v1"


def get_figures(
    *, platform: Platform, period_from: datetime, period_to: datetime, as_of: datetime
) -> dict[str, Any]:
    """Count what came in and what was done in [`period_from`, `period_to`), as known at `as_of`.

    Reports count by the date they were received, decisions by the date they took effect, appeals
    by the date they were submitted, cases by the date they were opened. What became of them
    counts up to `as_of`, also after the period.
    """
    until = min(period_to, as_of)
    flags = Flag.objects.filter(
        platform=platform, received_at__gte=period_from, received_at__lt=until
    )
    decisions = Decision.objects.filter(
        platform=platform, effective_at__gte=period_from, effective_at__lt=until
    )
    first = decisions.filter(overrides=None)
    appeals = Appeal.objects.filter(
        platform=platform, submitted_at__gte=period_from, submitted_at__lt=until
    )
    return {
        "format": FORMAT,
        "service": platform.name,
        "period": [period_from.isoformat(), period_to.isoformat()],
        "as_of": as_of.isoformat(),
        "summary": {
            "reports": flags.count(),
            "cases": flags.values("case").distinct().count(),
            "decisions": first.count(),
            "upheld": first.filter(outcome__in=UPHELD).count(),
            "median_minutes_to_decide": _median_minutes(first),
        },
        "by_month": _by_month(flags, first, period_from, until),
        "by_rule": _by_rule(platform, flags, first, appeals, as_of),
        "by_source": _counts(flags, "source", Flag.Source),
        "measures": _measures(decisions),
        "answers": _answers(platform, period_from, until, as_of),
        "appeals": _appeals(appeals, as_of),
        "responsibility": _responsibility(platform, until, as_of),
        "automation": {
            "decisions_by_people": first.count(),
            "decisions_by_machines": 0,
            "automated_detection": first.filter(automated_detection=True).count(),
        },
        "authorities": _authorities(platform, period_from, until, as_of),
    }


def _by_month(
    flags: QuerySet[Flag], decisions: QuerySet[Decision], start: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Count by month of UTC; a month without anything is a line of zeros, not a gap."""
    received = Counter(_months(flags.values_list("received_at", flat=True)))
    decided = Counter(_months(decisions.values_list("effective_at", flat=True)))
    first, last = start.astimezone(UTC), until.astimezone(UTC) - timedelta.resolution
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    months = [f"{number // 12}-{number % 12 + 1:02d}" for number in numbers]
    return [
        {"month": month, "received": received[month], "decided": decided[month]} for month in months
    ]


def _months(instants: Iterable[datetime | None]) -> list[str]:
    return [f"{instant.astimezone(UTC):%Y-%m}" for instant in instants if instant]


def _by_rule(
    platform: Platform,
    flags: QuerySet[Flag],
    decisions: QuerySet[Decision],
    appeals: QuerySet[Appeal],
    as_of: datetime,
) -> list[dict[str, Any]]:
    """List every rule that was in force or used, with its counts: no join, so none is doubled."""
    received = _count_by(flags, "case__rule__code")
    decided = _count_by(decisions, "rule__code")
    upheld = _count_by(decisions.filter(outcome__in=UPHELD), "rule__code")
    appealed = _count_by(appeals, "decision__rule__code")
    reversed_ = _count_by(_changed(appeals, as_of), "decision__rule__code")
    titles = dict(
        Rule.objects.filter(platform=platform, published_at__lt=as_of)
        .order_by("version")
        .values_list("code", "title")
    )
    return [
        {
            "rule": code,
            "title": title,
            "received": received[code],
            "decided": decided[code],
            "upheld": upheld[code],
            "appeals": appealed[code],
            "reversed": reversed_[code],
        }
        for code, title in sorted(titles.items())
    ]


def _count_by(rows: QuerySet[Any], field: str) -> Counter[str]:
    return Counter(dict(rows.values_list(field).annotate(count=Count("pk")).order_by()))


def _counts(rows: QuerySet[Any], field: str, choices: Any) -> list[dict[str, Any]]:
    found = _count_by(rows, field)
    return [{"kind": choice.value, "count": found[choice.value]} for choice in choices]


def _measures(decisions: QuerySet[Decision]) -> list[dict[str, Any]]:
    """Count what was taken, once: what an override only keeps was taken by the one before it."""
    of = ("kind", "privilege", "in_group")
    before = Measure.objects.filter(decision__in=decisions.values("overrides"))
    known = set(before.values_list("decision", *of))
    taken = Measure.objects.filter(decision__in=decisions).values_list("decision__overrides", *of)
    found = Counter(measure[1] for measure in taken if measure not in known)
    return [{"kind": kind.value, "count": found[kind.value]} for kind in Measure.Kind]


def _changed(appeals: QuerySet[Appeal], as_of: datetime) -> QuerySet[Appeal]:
    return appeals.filter(
        state__in=[Appeal.State.REVERSED, Appeal.State.PARTIALLY_REVERSED], reviewed_at__lte=as_of
    )


def _appeals(appeals: QuerySet[Appeal], as_of: datetime) -> dict[str, Any]:
    ended = appeals.filter(reviewed_at__lte=as_of)
    decided = ended.exclude(state=Appeal.State.OMITTED)
    minutes = [
        int((reviewed - submitted).total_seconds() // 60)
        for submitted, reviewed in decided.values_list("submitted_at", "reviewed_at")
        if reviewed
    ]
    return {
        "submitted": appeals.count(),
        "upheld": decided.filter(state=Appeal.State.UPHELD).count(),
        "partially_reversed": decided.filter(state=Appeal.State.PARTIALLY_REVERSED).count(),
        "reversed": decided.filter(state=Appeal.State.REVERSED).count(),
        "omitted": ended.filter(state=Appeal.State.OMITTED).count(),
        "median_minutes_to_decide": int(statistics.median(minutes)) if minutes else None,
    }


def _answers(
    platform: Platform, start: datetime, until: datetime, as_of: datetime
) -> dict[str, int]:
    """Count the cases that went to the group first, what came back, and its deadlines missed."""
    asked = Case.objects.filter(
        answers.ASKED, platform=platform, opened_at__gte=start, opened_at__lt=until
    )
    return {
        "asked": asked.count(),
        "answered": asked.filter(answered_at__lte=as_of).count(),
        "deadline_missed": asked.filter(answers.missed(at=as_of)).count(),
    }


def _responsibility(platform: Platform, at: datetime, as_of: datetime) -> dict[str, Any]:
    """Count groups and owners at `at`, and say where verifications had left by `as_of`."""
    groups = Group.objects.filter(platform=platform, first_seen_at__lt=at)
    owners = Tenure.objects.at(at).filter(platform=platform, role=Role.OWNER)
    verified = Verification.objects.valid_at(at).filter(account__in=owners.values("account"))
    kept_since = registry.classes["verifications"].cutoff(as_of)
    return {
        "groups": groups.exclude(archived_at__lt=at).count(),
        "groups_with_an_owner": owners.count(),
        "owners": owners.values("account").distinct().count(),
        "verified_owners": verified.values("account").distinct().count(),
        "verifications_kept_since": kept_since.isoformat() if at < kept_since else None,
    }


def _authorities(
    platform: Platform, start: datetime, until: datetime, as_of: datetime
) -> list[dict[str, Any]]:
    """Count requests of authorities: how many, and in how many something was given or done."""
    requests = AuthorityRequest.objects.filter(
        platform=platform, received_date__gte=start.date(), received_date__lt=until.date()
    )
    complied = Q(outcome__in=["COMPLIED", "PARTLY_COMPLIED"], outcome_date__lte=as_of.date())
    counted = {
        row["kind"]: {"received": row["received"], "complied": row["complied"]}
        for row in requests.values("kind")
        .annotate(received=Count("pk"), complied=Count("pk", filter=complied))
        .order_by()
    }
    nothing = {"received": 0, "complied": 0}
    return [
        {"kind": kind.value, **counted.get(kind.value, nothing)} for kind in AuthorityRequest.Kind
    ]


def _median_minutes(decisions: QuerySet[Decision]) -> int | None:
    minutes = [
        int((effective - opened).total_seconds() // 60)
        for opened, effective in decisions.values_list("case__opened_at", "effective_at")
        if effective
    ]
    return int(statistics.median(minutes)) if minutes else None
