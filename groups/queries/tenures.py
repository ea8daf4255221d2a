"""Who was responsible for a group, and when."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Value
from django.db.models.functions import Lower

from credit.models import Privilege
from groups.folding import Baseline, Fact, Past, Rank, Span
from groups.models import Group, RoleEvent, Tenure
from groups.models.tenures import Role
from identity.models import Verification
from identity.models.verifications import Level

# The roles that rest on each privilege and end when a decision takes it.
TAKEN_WITH: dict[str, list[Role]] = {
    Privilege.OWN_GROUP: [Role.OWNER, Role.CO_OWNER],
    Privilege.MANAGE_GROUP: [Role.MANAGER],
    Privilege.CREATE_GROUP: [],
}
# A time and the source's sequence.
Instant = tuple[datetime, int]
LAST = 2**63 - 1
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
    tenures = list(Tenure.objects.filter(group=group).at(at).select_related("account"))
    tenures.sort(key=lambda tenure: (RANKS[Role(tenure.role)], tenure.since, tenure.pk))
    levels = _get_levels([tenure.account_id for tenure in tenures], at)
    return [
        Responsible(
            account_id=tenure.account_id,
            external_id=tenure.account.external_id,
            role=tenure.role,
            since=tenure.since,
            until=tenure.until,
            verified=levels.get(tenure.account_id),
        )
        for tenure in tenures
    ]


def _get_levels(account_ids: Sequence[UUID], at: datetime) -> dict[UUID, str]:
    counting = Verification.objects.filter(account__in=account_ids).valid_at(at)
    order = list(Level.values)
    found: dict[UUID, str] = {}
    for account_id, level in counting.values_list("account_id", "level"):
        if account_id not in found or order.index(level) > order.index(found[account_id]):
            found[account_id] = level
    return found


def list_tenures(*, group: Group) -> QuerySet[Tenure]:
    """Return all tenures of the group, the latest first."""
    tenures = Tenure.objects.filter(group=group).select_related("account")
    return tenures.order_by(Lower("period").desc(), "pk")


def get_facts(*, group_ids: Sequence[UUID]) -> Mapping[UUID, list[Fact]]:
    """Return the role events of each group, as the fold reads them."""
    facts: dict[UUID, list[Fact]] = defaultdict(list)
    rows: Iterable[tuple[Any, ...]] = RoleEvent.objects.filter(group__in=group_ids).values_list(
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
    for group_id, *values in rows:
        facts[group_id].append(Fact(*values))
    return facts


def get_pasts(*, groups: Sequence[Group]) -> Mapping[UUID, Past]:
    """Return what is known of each group, as the fold reads it."""
    ids = [group.pk for group in groups]
    facts, held = get_facts(group_ids=ids), get_tenures_by_group(group_ids=ids)
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


def get_first_grants(
    *, group_ids: Sequence[UUID], account_ids: Sequence[UUID]
) -> Mapping[tuple[UUID, UUID], Instant]:
    """Return when each of these accounts was first given a role in each of these groups."""
    granted = RoleEvent.objects.filter(
        group__in=group_ids, account__in=account_ids, kind=RoleEvent.Kind.GRANTED
    )
    # Of a tenure that has lasted for long, the grant may be purged. Where it is not, it counts.
    held = Tenure.objects.filter(group__in=group_ids, account__in=account_ids)
    first: dict[tuple[UUID, UUID], Instant] = {}
    for group, account, at, sequence in [
        *granted.values_list("group_id", "account_id", "occurred_at", "sequence"),
        *held.values_list("group_id", "account_id", Lower("period"), Value(LAST)),
    ]:
        pair = group, account
        first[pair] = min(first.get(pair, (at, sequence)), (at, sequence))
    return first
