"""Replays: all tenures folded again from the baselines and the role events, and what differs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from groups import locks
from groups.actions import tenures
from groups.models import Group, RoleEvent
from groups.queries import log as log_queries
from groups.queries import replays
from groups.queries import tenures as tenure_queries
from portal.core import audit
from portal.core.actors import Actor

ADOPT = f"""
INSERT INTO groups_roleevent (id, platform_id, event_key, group_id, account_id, kind, role,
    occurred_at, sequence, origin, actor_id, caused_by, is_history)
SELECT gen_random_uuid(), platform_id, event_key, group_id,
    CASE WHEN kind LIKE 'group.%%' THEN NULL ELSE subject_id END,
    CASE kind WHEN 'role.granted' THEN 'GRANTED' WHEN 'role.revoked' THEN 'REVOKED'
        WHEN 'member.left' THEN 'LEFT' WHEN 'group.archived' THEN 'ARCHIVED'
        WHEN 'group.restored' THEN 'RESTORED' WHEN 'group.created' THEN 'RESTORED'
        ELSE 'REMOVED' END,
    CASE WHEN kind LIKE 'role.%%' THEN upper(role) END,
    occurred_at, sequence, 'PLATFORM', actor_id,
    (SELECT id FROM groups_decision decision WHERE decision.platform_id = missing.platform_id
        AND 'D-' || decision.number = missing.caused_by),
    false
FROM ({replays.MISSING}) missing
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Replay:
    groups: int
    tenures: int
    """How many the replay came to."""
    differences: list[str]


@transaction.atomic(savepoint=False)
def check(*, group_ids: Sequence[UUID], at: datetime) -> Replay:
    """Fold groups again and compare. Locks them, so that nothing moves in between."""
    return _check(locks.lock_groups(group_ids), at)


@transaction.atomic(savepoint=False)
def repair(*, group_ids: Sequence[UUID], by: Actor, at: datetime) -> Replay:
    """Make stored what a replay of the groups says. Return what was different before.

    Partners hear of every tenure that moved, as after any correction of the past.
    """
    groups = locks.lock_groups(group_ids)
    found = _check(groups, at)
    if not found.differences:
        return found
    adopted = _adopt_from_log(groups, at)
    tenures.derive(groups=groups, by=by, at=at)
    audit.record(
        action="replays.repair",
        record=RoleEvent,
        platform_id=groups[0].platform_id,
        by=by,
        at=at,
        new={"differences": len(found.differences), "role_events": adopted},
    )
    return found


def _check(groups: list[Group], at: datetime) -> Replay:
    pasts = tenure_queries.get_pasts(groups=groups)
    stored = tenure_queries.get_tenures_by_group(group_ids=[group.pk for group in groups])
    differences = replays.list_missing(groups=groups, start=log_queries.get_start(at=at))
    count = 0
    for group in sorted(groups, key=lambda group: group.external_id):
        folded = pasts[group.pk].fold()
        count += len(folded.tenures)
        differences += replays.list_differences(
            group=group,
            stored=stored[group.pk],
            folded=folded.tenures,
            archived_at=folded.archived_at,
        )
    return Replay(len(groups), count, differences)


def _adopt_from_log(groups: list[Group], at: datetime) -> int:
    """Make role events of what the log has beyond them. A grant that came back can make one more
    departure count, so ask until nothing is left."""
    parameters = replays.missing_parameters(
        group_ids=[group.pk for group in groups], start=log_queries.get_start(at=at)
    )
    adopted = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(ADOPT, parameters)
            if cursor.rowcount == 0:
                return adopted
            adopted += cursor.rowcount
