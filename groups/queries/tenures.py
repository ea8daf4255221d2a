"""Who was responsible for a group, and when."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Lower

from credit.models import Privilege
from groups.folding import Baseline, Fact, Past, Rank, Span
from groups.models import Group, RoleEvent, Tenure
from groups.models.tenures import Role
from identity.models import Account, Verification
from identity.queries import HIGHEST_FIRST
from portal.core import rows
from portal.core.models import Platform

# The roles that rest on each privilege and end when a decision takes it.
TAKEN_WITH: dict[str, list[Role]] = {
    Privilege.OWN_GROUP: [Role.OWNER, Role.CO_OWNER],
    Privilege.MANAGE_GROUP: [Role.MANAGER],
    Privilege.CREATE_GROUP: [],
}
RANKS = {Role.OWNER: 0, Role.CO_OWNER: 1, Role.MANAGER: 2}


@dataclass(frozen=True, slots=True)
class Responsible:
    """An account that held a role in a group at an instant."""

    account_id: UUID
    external_id: str
    role: str
    since: datetime
    until: datetime | None
    # Of their attestations that counted at that instant, the highest level.
    verified: str | None


def get_responsible(*, group: Group, at: datetime) -> list[Responsible]:
    """Return who held which role in the group at `at`: the owner first, then by seniority."""
    held = rows.fetch_ready(list_held(group=group, at=at))
    held.sort(key=lambda row: _order(row[0], row[1].lower, row[2]))
    return [
        Responsible(account_id, external_id, role, period.lower, period.upper, verified)
        for role, period, _, account_id, external_id, verified in held
    ]


def list_held(*, group: Group, at: datetime) -> QuerySet[Tenure, tuple[Any, ...]]:
    """Return the columns of who held which role in the group at `at`, in no order."""
    surest = Verification.objects.filter(account=OuterRef("account")).valid_at(at)
    verified = Subquery(surest.order_by(HIGHEST_FIRST).values("level")[:1])
    held = Tenure.objects.filter(group=group).at(at).annotate(verified=verified)
    return held.values_list("role", "period", "pk", "account", "account__external_id", "verified")


def rank_of(tenure: Tenure) -> tuple[int, datetime, UUID]:
    """Order by who answers first: the owner, then by role and seniority."""
    return _order(tenure.role, tenure.since, tenure.pk)


def _order(role: str, since: datetime, pk: UUID) -> tuple[int, datetime, UUID]:
    return RANKS[Role(role)], since, pk


# For a simulation at `at` on `platform`: account_id and size of the largest group of each account.
LARGEST_GROUP = """
SELECT t.account_id, max(g.size) AS size
FROM groups_tenure t JOIN groups_group g ON g.id = t.group_id
WHERE t.platform_id = %(platform)s AND t.period @> %(at)s
GROUP BY t.account_id
"""
# What is left of the life of a group when every tenure of an owner is cut out.
GAPS = """
SELECT lower(gap), upper(gap) FROM unnest(
    tstzmultirange(tstzrange(%(first)s, %(last)s)) - COALESCE(
        (SELECT range_agg(period) FROM groups_tenure
            WHERE group_id = %(group)s AND role = 'OWNER'), '{}')) AS gap
ORDER BY 1 DESC
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """A period in which nobody answered for a group; `until` is null while it lasts."""

    since: datetime
    until: datetime | None


def list_gaps(*, group: Group, at: datetime) -> list[Gap]:
    """Return when the group had no owner, from when it is known until `at` or its end."""
    last = min(filter(None, [group.archived_at, group.closed_at, at]))
    if last <= group.first_seen_at:
        return []
    with connection.cursor() as cursor:
        cursor.execute(GAPS, {"first": group.first_seen_at, "last": last, "group": group.pk})
        return [Gap(since, None if until == at else until) for since, until in cursor.fetchall()]


def list_tenures(*, group: Group, at: datetime | None = None) -> QuerySet[Tenure]:
    """Return the tenures of the group, all or those that held at `at`, the latest first."""
    tenures = Tenure.objects.filter(group=group).select_related("account")
    if at is not None:
        tenures = tenures.at(at)
    return tenures.order_by(Lower("period").desc(), "pk")


