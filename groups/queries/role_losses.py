"""Which roles a decision would end, and who would answer for the groups then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from groups.folding import Fact, Past
from groups.measures import MeasureInput
from groups.models import Group, RoleEvent, Tenure
from groups.models.tenures import Role
from groups.queries import tenures as tenure_queries
from identity.models import Account
from portal.core.ids import uuid7


@dataclass(frozen=True, slots=True)
class RoleLoss:
    """A role that would end. `successor` becomes the owner; with nobody left there is none."""

    group: Group
    role: str
    successor: Account | None
    leaves_orphaned: bool

    def as_stored(self) -> list[str]:
        heir = str(self.successor.pk) if self.successor else ""
        return [str(self.group.pk), self.role, heir]


def foresee(*, subject: Account, measures: Sequence[MeasureInput], at: datetime) -> list[RoleLoss]:
    """List the roles of `subject` that the measures would end at `at`, by group."""
    ending = {tenure.pk: tenure for tenure in _ending(subject, measures)}
    held = sorted(ending.values(), key=lambda tenure: tenure.group_id)
    pasts = tenure_queries.get_pasts(groups=[tenure.group for tenure in held])
    heirs = {
        tenure.group_id: _owner_after(pasts[tenure.group_id], tenure, at)
        for tenure in held
        if tenure.role == Role.OWNER
    }
    people = Account.objects.in_bulk({heir for heir in heirs.values() if heir})
    return [
        RoleLoss(
            group=tenure.group,
            role=tenure.role,
            successor=people.get(heir) if (heir := heirs.get(tenure.group_id)) else None,
            leaves_orphaned=tenure.role == Role.OWNER and heirs[tenure.group_id] is None,
        )
        for tenure in held
    ]


def _ending(subject: Account, measures: Sequence[MeasureInput]) -> Iterator[Tenure]:
    current = Tenure.objects.current().filter(account=subject).select_related("group")
    for measure in measures:
        if measure.privilege is None:
            continue
        held = current.filter(role__in=tenure_queries.TAKEN_WITH[measure.privilege])
        yield from held.filter(group=measure.in_group) if measure.in_group else held


def _owner_after(past: Past, tenure: Tenure, at: datetime) -> UUID | None:
    """Fold the group's facts with one more: the owner's role is revoked by a decision."""
    revoked = Fact(
        key=uuid7(),
        kind=RoleEvent.Kind.REVOKED,
        at=tenure.ends_at(at),
        sequence=past.next_sequence,
        account=tenure.account_id,
        role=Role.OWNER,
        cause=RoleEvent.Cause.DECISION,
        caused_by=uuid7(),
    )
    folded = past.fold(revoked)
    owners = [span for span in folded.tenures if span.role == Role.OWNER and span.until is None]
    return owners[0].account if owners else None
