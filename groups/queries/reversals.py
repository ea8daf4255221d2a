"""What the outcome of an appeal would change, before anybody decides it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from credit import queries as credit_queries
from credit.models import LedgerEntry
from credit.queries import EffectPreview, Loss
from groups.measures import Charge, MeasureInput
from groups.models import Appeal, Decision, Group, Measure, Tenure
from groups.models.tenures import Role
from groups.queries import begins as begin_queries
from groups.queries import decisions as decision_queries
from groups.queries import role_losses, role_returns
from groups.queries.begins import Scope
from groups.queries.decisions import PlannedNotice
from groups.queries.role_losses import RoleLoss
from groups.queries.role_returns import RoleReturn
from identity.models import Account

ON_GROUP = {
    Measure.Kind.CLOSE_GROUP.value: Group.State.CLOSED,
    Measure.Kind.FREEZE_GROUP.value: Group.State.FROZEN,
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A measure that the new decision has. A suspension goes on; `until` in the past: served."""

    measure: MeasureInput
    until: datetime | None
    is_served: bool = False


@dataclass(frozen=True, slots=True)
class ReversalPreview:
    """What changes from how it stands now, with the decision, to how it would stand then."""

    subject: Account | None
    # What the decision costs now, and what would be charged then; never above zero.
    points: tuple[int, int]
    standing: EffectPreview | None
    kept: tuple[Kept, ...]
    regained: tuple[Loss, ...]
    roles_back: tuple[RoleReturn, ...]
    roles_lost: tuple[RoleLoss, ...]
    group_state: tuple[str, str]
    notices: tuple[PlannedNotice, ...]
    approval_reasons: tuple[str, ...]

    @property
    def needs_approval(self) -> bool:
        return bool(self.approval_reasons)

    def as_stored(self) -> dict[str, Any]:
        """Return what is compared when the outcome is confirmed. It holds no dates."""
        standing = self.standing
        return {
            "points": list(self.points),
            "tiers": [standing.current.tier, standing.after.tier] if standing else [],
            "measures": [[str(kept.measure), kept.is_served] for kept in self.kept],
            "regained": [
                [loss.privilege.value, str(loss.group_id or "")] for loss in self.regained
            ],
            "roles_back": sorted(role.as_stored() for role in self.roles_back),
            "roles_lost": sorted(role.as_stored() for role in self.roles_lost),
            "group_state": [str(state) for state in self.group_state],
        }


def preview(
    *,
    appeal: Appeal,
    outcome: str,
    measures: Sequence[MeasureInput],
    charge: str = Charge.POLICY,
    at: datetime,
) -> ReversalPreview:
    """Tell what the decision that follows from a reversal would do at `at`. Nothing is written.

    `outcome` and `charge` are those of that decision. Raises UnusableMeasure.
    """
    old = appeal.decision
    effect = decision_queries.preview(
        case=old.case,
        outcome=outcome,
        measures=measures,
        overrides=old,
        appellant=appeal.appellant,
        charge=charge,
        at=at,
    )
    begins = begin_queries.list_begins(decision=old)
    kept = tuple(_kept(measure, begins, at) for measure in measures)
    going_on = [one.measure for one in kept if not one.is_served]
    roles_back: tuple[RoleReturn, ...] = ()
    roles_lost: tuple[RoleLoss, ...] = ()
    standing = None
    if effect.subject is not None:
        roles_back = tuple(role_returns.foresee(decision=old, keeping=going_on, at=at))
        roles_lost = tuple(role_losses.foresee(subject=effect.subject, measures=going_on, at=at))
        # Anew, because a suspension that is served by now takes nothing any more.
        standing = credit_queries.preview(
            account=effect.subject,
            points=effect.points,
            sanctions=[decision_queries.as_sanction(one) for one in going_on if one.privilege],
            severity=old.case.severity if outcome == Decision.Outcome.MEASURES else None,
            without_decision=old.pk,
            at=at,
        )
    return ReversalPreview(
        subject=effect.subject,
        points=(_charged(old), effect.points),
        standing=standing,
        kept=kept,
        regained=standing.regained if standing else (),
        roles_back=roles_back,
        roles_lost=roles_lost,
        group_state=_group_state(old, measures, roles_back, roles_lost),
        notices=effect.notices,
        approval_reasons=effect.approval_reasons,
    )


def _charged(decision: Decision) -> int:
    entries = LedgerEntry.objects.filter(decision_id=decision.pk)
    return sum(entries.values_list("points", flat=True))


def _kept(measure: MeasureInput, begins: Mapping[Scope, datetime], at: datetime) -> Kept:
    """Served days of a suspension count: it ends when it would have, had it begun like this."""
    if measure.days is None:
        return Kept(measure, None)
    in_group = measure.in_group.pk if measure.in_group else None
    begun = begins.get((measure.privilege or "", in_group))
    until = (begun or at) + timedelta(days=measure.days)
    return Kept(measure, until, is_served=begun is not None and until <= at)


def _group_state(
    old: Decision,
    measures: Sequence[MeasureInput],
    back: Sequence[RoleReturn],
    lost: Sequence[RoleLoss],
) -> tuple[str, str]:
    group = old.case.group
    others = Measure.objects.filter(
        kind__in=ON_GROUP,
        decision__case__group=group,
        decision__effective_at__isnull=False,
        undone_at=None,
    ).exclude(decision=old)
    kinds = {*others.values_list("kind", flat=True), *(measure.kind for measure in measures)}
    limits = [state for kind, state in ON_GROUP.items() if kind in kinds]
    if group.archived_at is not None:
        return group.state, Group.State.CLOSED
    if limits:
        return group.state, limits[0]
    owned = Tenure.objects.current().filter(group=group, role=Role.OWNER).exists()
    owned = owned and not any(one.leaves_orphaned and one.group.pk == group.pk for one in lost)
    owned = owned or any(one.group.pk == group.pk and one.role == Role.OWNER for one in back)
    if owned:
        return group.state, Group.State.ACTIVE
    if group.unclaimed_closed_at is not None:
        return group.state, Group.State.CLOSED
    unclaimed = group.unclaimed_frozen_at is not None
    return group.state, Group.State.FROZEN if unclaimed else Group.State.ORPHANED
