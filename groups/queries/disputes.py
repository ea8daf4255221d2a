"""When it was contested who answers for a group."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from groups.models import Appeal, Decision, RoleEvent, Tenure, Transfer
from groups.models.transfers import COOLING_OFF


@dataclass(frozen=True, slots=True)
class Dispute:
    """A period in which a role was contested; `until` is null while that lasts."""

    group_id: UUID
    since: datetime
    until: datetime | None
    why: str


def list_disputes(
    *, tenures: Sequence[Tenure], transfers: QuerySet[Transfer], at: datetime
) -> list[Dispute]:
    """Return the disputes about these roles and of these hand-overs, the latest first.

    A role that a decision ended is contested from its end until the appeal is decided. A
    hand-over is open to being undone for a day.
    """
    found = [*_appealed(tenures), *_cooling(transfers, at)]
    return sorted(found, key=lambda one: (one.since, one.why), reverse=True)


def _appealed(tenures: Sequence[Tenure]) -> list[Dispute]:
    taken = {
        tenure.ended_event: tenure
        for tenure in tenures
        if tenure.ended == Tenure.Ended.DECISION and tenure.ended_event
    }
    events = RoleEvent.objects.filter(
        platform__in={tenure.platform_id for tenure in taken.values()},
        event_key__in=list(taken),
        cause=RoleEvent.Cause.DECISION,
    )
    caused = [(taken[key], cause) for key, cause in events.values_list("event_key", "caused_by")]
    decisions = Decision.objects.filter(pk__in=[cause for _, cause in caused if cause])
    case_of = dict(decisions.values_list("pk", "case"))
    # All decisions of a case are one chain: an appeal against any of them contests the first.
    appeals = Appeal.objects.filter(decision__case__in=list(case_of.values()))
    reviewed: dict[tuple[UUID, UUID], datetime | None] = {
        (case, appellant): at
        for case, appellant, at in appeals.order_by("submitted_at", "pk").values_list(
            "decision__case", "appellant", "reviewed_at"
        )
    }
    disputes = []
    for tenure, cause in caused:
        about = case_of.get(cause) if cause else None
        if about and tenure.until and (about, tenure.account_id) in reviewed:
            why = f"The decision that ended the role of {tenure.account} was appealed"
            until = reviewed[about, tenure.account_id]
            disputes.append(Dispute(tenure.group_id, tenure.until, until, why))
    return disputes


def _cooling(transfers: QuerySet[Transfer], at: datetime) -> list[Dispute]:
    accepted = transfers.filter(state=Transfer.State.ACCEPTED, ended_at__isnull=False)
    disputes = []
    for transfer in accepted.select_related("from_account").order_by("ended_at"):
        assert transfer.ended_at is not None
        until = transfer.taken_back_at or transfer.ended_at + COOLING_OFF
        why = f"{transfer.from_account} could take the group back"
        if transfer.taken_back_at:
            why = f"{transfer.from_account} took the group back"
        ends = until if until <= at else None
        disputes.append(Dispute(transfer.group_id, transfer.ended_at, ends, why))
    return disputes
