"""What has to be written so that stored tenures become what a fold says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from groups.folding import Span
from groups.models import Group, Tenure

EXCLUSIONS = "one_owner_at_any_instant, no_overlapping_tenures_of_one_account_in_a_group"
# What the fold decides; the rest of a tenure says whose it is.
DERIVED = [
    "role",
    "period",
    "began",
    "began_by",
    "began_event",
    "ended",
    "ended_by",
    "ended_event",
    "is_history",
    "senior_from",
    "senior_place",
    "stands_in_for",
]
BEGAN, ENDED = "accord.tenure.began.v1", "accord.tenure.ended.v1"


@dataclass
class Changes:
    added: list[Tenure] = field(default_factory=list)
    changed: list[Tenure] = field(default_factory=list)
    removed: list[Tenure] = field(default_factory=list)
    by_group: dict[UUID, dict[str, int]] = field(default_factory=dict)
    # Which tenures began or ended, as `BEGAN` and `ENDED` say.
    told: list[tuple[str, Tenure, Group]] = field(default_factory=list)

    def compare(self, *, group: Group, before: Sequence[Tenure], after: Sequence[Span]) -> None:
        """Add what has to be written for one group.

        A tenure keeps its id when it began with the same event, or else when it is the next one
        of that account in that role.
        """
        by_event = {(tenure.account_id, tenure.began_event): tenure for tenure in before}
        matched = [(span, by_event.pop((span.account, span.began_event), None)) for span in after]
        left: dict[tuple[UUID, str], list[Tenure]] = {}
        for tenure in sorted(by_event.values(), key=lambda tenure: tenure.since):
            left.setdefault((tenure.account_id, tenure.role), []).append(tenure)
        for span, known in matched:
            candidates = left.get((span.account, span.role))
            self._compare_one(group, span, known or (candidates.pop(0) if candidates else None))
        for tenures in left.values():
            for tenure in tenures:
                self._note(group, "removed")
                self.removed.append(tenure)
                if tenure.ended is None:
                    self.told.append((ENDED, tenure, group))

    def _compare_one(self, group: Group, span: Span, tenure: Tenure | None) -> None:
        if tenure is None:
            tenure = Tenure(platform_id=group.platform_id, group=group, account_id=span.account)
            _take(tenure, span)
            self.added.append(tenure)
            self._note(group, "added")
            self.told.append((BEGAN, tenure, group))
            if tenure.ended:
                self.told.append((ENDED, tenure, group))
            return
        before = _values(tenure)
        was_ended, had_role = tenure.ended, tenure.role
        _take(tenure, span)
        if _values(tenure) == before:
            return
        self.changed.append(tenure)
        self._note(group, "changed")
        if tenure.role != had_role or (was_ended and not tenure.ended):
            self.told.append((BEGAN, tenure, group))
        if tenure.ended and not was_ended:
            self.told.append((ENDED, tenure, group))

    def _note(self, group: Group, what: str) -> None:
        counts = self.by_group.setdefault(group.pk, {"added": 0, "changed": 0, "removed": 0})
        counts[what] += 1

    def summary(self, group: Group) -> dict[str, Any]:
        """Say for the audit entry what became of one group."""
        return {"state": group.state, "tenures": self.by_group.get(group.pk, {})}

    def groups_left(self) -> set[UUID]:
        """Return the groups in which a tenure ended, or turned out never to have been."""
        return {group.pk for what, _, group in self.told if what == ENDED}

    def as_outbox_events(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for kind, tenure, group in self.told:
            yield kind, str(tenure.pk), _told(kind, tenure, group)


def _take(tenure: Tenure, span: Span) -> None:
    tenure.role = span.role
    tenure.period = DateTimeTZRange(span.since, span.until)
    tenure.began, tenure.began_event = span.began, span.began_event
    tenure.began_by_id, tenure.ended_by_id = span.began_by, span.ended_by
    tenure.ended, tenure.ended_event = span.ended, span.ended_event
    tenure.is_history = span.is_history
    tenure.senior_from, tenure.senior_place = span.rank or (None, None)
    tenure.stands_in_for = span.stands_in_for


def _values(tenure: Tenure) -> tuple[Any, ...]:
    return (
        tenure.role,
        tenure.period,
        (tenure.began, tenure.began_by_id, tenure.began_event),
        (tenure.ended, tenure.ended_by_id, tenure.ended_event),
        tenure.is_history,
        (tenure.senior_from, tenure.senior_place, tenure.stands_in_for),
    )


def _told(kind: str, tenure: Tenure, group: Group) -> dict[str, Any]:
    data = {
        "group_id": str(group.pk),
        "group": group.external_id,
        "account_id": str(tenure.account_id),
        "role": tenure.role,
        "since": tenure.since.isoformat(),
    }
    if kind == BEGAN:
        return data | {"began": tenure.began}
    # Without an end: later facts show that it never was.
    return data | {
        "until": tenure.until.isoformat() if tenure.until else None,
        "ended": tenure.ended or "CORRECTED",
    }
