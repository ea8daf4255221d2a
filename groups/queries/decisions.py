"""What a decision would do, before anybody takes it; and where decisions stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from credit import queries as credit_queries
from credit.models import Policy, Sanction
from credit.queries import EffectPreview
from groups import measures as chosen
from groups.measures import Charge, MeasureInput
from groups.models import Case, Decision, Group, Measure, Tenure
from groups.models.notices import NoticeKind
from groups.queries import audiences, role_losses
from groups.queries import begins as begin_queries
from groups.queries.begins import Scope
from groups.queries.role_losses import RoleLoss
from identity.models import Account
from portal.core.errors import Invalid

_SANCTION_OF = {
    Measure.Kind.SUSPEND.value: Sanction.Kind.SUSPENSION.value,
    Measure.Kind.REVOKE.value: Sanction.Kind.REVOCATION.value,
}


class NobodyToHold(Invalid):
    """The decision cannot be about this person."""

    code = "not-the-subject"


@dataclass(frozen=True, slots=True)
class PlannedNotice:
    """Somebody would be told, in this capacity. Reporters are counted, never named."""

    kind: str
    audience: str
    count: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A measure at an instant, which goes on where an overridden decision had the like."""

    measure: MeasureInput
    since: datetime
    at: datetime

    @property
    def until(self) -> datetime | None:
        days = self.measure.days
        return self.since + timedelta(days=days) if days is not None else None

    @property
    def is_served(self) -> bool:
        return self.until is not None and self.until <= self.at


@dataclass(frozen=True, slots=True)
class DecisionPreview:
    """The effect of a decision, if it were in effect at the time of asking."""

    subject: Account | None
    points: int
    policy: Policy
    # Null when the decision is about the group.
    standing: EffectPreview | None
    roles_lost: tuple[RoleLoss, ...]
    group_state: tuple[str, str]
    notices: tuple[PlannedNotice, ...]
    # Why a second person is needed; empty when nobody is.
    approval_reasons: tuple[str, ...]
    charge: str = Charge.POLICY

    @property
    def needs_approval(self) -> bool:
        return bool(self.approval_reasons)

    @property
    def groups_orphaned(self) -> tuple[Group, ...]:
        return tuple(loss.group for loss in self.roles_lost if loss.leaves_orphaned)

    def as_stored(self) -> dict[str, Any]:
        """Return what must still be so when the second person approves. It holds no dates:
        those run from the approval."""
        lost = self.standing.lost if self.standing else ()
        return {
            "points": self.points,
            "charge": str(self.charge),
            "policy_version": self.policy.version,
            "tier": [self.standing.tier_before, self.standing.tier_after] if self.standing else [],
            "privileges_lost": sorted(
                [loss.privilege.value, str(loss.group_id or "")] for loss in lost
            ),
            "roles_lost": sorted(loss.as_stored() for loss in self.roles_lost),
            "group_state": [str(state) for state in self.group_state],
        }


def get_subject(
    *, case: Case, about_owner: bool = False, overrides: Decision | None = None
) -> Account | None:
    """Return whom a decision in the case is about; null for the group itself.

    A case about the group may hold the owner to account who answered for it when it was opened.
    An override is about whom the decision before it was about.
    """
    if overrides is not None:
        return overrides.subject_account
    if not about_owner:
        return case.subject
    if case.subject is not None:
        raise NobodyToHold("This case is about a person already. Decide about them.")
    if case.owner_at_opening is None:
        raise NobodyToHold("Nobody owned this group when the case was opened.")
    return case.owner_at_opening


def preview(
    *,
    case: Case,
    outcome: str,
    measures: Sequence[MeasureInput],
    at: datetime,
    about_owner: bool = False,
    overrides: Decision | None = None,
    appellant: Account | None = None,
    charge: str = Charge.POLICY,
) -> DecisionPreview:
    """Tell what a decision would do at `at`. Nothing is written.

    With `overrides`, as if that decision had never been; `appellant` appealed against it.
    Raises UnusableMeasure when the measures do not fit.
    """
    subject = get_subject(case=case, about_owner=about_owner, overrides=overrides)
    chosen.check(
        measures,
        outcome=outcome,
        subject=subject,
        group=case.group,
        holds_role=subject is not None and _answers_for(subject, case.group_id, overrides),
    )
    points, policy = _points(
        case=case, subject=subject, outcome=outcome, overrides=overrides, charge=charge, at=at
    )
    standing = None
    roles_lost: Sequence[RoleLoss] = ()
    if subject is not None:
        kept = list_kept(measures=measures, overrides=overrides, at=at)
        going_on = [one for one in kept if not one.is_served]
        standing = credit_queries.preview(
            account=subject,
            points=points,
            sanctions=[_as_sanction(one) for one in going_on if one.measure.takes_privilege],
            severity=case.severity if outcome == Decision.Outcome.MEASURES else None,
            without_decision=overrides.pk if overrides else None,
            goes_on=charge != Charge.POLICY,
            at=at,
        )
        taking = [one.measure for one in going_on]
        roles_lost = role_losses.foresee(subject=subject, measures=taking, at=at)
    return DecisionPreview(
        subject=subject,
        points=points,
        policy=policy,
        standing=standing,
        roles_lost=tuple(roles_lost),
        group_state=_group_state(case=case, measures=measures, roles_lost=roles_lost),
        notices=_notices(case=case, subject=subject, outcome=outcome, appellant=appellant),
        approval_reasons=_approval_reasons(measures=measures, standing=standing),
        charge=charge,
    )


