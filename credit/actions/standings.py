"""The projection of each ledger: written with every entry, and when time changes something."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction

from credit import changes, locks, projection, queries
from credit.changes import StandingChange
from credit.models import LedgerEntry, Policy, Sanction, Standing
from credit.privileges import Privileges, unrestricted
from credit.projection import Former
from credit.record import Record, StandingView
from identity.models import Account
from portal.core import audit, rows
from portal.core.actors import Actor

Row = TypeVar("Row", LedgerEntry, Sanction)
ENTRIES = """
WHERE account_id = ANY(%(accounts)s::uuid[])
    AND COALESCE(expires_at > %(since)s::timestamptz, true) ORDER BY sequence
"""
SANCTIONS = "WHERE account_id = ANY(%(accounts)s::uuid[]) ORDER BY starts_at, id"


def write(*, projected: Iterable[tuple[Account, Record]], at: datetime) -> list[Standing]:
    """Store where the accounts stand at `at`, and return it. The caller holds their locks."""
    found = list(projected)
    numbers = queries.get_last_numbers(account_ids=[account.pk for account, _ in found])
    standings = [
        _project(account, record, numbers.get(account.pk, 0), at) for account, record in found
    ]
    _store(standings)
    return standings


def settle(
    *,
    account: Account,
    told: Standing | None,
    before: Record,
    after: Record,
    at: datetime,
    group_id: UUID | None = None,
) -> None:
    """Store where an action leaves the account, and tell the platform of answers that differ.

    They are compared with those of `told`, what was stored: time, or a new policy, may have
    changed some since, and nobody else will tell of them once the standing is written. With
    `group_id`, the action changed them there. The caller holds the locks of account and standing.
    """
    was = before.standing(at)
    if told is not None and told.as_of < at:
        then = before if told.policy_id == before.policy.pk else replace(before, policy=told.policy)
        was = then.standing(told.as_of)
    found = list(_changes(account, was, after.standing(at), group_id=group_id))
    _store([_project(account, after, told.last_sequence if told else 0, at)])
    changes.announce(found, at=at)


@transaction.atomic(savepoint=False)
def refresh_due(*, by: Actor, at: datetime, limit: int) -> int:
    """Refresh at most `limit` standings that time or a new policy has outdated.

    1. Claim them, passing over those that somebody else has locked. Accounts stay unlocked: an
       action that is under way writes the standing after us, from what it knows itself.
    2. Write what their ledgers give now, platform by platform, in one statement each.
    3. Where the answers may differ, compare them as they were at `as_of` with those of now: both
       follow from the rows as they are, so the difference is what time or the policy changed.
       Tell the platforms.
    """
    claimed = projection.claim(at=at, limit=limit)
    found: list[tuple[Account, StandingChange]] = []
    for part in claimed:
        current = queries.get_policy(platform_id=part.platform_id, at=at)
        others = {*part.policies} - {current.pk}
        policies = {current.pk: current} | Policy.objects.in_bulk(others)
        former = projection.write(part, policies=policies, current=current, at=at)
        found += _compare(former, policies, current, at)
    count = sum(part.count for part in claimed)
    if count:
        told = changes.announce(found, at=at)
        new = {"refreshed": count, "answers_changed": told}
        audit.record(action="standings.refresh", record=Standing, by=by, at=at, new=new)
    return count


@transaction.atomic(savepoint=False)
def repair(*, account_ids: Collection[UUID], by: Actor, at: datetime) -> int:
    """Write what the ledgers of these accounts give, whatever is stored.

    Tell the platforms of answers that are not those that the stored standing gave. Return how
    many there were.
    """
    accounts = locks.accounts(account_ids)
    known = Standing.objects.prefetch_related("policy")
    stored = known.in_bulk([account.pk for account in accounts])
    projected = list(_records(accounts, at))
    found = [
        change
        for account, record in projected
        if account.pk in stored
        for change in _answered_otherwise(account, stored[account.pk], record, at)
    ]
    written = write(projected=projected, at=at)
    told = changes.announce(found, at=at)
    audit.record_each(
        action="standings.repair",
        changes=[(row, _kept(stored.get(row.pk)), _kept(row)) for row in written],
        by=by,
        at=at,
    )
    return told


def _compare(
    former: list[Former], policies: Mapping[UUID, Policy], current: Policy, at: datetime
) -> Iterator[tuple[Account, StandingChange]]:
    """Yield what changed on the platform, and in groups where a sanction began or ended."""
    if not former:
        return
    ids = [one.account_id for one in former]
    accounts = rows.fetch_each(Account, "WHERE id = ANY(%s::uuid[])", [rows.as_array(ids)])
    by_id = {account.pk: account for account in accounts}
    entries, sanctions = _rows_of(ids, since=min(one.as_of for one in former))
    for one in former:
        account = by_id[one.account_id]
        now = Record(current, tuple(entries[account.pk]), tuple(sanctions[account.pk]))
        then = replace(now, policy=policies[one.policy_id])
        yield from _changes(account, then.standing(one.as_of), now.standing(at))


def _records(accounts: list[Account], at: datetime) -> Iterator[tuple[Account, Record]]:
    entries, sanctions = _rows_of([account.pk for account in accounts])
    platforms = {account.platform_id for account in accounts}
    current = {pk: queries.get_policy(platform_id=pk, at=at) for pk in platforms}
    for account in accounts:
        yield (
            account,
            Record(
                current[account.platform_id],
                tuple(entries[account.pk]),
                tuple(sanctions[account.pk]),
            ),
        )


def _answered_otherwise(
    account: Account, stored: Standing, record: Record, at: datetime
) -> Iterator[tuple[Account, StandingChange]]:
    """Yield where the answers that a wrong standing gave are not those of the ledger now."""
    ledger = replace(record, policy=stored.policy)
    for _, change in _changes(account, ledger.standing(stored.as_of), record.standing(at)):
        given = _given(stored, record.sanctions) or change.privileges_before
        yield account, replace(change, privileges_before=given)


def _given(stored: Standing, sanctions: Iterable[Sanction]) -> Privileges | None:
    """Return what the stored standing answered at its moment; None where the ledger did."""
    changes_at = stored.next_change_at
    if stored.policy.retired_at or (changes_at is not None and changes_at <= stored.as_of):
        return None
    if any(one.starts_at > stored.as_of or one.is_in_force_at(stored.as_of) for one in sanctions):
        return None
    return unrestricted(stored.policy, tier=stored.tier, next_change_at=changes_at)


def _kept(standing: Standing | None) -> dict[str, Any]:
    """Say for the audit what is stored."""
    if standing is None:
        return {}
    changes_at = standing.next_change_at
    return {
        "score": standing.score,
        "tier": standing.tier,
        "last_sequence": standing.last_sequence,
        "next_change_at": changes_at.isoformat() if changes_at else None,
    }


def _changes(
    account: Account, was: StandingView, now: StandingView, *, group_id: UUID | None = None
) -> Iterator[tuple[Account, StandingChange]]:
    """Compare on the platform, in groups where a sanction began or ended, and in `group_id`."""
    began = [sanction for sanction in now.sanctions if sanction not in was.sanctions]
    ended = [sanction for sanction in was.sanctions if sanction not in now.sanctions]
    turned = [sanction.scope_group_id for sanction in (*ended, *began)]
    for where in dict.fromkeys([None, group_id, *turned]):
        yield account, changes.between(account=account, before=was, after=now, group_id=where)


def _store(standings: list[Standing]) -> None:
    written = ("policy_id", "score", "tier", "last_sequence", "as_of", "next_change_at")
    rows.insert_each(standings, or_update=written)


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


def _rows_of(
    accounts: list[UUID], *, since: datetime | None = None
) -> tuple[dict[UUID, list[LedgerEntry]], dict[UUID, list[Sanction]]]:
    """Load every entry or, with `since`, what has counted then or later; and every sanction."""
    ids = rows.as_array(accounts)
    entries = rows.fetch_each(LedgerEntry, ENTRIES, {"accounts": ids, "since": since})
    sanctions = rows.fetch_each(Sanction, SANCTIONS, {"accounts": ids})
    return _by_account(entries), _by_account(sanctions)


def _by_account(loaded: Iterable[Row]) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = defaultdict(list)
    for row in loaded:
        found[row.account_id].append(row)
    return found
