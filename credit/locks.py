"""Row locks of credit, each in one place and ordered by primary key.

Whatever changes a ledger or a sanction, and the standing with it, holds the lock of the account.
It does not keep anybody from writing rows that refer to the account. A refresh changes neither
and locks standings alone.
"""

from collections.abc import Iterable
from uuid import UUID

from identity.models import Account
from portal.core.models import Platform


def accounts(ids: Iterable[UUID]) -> list[Account]:
    """Lock the accounts until the transaction ends."""
    return list(
        Account.objects.filter(pk__in=list(ids)).order_by("pk").select_for_update(no_key=True)
    )


def platform(pk: UUID) -> Platform:
    """Lock a platform while the versions of its policy change."""
    return Platform.objects.select_for_update(no_key=True).get(pk=pk)