def preview_stored(*, decision: Decision, at: datetime) -> DecisionPreview:
    """Tell what a held decision would do now: what its second person is shown."""
    return preview(
        case=decision.case,
        outcome=decision.outcome,
        measures=chosen.of(decision),
        about_owner=decision.case.subject_id != decision.subject_account_id,
        overrides=decision.overrides,
        appellant=decision.from_appeal.appellant if decision.overrides else None,
        charge=decision.foreseen.get("charge", Charge.POLICY),
        at=at,
    )


def _answers_for(subject: Account, group_id: UUID, overrides: Decision | None) -> bool:
    """A role that the overridden decision ended still counts."""
    if overrides is not None:
        return True
    return Tenure.objects.current().filter(group_id=group_id, account=subject).exists()


def _points(
    *,
    case: Case,
    subject: Account | None,
    outcome: str,
    overrides: Decision | None,
    charge: str,
    at: datetime,
) -> tuple[int, Policy]:
    takes_measures = outcome == Decision.Outcome.MEASURES
    if overrides is not None and takes_measures and charge != Charge.POLICY:
        return overrides.points if charge == Charge.KEPT else 0, overrides.policy
    policy = credit_queries.get_policy(platform_id=case.platform_id, at=at)
    if subject is None or not takes_measures:
        return 0, policy
    penalty = credit_queries.get_penalty(
        account=subject,
        severity=case.severity,
        without_decision=overrides.pk if overrides else None,
        at=at,
    )
    return penalty.points, policy


def list_kept(
    *, measures: Sequence[MeasureInput], overrides: Decision | None, at: datetime
) -> list[Kept]:
    """Tell since when each measure counts. Served days of a suspension count: it ends when it
    would have, had it begun like this."""
    begins = begin_queries.list_begins(decision=overrides) if overrides else {}
    return [Kept(measure, _since(measure, begins, at), at) for measure in measures]


def _since(measure: MeasureInput, begins: Mapping[Scope, datetime], at: datetime) -> datetime:
    if measure.days is None:
        return at
    in_group = measure.in_group.pk if measure.in_group else None
    return begins.get((measure.privilege or "", in_group), at)


def _as_sanction(kept: Kept) -> tuple[str, str, int | None, UUID | None, datetime]:
    measure = kept.measure
    in_group = measure.in_group.pk if measure.in_group else None
    kind = _SANCTION_OF[measure.kind]
    return kind, measure.privilege or "", measure.days, in_group, kept.since


def _group_state(
    *, case: Case, measures: Sequence[MeasureInput], roles_lost: Sequence[RoleLoss]
) -> tuple[str, str]:
    before = case.group.state
    kinds = {measure.kind for measure in measures}
    if Measure.Kind.CLOSE_GROUP in kinds or before == Group.State.CLOSED:
        return before, Group.State.CLOSED
    if Measure.Kind.FREEZE_GROUP in kinds or before == Group.State.FROZEN:
        return before, Group.State.FROZEN
    if any(loss.leaves_orphaned and loss.group.pk == case.group_id for loss in roles_lost):
        return before, Group.State.ORPHANED
    return before, before


def _notices(
    *, case: Case, subject: Account | None, outcome: str, appellant: Account | None
) -> tuple[PlannedNotice, ...]:
    audience = audiences.get_audience(case=case, subject=subject)
    if appellant is not None:
        audience = audience.on_appeal(
            appellant=appellant, leaves_measures=outcome == Decision.Outcome.MEASURES
        )
    planned = [
        PlannedNotice(NoticeKind.DECISION, "SUBJECT", 1 if audience.subject else 0),
        PlannedNotice(NoticeKind.DECISION, "OWNER", len(audience.owners)),
        PlannedNotice(NoticeKind.REPORT_DECIDED, "REPORTER", len(audience.reporters)),
    ]
    return tuple(notice for notice in planned if notice.count)


def _approval_reasons(
    *, measures: Sequence[MeasureInput], standing: EffectPreview | None
) -> tuple[str, ...]:
    severe = dict.fromkeys(
        str(Measure.Kind(measure.kind).label) for measure in measures if measure.needs_approval
    )
    reasons = [f"“{label}” needs a second person." for label in severe]
    if standing is not None and standing.points_cost_a_privilege:
        when = " later" if standing.points_cost_it_later else ""
        reasons.append(f"The points would cost the person a privilege{when}.")
    return tuple(reasons)
