"""What the outcome of an appeal would change, before anybody decides it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credit.models import LedgerEntry
from credit.queries import EffectPreview, Loss
from groups.measures import Charge, MeasureInput
from groups.models import Appeal, Decision, Group, Measure, Tenure
from groups.models.tenures import Role
from groups.queries import decisions as decision_queries
from groups.queries import role_returns
from groups.queries.decisions import Kept, PlannedNotice
from groups.queries.role_losses import RoleLoss
from groups.queries.role_returns import RoleReturn
from identity.models import Account

ON_GROUP = {
    Measure.Kind.CLOSE_GROUP.value: Group.State.CLOSED,
    Measure.Kind.FREEZE_GROUP.value: Group.State.FROZEN,
}


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
    kept = decision_queries.list_kept(measures=measures, overrides=old, at=at)
    going_on = [one.measure for one in kept if not one.is_served]
    roles_back: Sequence[RoleReturn] = ()
    if effect.subject is not None:
        roles_back = role_returns.foresee(decision=old, keeping=going_on, at=at)
    standing = effect.standing
    return ReversalPreview(
        subject=effect.subject,
        points=(_charged(old), effect.points),
        standing=standing,
        kept=tuple(kept),
        regained=standing.regained if standing else (),
        roles_back=tuple(roles_back),
        roles_lost=effect.roles_lost,
        group_state=_group_state(old, measures, roles_back, effect.roles_lost),
        notices=effect.notices,
        approval_reasons=effect.approval_reasons,
    )


def _charged(decision: Decision) -> int:
    entries = LedgerEntry.objects.filter(decision_id=decision.pk)
    return sum(entries.values_list("points", flat=True))


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
