"""An account that nothing restricts, found in one statement: what most questions are about."""

from datetime import datetime
from functools import cache
from uuid import UUID

from credit import queries
from credit.models import Policy, Standing
from credit.privileges import Privileges
from identity.models import Account
from portal.core import rows

IN_FORCE = (
    "x.starts_at <= %(at)s AND (x.ends_at IS NULL OR x.ends_at > %(at)s)"
    " AND (x.lifted_at IS NULL OR x.lifted_at > %(at)s)"
)


def find(*, platform_id: UUID, external_id: str, at: datetime) -> tuple[Account, Privileges] | None:
    """Return the account and what it may do, on the platform and in every group.

    None where the ledger has to be read, or something restricts this account or another one of
    the same person: then `queries.get_privileges` knows.
    """
    values = {"platform": platform_id, "external_id": external_id, "at": at}
    found = rows.fetch_prepared(_statement(), values)
    if not found:
        return None
    account, standing, policy = rows.split(found[0], Account, Standing, Policy)
    standing.policy = policy
    may = queries.from_projection(standing, sanctions=(), group_id=None)
    return None if may is None else (account, may)


@cache
def _statement() -> str:
    columns = rows.columns_of(account=Account, standing=Standing, policy=Policy)
    return f"""
        SELECT {columns}
        FROM identity_account account
            JOIN credit_standing standing ON standing.account_id = account.id
            JOIN credit_policy policy ON policy.id = standing.policy_id
        WHERE account.platform_id = %(platform)s AND account.external_id = %(external_id)s
            AND standing.as_of <= %(at)s
            AND (standing.next_change_at IS NULL OR standing.next_change_at > %(at)s)
            AND policy.active_from <= %(at)s AND policy.retired_at IS NULL
            AND NOT EXISTS (
                SELECT FROM credit_sanction x WHERE x.account_id = account.id AND {IN_FORCE})
            AND NOT EXISTS (
                SELECT FROM identity_persontag mine
                    JOIN identity_persontag same ON same.digest = mine.digest
                    JOIN identity_account other ON other.id = same.account_id
                        AND other.platform_id = account.platform_id
                    JOIN credit_sanction x ON x.account_id = other.id
                WHERE mine.account_id = account.id AND {IN_FORCE})
    """
