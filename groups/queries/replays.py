"""What a replay finds different: stored tenures beside those folded again, and log beside facts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from groups import events
from groups.folding import Span
from groups.models import Group, Tenure
from groups.tenure_changes import Changes
from identity.models import Account

# Rows of the log that say something of a role, and are no role event: `groups`, `start`, `kinds`,
# `departures`. What is older than a group's baseline is in its tenures already.
MISSING = """
SELECT log.* FROM groups_logentry log JOIN groups_group g ON g.id = log.group_id
WHERE log.group_id = ANY(%(groups)s) AND log.occurred_at >= %(start)s
    AND log.kind = ANY(%(kinds)s) AND log.platform_id = g.platform_id
    AND (g.known_from IS NULL OR log.occurred_at >= g.known_from)
    AND NOT EXISTS (SELECT FROM groups_roleevent known
        WHERE known.platform_id = log.platform_id AND known.event_key = log.event_key)
    AND (log.kind <> ALL(%(departures)s)
        OR EXISTS (SELECT FROM groups_roleevent given
            WHERE given.group_id = log.group_id AND given.account_id = log.subject_id
            AND given.kind = 'GRANTED'
            AND (given.occurred_at, given.sequence) < (log.occurred_at, log.sequence))
        OR EXISTS (SELECT FROM groups_tenure held
            WHERE held.group_id = log.group_id AND held.account_id = log.subject_id
            AND lower(held.period) < log.occurred_at))
"""


def missing_parameters(*, group_ids: Sequence[UUID], start: datetime) -> dict[str, Any]:
    return {
        "groups": list(group_ids),
        "start": start,
        "kinds": list(events.ROLE_KINDS),
        "departures": list(events.DEPARTURES),
    }


def list_missing(*, groups: Sequence[Group], start: datetime) -> list[str]:
    """Name each row of the log from `start` on that should be a role event and is none."""
    names = {group.pk: group.external_id for group in groups}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT group_id, kind, occurred_at, source, event_id FROM ({MISSING}) missing"
            " ORDER BY occurred_at, event_key",
            missing_parameters(group_ids=list(names), start=start),
        )
        return [
            f"{names[group]}: {kind} of {_time(at)} is in the log (source {source}, id {event}), "
            "but is no role event"
            for group, kind, at, source, event in cursor.fetchall()
        ]


def list_differences(
    *, group: Group, stored: Sequence[Tenure], folded: Sequence[Span], archived_at: datetime | None
) -> Iterator[str]:
    """Say in words in what the stored tenures of a group differ from the folded ones."""
    if group.archived_at != archived_at:
        was, is_now = _time(group.archived_at), _time(archived_at)
        yield f"{group.external_id}: stored as archived {was}, replayed {is_now}"
    before = {tenure.pk: _values(tenure) for tenure in stored}
    changes = Changes()
    changes.compare(group=group, before=stored, after=folded)
    everybody = [*changes.added, *changes.changed, *changes.removed]
    names = _get_names(everybody, before)
    for tenure in changes.removed:
        yield f"{_what(group, tenure, names)} is stored, and the replay has none such"
    for tenure in changes.added:
        yield f"{_what(group, tenure, names)} comes out of the replay, and is not stored"
    for tenure in changes.changed:
        yield f"{_what(group, tenure, names)}: " + "; ".join(
            f"{field} is stored as {_word(old, names)}, replayed as {_word(new, names)}"
            for (field, old), new in zip(
                before[tenure.pk].items(), _values(tenure).values(), strict=True
            )
            if old != new
        )


def _get_names(
    tenures: Sequence[Tenure], before: Mapping[UUID, Mapping[str, Any]]
) -> dict[UUID, str]:
    ids = {tenure.account_id for tenure in tenures}
    for values in [*(_values(tenure) for tenure in tenures), *before.values()]:
        ids |= {values["who began it"], values["who ended it"]} - {None}
    if not tenures:
        return {}
    return dict(Account.objects.filter(pk__in=ids).values_list("pk", "external_id"))


def _what(group: Group, tenure: Tenure, names: Mapping[UUID, str]) -> str:
    name = names[tenure.account_id]
    return f"{group.external_id}: {name} as {tenure.role} since {_time(tenure.since)}"


def _values(tenure: Tenure) -> dict[str, Any]:
    return {
        "the role": tenure.role,
        "its begin": tenure.since,
        "how it began": tenure.began,
        "who began it": tenure.began_by_id,
        "the event it began with": tenure.began_event,
        "its end": tenure.until,
        "how it ended": tenure.ended,
        "who ended it": tenure.ended_by_id,
        "the event it ended with": tenure.ended_event,
        "being history": tenure.is_history,
        "the seniority": tenure.senior_from,
        "the place in seniority": tenure.senior_place,
        "whom it stands in for": tenure.stands_in_for,
    }


def _word(value: Any, names: Mapping[UUID, str]) -> str:
    if isinstance(value, datetime):
        return _time(value)
    return "nothing" if value is None else str(names.get(value, value))


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}".rstrip("0").rstrip(".") + " UTC" if at else "never"
