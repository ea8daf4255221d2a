"""What a platform's table says of its groups: name, size, language."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from groups import locks
from groups.actions import groups as group_actions
from groups.batches import Told
from groups.models import Group
from groups.registry.rows import GroupRow
from portal.core import audit
from portal.core.actors import Actor
from portal.core.models import Platform


@transaction.atomic(savepoint=False)
def describe(*, platform: Platform, rows: Mapping[UUID, GroupRow], by: Actor, at: datetime) -> None:
    """Note name, size and language of these groups; an event that comes later goes before it."""
    before = {group.pk: group for group in locks.lock_groups(rows)}
    told = {
        pk: Told(
            first_seen_at=before[pk].first_seen_at,
            name=(at, 0, row.name) if row.name != before[pk].name else None,
            size=(at, 0, row.members) if row.members not in (None, before[pk].size) else None,
        )
        for pk, row in rows.items()
    }
    group_actions.take(told=told, history=False)
    spoken: dict[str, list[UUID]] = {}
    for pk, row in rows.items():
        spoken.setdefault(row.language, []).append(pk)
    for language, ids in sorted(spoken.items()):
        Group.objects.filter(pk__in=ids).exclude(language=language).update(language=language)
    audit.record_each(
        action="groups.describe",
        changes=[
            (before[pk], _told_of(before[pk]), {"name": row.name, "size": row.members})
            for pk, row in rows.items()
        ],
        by=by,
        at=at,
        platform_id=platform.pk,
    )


def _told_of(group: Group) -> dict[str, object]:
    return {"name": group.name, "size": group.size}
