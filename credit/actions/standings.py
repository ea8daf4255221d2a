"""The projection of each ledger: written with every entry, and when time changes something."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from credit import changes, queries
from credit.changes import StandingChange
from credit.models import LedgerEntry, Policy, Sanction, Standing
from credit.record import Record
from identity.models import Account
from portal.core import audit
from portal.core.actors import Actor

Row = TypeVar("Row", LedgerEntry, Sanction)


def write(*, projected: Iterable[tuple[Account, Record]], at: datetime) -> None:
    """Store where the accounts stand at `at`. The caller holds their locks."""
    found = list(projected)
    numbers = queries.get_last_numbers(account_ids=[account.pk for account, _ in found])
    rows = [_project(account, record, numbers.get(account.pk, 0), at) for account, record in found]
    Standing.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=[
            "policy",
            "score",
            "tier",
            "last_sequence",
            "as_of",
            "next_change_at",
        ],
    )


@transaction.atomic(savepoint=False)
def refresh_due(*, by: Actor, at: datetime, limit: int) -> int:
    """Refresh at most `limit` standings that time or a new policy has outdated.

    1. Claim them, with their accounts, passing over those that somebody else has locked: an
       action on such an account refreshes it anyway.
    2. Compare the answers as they were at `as_of` with those of now: both follow from the rows
       as they are, so the difference is what time alone changed.
    3. Write the projection and tell the platforms of changed answers.
    """
    claimed = _claim(at=at, limit=limit)
    entries, sanctions = _rows_of([standing.account_id for standing in claimed])
    policies: dict[UUID, Policy] = {}
    projected: list[tuple[Account, Record]] = []
    found: list[tuple[Account, StandingChange]] = []
    for standing in claimed:
        if (current := policies.get(standing.platform_id)) is None:
            current = queries.get_policy(platform_id=standing.platform_id, at=at)
            policies[standing.platform_id] = current
        account = standing.account
        then = Record(standing.policy, tuple(entries[account.pk]), tuple(sanctions[account.pk]))
        now = replace(then, policy=current)
        projected.append((account, now))
        found += [(account, change) for change in _changes(standing, then, now, at)]
    write(projected=projected, at=at)
    if claimed:
        told = changes.announce(found, at=at)
        new = {"refreshed": len(claimed), "answers_changed": told}
        audit.record(action="standings.refresh", record=Standing, by=by, at=at, new=new)
    return len(claimed)


def _claim(*, at: datetime, limit: int) -> list[Standing]:
    free = (
        Standing.objects.filter(as_of__lte=at)
        .select_related("account", "policy")
        .select_for_update(of=("self", "account"), skip_locked=True, no_key=True)
    )
    due = list(free.filter(next_change_at__lte=at).order_by("next_change_at")[:limit])
    if len(due) < limit:
        # Without a successor a retired policy goes on: its standings are as current as can be.
        succeeded = Q(
            platform__policies__active_from__gte=F("retired_at"),
            platform__policies__active_from__lte=at,
        )
        retired = Policy.objects.filter(succeeded, retired_at__lte=at).values_list("pk", flat=True)
        under = free.filter(policy__in=list(retired)).exclude(pk__in=[s.pk for s in due])
        due += under.order_by("pk")[: limit - len(due)]
    return due


def _project(account: Account, record: Record, last_number: int, at: datetime) -> Standing:
    standing = record.standing(at)
    return Standing(
        account=account,
        platform_id=account.platform_id,
        policy=record.policy,
        score=standing.score,
        tier=standing.tier,
        last_sequence=max(last_number, *(entry.sequence for entry in record.entries), 0),
        as_of=at,
        next_change_at=standing.next_change_at,
    )


def _changes(
    standing: Standing, then: Record, now: Record, at: datetime
) -> Iterator[StandingChange]:
    """Yield what changed on the platform, and in groups where a sanction began or ended."""
    groups = [
        sanction.scope_group_id
        for sanction in now.sanctions
        if sanction.scope_group_id
        and sanction.is_in_force_at(standing.as_of) != sanction.is_in_force_at(at)
    ]
    for group_id in dict.fromkeys([None, *groups]):
        yield changes.between(
            account=standing.account,
            before=then,
            was_at=standing.as_of,
            after=now,
            at=at,
            group_id=group_id,
        )


def _rows_of(
    accounts: list[UUID],
) -> tuple[dict[UUID, list[LedgerEntry]], dict[UUID, list[Sanction]]]:
    entries = LedgerEntry.objects.filter(account__in=accounts).order_by("sequence")
    sanctions = Sanction.objects.filter(account__in=accounts).order_by("starts_at", "pk")
    return _by_account(entries), _by_account(sanctions)


def _by_account(rows: Iterable[Row]) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.account_id].append(row)
    return found
