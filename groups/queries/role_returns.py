"""Which roles come back when a decision that ended them is undone, and as what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from credit.models import Sanction
from groups.folding import Fact, Folded
from groups.measures import MeasureInput
from groups.models import Decision, Group, RoleEvent, Tenure
from groups.models.tenures import Role
from groups.queries import tenures as tenure_queries
from portal.core.ids import uuid7


@dataclass(frozen=True, slots=True)
class RoleReturn:
    """A role that would be held again: an owner who was succeeded may come back as co-owner."""

    group: Group
    role: str

    def as_stored(self) -> list[str]:
        return [str(self.group.pk), str(self.role)]


def list_undone(decision: Decision) -> list[Decision]:
    """Return the undone decisions about the same person, the earliest first."""
    undone = Decision.objects.filter(
        subject_account=decision.subject_account_id, measures__undone_at__isnull=False
    )
    return list(undone.distinct().order_by("effective_at", "pk"))


def list_ended_by(decision: Decision) -> Iterable[Tenure]:
    """Return the tenures that the decision ended and no reversal of it gave back."""
    facts = RoleEvent.objects.filter(caused_by=decision.pk)
    given_back = set(
        facts.filter(cause=RoleEvent.Cause.REVERSAL).values_list("group_id", flat=True)
    )
    ended = Tenure.objects.filter(
        ended=Tenure.Ended.DECISION,
        ended_event__in=facts.filter(cause=RoleEvent.Cause.DECISION).values("event_key"),
    ).select_related("group")
    return [tenure for tenure in ended.order_by("pk") if tenure.group_id not in given_back]


def can_come_back(tenure: Tenure, *, at: datetime, without: UUID | None = None) -> bool:
    """No sanction forbids the role, the group exists, and the platform took nothing since.

    What it took to carry out the decision that ended the tenure does not count.
    `without` leaves out the sanctions of a decision that is about to be undone.
    """
    forbidding = Sanction.objects.in_force_at(at).filter(
        account=tenure.account_id, privilege=_privilege_of(tenure)
    )
    if without is not None:
        forbidding = forbidding.exclude(decision_id=without)
    if any(sanction.scope_group_id in (None, tenure.group_id) for sanction in forbidding):
        return False
    if tenure.group.archived_at is not None:
        return False
    role = RoleEvent.GrantedRole.MANAGER if tenure.role == Role.MANAGER else "OWNER"
    taken = RoleEvent.objects.filter(
        group=tenure.group_id,
        account=tenure.account_id,
        origin=RoleEvent.Origin.PLATFORM,
        occurred_at__gt=tenure.period.upper,
    ).exclude(kind=RoleEvent.Kind.GRANTED)
    ending = RoleEvent.objects.filter(group=tenure.group_id, event_key__in=[tenure.ended_event])
    taken = taken.exclude(caused_by__in=ending.values("caused_by"))
    return not any(fact.role in (None, role) for fact in taken)


def foresee(
    *, decision: Decision, keeping: Sequence[MeasureInput], at: datetime
) -> list[RoleReturn]:
    """List the roles that come back if `decision` were replaced by the measures of `keeping`."""
    earlier = [other for other in list_undone(decision) if other.pk != decision.pk]
    lost = [
        (tenure, cause.pk)
        for cause in [*earlier, decision]
        for tenure in list_ended_by(cause)
        if not _is_taken(tenure, keeping) and can_come_back(tenure, at=at, without=decision.pk)
    ]
    pasts = tenure_queries.get_pasts(groups=[tenure.group for tenure, _ in lost])
    found = []
    for tenure, cause in lost:
        past = pasts[tenure.group_id]
        granted = Fact(
            key=uuid7(),
            kind=RoleEvent.Kind.GRANTED,
            at=max(at, tenure.until or at),
            sequence=past.next_sequence,
            account=tenure.account_id,
            role=Role.MANAGER if tenure.role == Role.MANAGER else Role.OWNER,
            cause=RoleEvent.Cause.REVERSAL,
            caused_by=cause,
        )
        before, after = (_role_in(folded, tenure) for folded in (past.fold(), past.fold(granted)))
        if after is not None and after != before:
            found.append(RoleReturn(tenure.group, after))
    return found


def _role_in(folded: Folded, tenure: Tenure) -> str | None:
    held = (span for span in folded.tenures if span.until is None)
    return next((span.role for span in held if span.account == tenure.account_id), None)


def _is_taken(tenure: Tenure, keeping: Sequence[MeasureInput]) -> bool:
    return any(
        measure.privilege == _privilege_of(tenure)
        and (measure.in_group is None or measure.in_group.pk == tenure.group_id)
        for measure in keeping
    )


def _privilege_of(tenure: Tenure) -> str:
    return next(name for name, roles in tenure_queries.TAKEN_WITH.items() if tenure.role in roles)