def list_roles(*, account: Account) -> QuerySet[Tenure]:
    """Return the tenures of the account in all groups, the latest first."""
    tenures = Tenure.objects.filter(account=account).select_related("group", "account")
    return tenures.order_by(Lower("period").desc(), "pk")


def get_facts(*, group_ids: Sequence[UUID]) -> Mapping[UUID, list[Fact]]:
    """Return the role events of each group, as the fold reads them."""
    facts: dict[UUID, list[Fact]] = defaultdict(list)
    found: Iterable[tuple[Any, ...]] = RoleEvent.objects.filter(group__in=group_ids).values_list(
        "group_id",
        "event_key",
        "kind",
        "occurred_at",
        "sequence",
        "account_id",
        "role",
        "actor_id",
        "cause",
        "caused_by",
        "is_history",
    )
    for group_id, *values in found:
        facts[group_id].append(Fact(*values))
    return facts


def get_pasts(
    *, groups: Sequence[Group], held: Mapping[UUID, Sequence[Tenure]] | None = None
) -> Mapping[UUID, Past]:
    """Return what is known of each group, as the fold reads it.

    `held` are their tenures, where the caller has read them.
    """
    ids = [group.pk for group in groups]
    facts = get_facts(group_ids=ids)
    if held is None:
        held = get_tenures_by_group(group_ids=ids)
    return {group.pk: Past(facts[group.pk], _baseline(group, held[group.pk])) for group in groups}


def _baseline(group: Group, tenures: Sequence[Tenure]) -> Baseline | None:
    since = group.known_from
    if since is None:
        return None
    held = [
        Span(
            account=tenure.account_id,
            role=tenure.role,
            since=tenure.since,
            began=tenure.began,
            began_by=tenure.began_by_id,
            began_event=tenure.began_event,
            is_history=tenure.is_history,
            rank=_rank(tenure),
            stands_in_for=tenure.stands_in_for,
        )
        for tenure in tenures
        if tenure.since < since and (tenure.until is None or tenure.until >= since)
    ]
    return Baseline(since, held, group.known_archived_at)


def _rank(tenure: Tenure) -> Rank | None:
    if tenure.senior_from is None or tenure.senior_place is None:
        return None
    return tenure.senior_from, tenure.senior_place


def get_tenures_by_group(*, group_ids: Sequence[UUID]) -> Mapping[UUID, list[Tenure]]:
    tenures: dict[UUID, list[Tenure]] = defaultdict(list)
    for tenure in Tenure.objects.filter(group__in=group_ids):
        tenures[tenure.group_id].append(tenure)
    return tenures


def get_known_events(*, platform: Platform, keys: Sequence[UUID]) -> set[bytes]:
    """Return those of the keys under which a role event is stored."""
    if not keys:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT uuid_send(event_key) FROM groups_roleevent"
            " WHERE platform_id = %s AND event_key = ANY(%s::uuid[])",
            [platform.pk, rows.as_array(keys)],
        )
        return {bytes(key) for (key,) in cursor.fetchall()}


FIRST_GRANTS = """
SELECT pair.group_id, pair.account_id, first.at, first.sequence
FROM json_to_recordset(%s::json) AS pair (group_id uuid, account_id uuid),
LATERAL (SELECT * FROM (
    SELECT occurred_at AS at, sequence FROM groups_roleevent
    WHERE account_id = pair.account_id AND group_id = pair.group_id AND kind = 'GRANTED'
    -- Of a tenure that has lasted for long, the grant may be purged. Where it is not, it counts.
    UNION ALL SELECT lower(period), 9223372036854775807 FROM groups_tenure
    WHERE account_id = pair.account_id AND group_id = pair.group_id
) AS found ORDER BY at, sequence LIMIT 1) AS first
"""


def get_first_grants(
    *, pairs: Iterable[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], tuple[datetime, int]]:
    """Return when each account was first given a role in each group, of (group, account) pairs."""
    wanted = [{"group_id": group, "account_id": account} for group, account in pairs]
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(FIRST_GRANTS, [rows.as_json(wanted)])
        return {(group, account): (at, seq) for group, account, at, seq in cursor.fetchall()}
