"""Accounts that no sanction restricts, found in one statement: what most questions are about."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from credit import privileges, queries
from credit.models import Policy
from credit.privileges import Privileges
from credit.record import Record
from groups.models import Group
from groups.models.tenures import Role
from identity.models import Account
from portal.core import rows

# Its document is known from before, as long as this process lives.
POLICY = rows.Some(Policy, ("id", "platform_id", "version", "state"))
# Closed groups do not count.
OWNED = """
SELECT tenure.group_id
FROM groups_tenure tenure JOIN groups_group owned ON owned.id = tenure.group_id
WHERE tenure.account_id = {account} AND tenure.role = %(role)s
    AND tenure.period @> %(at)s::timestamptz AND owned.state <> %(closed)s
"""
NOT_OVER = (
    "(x.ends_at IS NULL OR x.ends_at > %(at)s) AND (x.lifted_at IS NULL OR x.lifted_at > %(at)s)"
)


@dataclass(frozen=True, slots=True)
class Known:
    """What an account may do, on the platform and in every group, and the groups it owns.

    Without an account: it is one that Accord does not know, and so a new one.
    """

    account: Account | None
    privileges: Privileges
    owned: frozenset[UUID]


def find(*, platform_id: UUID, external_id: str, at: datetime) -> Known | None:
    """Find an account that no sanction restricts, now or soon, nor the same person elsewhere.

    None where one does, or where what is stored is out of date.
    """
    values = {"platform": platform_id, "external_id": external_id, **_at(at)}
    found = rows.fetch_prepared(_statement(), values)
    if not found:
        return None
    *stored, tier, next_change_at, owned = found[0]
    policy, account = rows.split(stored, POLICY, Account)
    may = privileges.unrestricted(policy, tier=tier, next_change_at=next_change_at)
    if account.pk is None:
        return Known(None, may, frozenset()) if may else None
    if may is None:
        # Why the tier withholds something, and until when, only the ledger can say.
        may = Record(policy, queries.get_ledger(account=account)).privileges(at)
    return Known(account, may, frozenset(owned))


def list_owned(*, account: Account, at: datetime) -> frozenset[UUID]:
    """List the groups that the account answers for."""
    values = {"account": account.pk, **_at(at)}
    found = rows.fetch_prepared(OWNED.format(account="%(account)s"), values)
    return frozenset(group_id for (group_id,) in found)


def _at(at: datetime) -> dict[str, object]:
    return {"at": at, "role": Role.OWNER, "closed": Group.State.CLOSED}


@cache
def _statement() -> str:
    return f"""
        SELECT {rows.columns_of(policy=POLICY, account=Account)},
            standing.tier, standing.next_change_at, ARRAY({OWNED.format(account="account.id")})
        FROM credit_policy policy
            LEFT JOIN identity_account account ON account.platform_id = policy.platform_id
                AND account.external_id = %(external_id)s
            LEFT JOIN credit_standing standing ON standing.account_id = account.id
        WHERE policy.platform_id = %(platform)s
            AND policy.state = 'ACTIVE' AND policy.active_from <= %(at)s
            AND (standing.account_id IS NULL OR standing.policy_id = policy.id
                AND standing.as_of <= %(at)s
                AND (standing.next_change_at IS NULL OR standing.next_change_at > %(at)s))
            AND NOT EXISTS (
                SELECT FROM credit_sanction x WHERE x.account_id = account.id AND {NOT_OVER})
            AND NOT EXISTS (
                SELECT FROM identity_persontag mine
                    JOIN identity_persontag same ON same.digest = mine.digest
                    JOIN identity_account other ON other.id = same.account_id
                        AND other.platform_id = account.platform_id
                    JOIN credit_sanction x ON x.account_id = other.id
                WHERE mine.account_id = account.id AND x.starts_at <= %(at)s AND {NOT_OVER})
    """
