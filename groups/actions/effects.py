"""What a decision does, and how it is undone: always by new rows, in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from credit import locks as credit_locks
from credit.actions import ledger, sanctions
from credit.models import LedgerEntry, Sanction
from groups import locks
from groups.actions import groups as group_actions
from groups.actions import tenures
from groups.measures import Charge
from groups.models import Decision, Group, Measure, Tenure
from groups.queries import answers, begins, role_returns
from groups.queries.begins import Scope
from identity.models import Account, User
from portal.core import audit
from portal.core.actors import Actor

_SANCTION_OF = {
    Measure.Kind.SUSPEND: Sanction.Kind.SUSPENSION,
    Measure.Kind.REVOKE: Sanction.Kind.REVOCATION,
}
_ON_GROUP = [Measure.Kind.FREEZE_GROUP, Measure.Kind.CLOSE_GROUP]


@dataclass(frozen=True, slots=True)
class Replaced:
    """What goes on of an overridden decision: its points' time, since when suspensions run."""

    expires_at: datetime | None = None
    found_at: datetime | None = None
    served: Mapping[Scope, datetime] = field(default_factory=dict)


def apply(*, decision: Decision, by: Actor, at: datetime) -> None:
    """Do what a decision in effect says: points, sanctions, ended roles, the group's state.

    One that overrides another first undoes all that the other did. What it keeps of it goes on
    instead of beginning again: points expire when the other's would have, served days of a
    suspension count, roles stay ended. Roles come back where no other sanction stands in the
    way and the platform has not said otherwise since; else with the reversal of the last such
    sanction.
    """
    old = decision.overrides
    measures = list(decision.measures.select_related("in_group").order_by("pk"))
    handler = answers.get_handler(decision=decision)
    _lock(decision, measures, handler)
    replaced = _take_back(old, new=decision, by=by, at=at) if old else Replaced()
    _charge(decision, replaced, by=by, at=at)
    if handler is not None:
        _thank(decision, handler, by=by, at=at)
    _impose(decision, measures, served=replaced.served, by=by, at=at)
    _limit_group(decision, measures, by=by, at=at)
    if old is not None:
        _give_roles_back(old, by=by, at=at)
    _end_roles(decision, measures, by=by, at=at)


def _lock(decision: Decision, measures: Sequence[Measure], handler: Account | None) -> None:
    """Lock the people, then all groups that may change, in the order everybody locks them in.

    The steps that follow come to the groups one by one, in an order of their own.
    """
    people = [decision.subject_account_id, handler.pk if handler else None]
    credit_locks.accounts(pk for pk in people if pk is not None)
    if decision.overrides_id or any(m.privilege or m.kind in _ON_GROUP for m in measures):
        held = Tenure.objects.filter(account=decision.subject_account_id)
        may_change = held.filter(Q(ended=None) | Q(ended=Tenure.Ended.DECISION))
        locks.lock_groups([decision.case.group_id, *may_change.values_list("group_id", flat=True)])


def _charge(decision: Decision, replaced: Replaced, *, by: Actor, at: datetime) -> None:
    """Post the points, also when they are none: a warning is an entry that the person sees."""
    account = decision.subject_account
    if account is None or decision.outcome != Decision.Outcome.MEASURES:
        return
    ledger.post_penalty(
        account=account,
        severity=decision.case.severity,
        points=decision.points,
        decision_id=decision.pk,
        policy=decision.policy,
        posted_by=decision.decided_by,
        reason=f"{decision.rule.code} {decision.rule.title}",
        not_after=replaced.expires_at,
        found_at=replaced.found_at,
        by=by,
        at=at,
    )


def _thank(decision: Decision, handler: Account, *, by: Actor, at: datetime) -> None:
    """Give a point back to whoever answered in time, where the policy says so."""
    ledger.restore_for_duty(
        account=handler, decision_id=decision.pk, decided_by=decision.decided_by, by=by, at=at
    )


def _impose(
    decision: Decision,
    measures: Sequence[Measure],
    *,
    served: Mapping[Scope, datetime],
    by: Actor,
    at: datetime,
) -> None:
    for measure in measures:
        if (kind := _SANCTION_OF.get(Measure.Kind(measure.kind))) is None:
            continue
        since = served.get((measure.privilege or "", measure.in_group_id)) if measure.days else None
        if since is not None and since + timedelta(days=measure.days or 0) <= at:
            _note(measure, {"served": True}, by=by, at=at)
            continue
        account, approver = _people(decision)
        sanctions.impose(
            account=account,
            kind=kind,
            privilege=measure.privilege or "",
            scope_group_id=measure.in_group_id,
            days=measure.days,
            decision_id=decision.pk,
            imposed_by=decision.decided_by,
            approved_by=approver,
            served_since=since,
            by=by,
            at=at,
        )


