"""Accounts that platforms name for the first time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import connection, transaction

from identity.models import Account
from portal.core import audit, rows
from portal.core.actors import Actor
from portal.core.models import Platform
from portal.core.recent import Recent

# One text for all names, because a parameter each costs more than the rest; and a look at the
# index for each, whatever the planner knows of the table.
FIND = """
SELECT wanted.name, known.id FROM json_array_elements_text(%s::json) AS wanted (name),
LATERAL (SELECT id FROM identity_account
    WHERE platform_id = %s AND external_id = wanted.name LIMIT 1) AS known
"""


# Ids never change, and accounts leave only when nothing has named them for months.
_recent: Recent[UUID] = Recent(seconds=15, most=50_000)


def find(*, platform: Platform, external_ids: Iterable[str]) -> dict[str, UUID]:
    """Return the known ones of these accounts."""
    return _recent.find(platform.pk, external_ids, partial(_look_up, platform.pk))


def _look_up(platform_id: UUID, names: list[str]) -> dict[str, UUID]:
    with connection.cursor() as cursor:
        cursor.execute(FIND, [rows.as_json(names), platform_id])
        return dict(cursor.fetchall())


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
        rows.insert_each(
            [Account(platform=platform, external_id=name, created_at=at) for name in missing],
            ignore_conflicts=True,
        )
        found |= find(platform=platform, external_ids=missing)
        new = {"accounts": len(missing)}
        audit.record(
            action="accounts.ensure", record=Account, platform_id=platform.pk, by=by, at=at, new=new
        )
    return found


NAME = """
UPDATE identity_account a SET display_name = told.name
FROM json_each_text(%s::json) AS told (external_id, name)
WHERE a.platform_id = %s AND a.external_id = told.external_id
    -- Whoever was erased gets no name again.
    AND a.erased_at IS NULL AND a.display_name <> told.name
RETURNING a.id
"""


@transaction.atomic(savepoint=False)
def name_each(*, platform: Platform, names: Mapping[str, str], by: Actor, at: datetime) -> int:
    """Note how accounts are called, creating those that are new. Return how many changed.

    The names are in no audit entry: it would keep what the person had changed.
    """
    ensure(platform=platform, external_ids=names, by=by, at=at)
    with connection.cursor() as cursor:
        cursor.execute(NAME, [rows.as_json(names), platform.pk])
        changed = [pk for (pk,) in cursor.fetchall()]
    audit.record_each(
        action="accounts.name",
        changes=[(account, {}, {}) for account in Account.objects.filter(pk__in=changed)],
        by=by,
        at=at,
    )
    return len(changed)
