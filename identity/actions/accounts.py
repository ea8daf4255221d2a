"""Accounts that platforms name for the first time."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from identity.models import Account
from portal.core import audit
from portal.core.actors import Actor
from portal.core.models import Platform


def find(*, platform: Platform, external_ids: Iterable[str]) -> dict[str, UUID]:
    """Return the known ones of these accounts."""
    wanted = set(external_ids)
    if not wanted:
        return {}
    known = Account.objects.filter(platform=platform, external_id__in=wanted)
    return dict(known.values_list("external_id", "pk"))


@transaction.atomic(savepoint=False)
def ensure(
    *, platform: Platform, external_ids: Iterable[str], by: Actor, at: datetime
) -> dict[str, UUID]:
    """Return the account of each external id, after creating those that are new."""
    wanted = set(external_ids)
    found = find(platform=platform, external_ids=wanted)
    # In one order, so that two batches that bring the same new accounts never deadlock.
    missing = sorted(wanted - found.keys())
    if missing:
        Account.objects.bulk_create(
            [Account(platform=platform, external_id=name, created_at=at) for name in missing],
            ignore_conflicts=True,
            batch_size=1000,
        )
        found |= find(platform=platform, external_ids=missing)
        new = {"accounts": len(missing)}
        audit.record(
            action="accounts.ensure", record=Account, platform_id=platform.pk, by=by, at=at, new=new
        )
    return found