def _people(decision: Decision) -> tuple[Account, User]:
    """Return whom a sanction is against and who approved it; constraints see to both."""
    assert decision.subject_account is not None
    assert decision.approved_by is not None
    return decision.subject_account, decision.approved_by


def _end_roles(decision: Decision, measures: Sequence[Measure], *, by: Actor, at: datetime) -> None:
    for measure in measures:
        was_served = "served" in measure.effect
        if measure.privilege is None or decision.subject_account is None or was_served:
            continue
        ended = tenures.end_by_decision(
            account=decision.subject_account,
            privilege=measure.privilege,
            in_group=measure.in_group,
            decision_id=decision.pk,
            by=by,
            at=at,
        )
        lost = [{"group": str(tenure.group_id), "role": tenure.role} for tenure in ended]
        if lost:
            _note(measure, {"roles": lost}, by=by, at=at)


def _note(measure: Measure, effect: dict[str, object], *, by: Actor, at: datetime) -> None:
    """Keep with the measure what it did."""
    measure.effect |= effect
    measure.save(update_fields=["effect"])
    audit.record(
        action="effects.note",
        record=measure,
        platform_id=measure.decision.platform_id,
        by=by,
        at=at,
        new=effect,
    )


def _limit_group(
    decision: Decision, measures: Sequence[Measure], *, by: Actor, at: datetime
) -> None:
    """Let the group be frozen or closed while a measure in force says so, and no longer."""
    group = Group.objects.get(pk=decision.case.group_id)
    before = group.state
    in_force = Measure.objects.filter(
        kind__in=_ON_GROUP,
        decision__case__group=group,
        decision__effective_at__isnull=False,
        undone_at=None,
    )
    # The earliest of each kind is the last one in.
    latest_first = in_force.order_by("-decision__effective_at")
    since = dict(latest_first.values_list("kind", "decision__effective_at"))
    frozen_at = since.get(Measure.Kind.FREEZE_GROUP)
    closed_at = since.get(Measure.Kind.CLOSE_GROUP)
    if (group.frozen_at, group.closed_at) != (frozen_at, closed_at):
        group = group_actions.set_limits(
            group=group, frozen_at=frozen_at, closed_at=closed_at, by=by, at=at
        )
    for measure in measures:
        if measure.kind in _ON_GROUP:
            _note(measure, {"group_state": [before, group.state]}, by=by, at=at)


def _take_back(old: Decision, *, new: Decision, by: Actor, at: datetime) -> Replaced:
    """Give the points back and lift the sanctions. Return what `new` may go on with."""
    if old.subject_account_id is not None:
        credit_locks.accounts([old.subject_account_id])
    goes_on = new.foreseen.get("charge", Charge.POLICY) != Charge.POLICY
    penalties = LedgerEntry.objects.filter(decision_id=old.pk, kind=LedgerEntry.Kind.PENALTY)
    penalty = penalties.first() if goes_on and new.outcome == Decision.Outcome.MEASURES else None
    replaced = Replaced(
        expires_at=penalty.expires_at if penalty else None,
        found_at=penalty.since if penalty else None,
        served=begins.list_begins(decision=old),
    )
    reason = f"{new.reference} replaced {old.reference} on appeal."
    ledger.reverse(
        decision_id=old.pk,
        posted_by=new.decided_by,
        reason=reason,
        goes_on_since=replaced.found_at,
        by=by,
        at=at,
    )
    sanctions.lift_for_decision(decision_id=old.pk, reason=reason, by=by, at=at)
    undone = old.measures.filter(undone_at=None).update(undone_at=at)
    audit.record(action="effects.undo", record=old, by=by, at=at, new={"measures": undone})
    return replaced


def _give_roles_back(decision: Decision, *, by: Actor, at: datetime) -> None:
    """Reinstate what undone decisions about the same person ended.

    Not only this one's: an earlier reversal may have had to leave a role because a sanction of
    this decision stood in the way.
    """
    for earlier in role_returns.list_undone(decision):
        ended = role_returns.list_ended_by(earlier)
        back = [tenure for tenure in ended if role_returns.can_come_back(tenure, at=at)]
        if back:
            tenures.reinstate(tenures=back, decision_id=earlier.pk, by=by, at=at)
