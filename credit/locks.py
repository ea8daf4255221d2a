"""Row locks of credit, each in one place and ordered by primary key.

Whatever changes a ledger or a sanction, and the standing with it, holds the lock of the account.
It does not keep anybody from writing rows that refer to the account. A refresh changes neither
and locks standings alone: an action locks its own as well, once it has the account.
"""

from collections.abc import Iterable
from uuid import UUID

from credit.models import Standing
from identity.models import Account
from portal.core import rows
from portal.core.models import Platform


def accounts(ids: Iterable[UUID]) -> list[Account]:
    """Lock the accounts until the transaction ends."""
    return list(
        Account.objects.filter(pk__in=list(ids)).order_by("pk").select_for_update(no_key=True)
    )


def account(pk: UUID) -> None:
    """Lock one account until the transaction ends."""
    rows.fetch_prepared("SELECT id FROM identity_account WHERE id = %s FOR NO KEY UPDATE", [pk])


def standing(account_id: UUID) -> Standing | None:
    """Lock what is stored of where an account stands. The caller holds the account's lock."""
    found = rows.fetch_each(Standing, "WHERE account_id = %s FOR NO KEY UPDATE", [account_id])
    return found[0] if found else None


def platform(pk: UUID) -> Platform:
    """Lock a platform while the versions of its policy change."""
    return Platform.objects.select_for_update(no_key=True).get(pk=pk)
