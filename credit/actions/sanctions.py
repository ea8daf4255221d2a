"""Privileges taken away by a decision, and given back early or on appeal."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from credit import locks, queries
from credit.actions import standings
from credit.models import Sanction
from identity.models import Account, User
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Forbidden, Invalid


class NotInForce(Conflict):
    """The sanction has ended or been lifted before."""

    code = "sanction-not-in-force"
    title = "The sanction is over already"


class LiftedByAPerson(Forbidden):
    """Only a person lifts a sanction, and early lifting takes another one than imposed it."""

    code = "sanction-lifted-by-another-person"
    title = "Another person has to lift this sanction"


class WrongPeriod(Invalid):
    """A suspension says for how many days; a revocation has no end."""

    code = "sanction-period"
    title = "The period does not fit the sanction"


@transaction.atomic(savepoint=False)
def impose(
    *,
    account: Account,
    kind: str,
    privilege: str,
    scope_group_id: UUID | None,
    days: int | None,
    decision_id: UUID,
    imposed_by: User,
    approved_by: User,
    by: Actor,
    at: datetime,
    served_since: datetime | None = None,
) -> Sanction:
    """Take a privilege away, on the platform or in one group, for `days` or until lifted.

    The days run from `at`, or from `served_since` when the sanction replaces one of then.
    The database refuses it without an approved measure of a decision in effect.
    """
    is_suspension = kind == Sanction.Kind.SUSPENSION
    if is_suspension != bool(days and days > 0):
        raise WrongPeriod("A suspension needs its number of days; a revocation has none.")
    locks.account(account.pk)
    before = queries.get_record(account=account, at=at)
    sanction = Sanction.objects.create(
        account=account,
        platform_id=account.platform_id,
        kind=kind,
        privilege=privilege,
        scope_group_id=scope_group_id,
        starts_at=at,
        ends_at=(served_since or at) + timedelta(days=days) if days else None,
        decision_id=decision_id,
        imposed_by=imposed_by,
        approved_by=approved_by,
    )
    after = before.with_sanctions([*before.sanctions, sanction])
    audit.record(action="sanctions.impose", record=sanction, by=by, at=at, new=_terms_of(sanction))
    told = locks.standing(account.pk)
    standings.settle(
        account=account, told=told, before=before, after=after, at=at, group_id=scope_group_id
    )
    return sanction


@transaction.atomic(savepoint=False)
def lift(*, sanction: Sanction, how: str, reason: str, by: Actor, at: datetime) -> Sanction:
    """Give a privilege back before its time. `how` is EARLY or REVERSED.

    Raises NotInForce when it is over, LiftedByAPerson for the one who imposed it.
    """
    if not by.is_person or (how == Sanction.Lift.EARLY and by.id == sanction.imposed_by_id):
        raise LiftedByAPerson(
            "Whoever imposed a sanction does not lift it early. Ask a colleague to do it."
        )
    locks.account(sanction.account_id)
    account = sanction.account
    before = queries.get_record(account=account, at=at)
    current = next((s for s in before.sanctions if s.pk == sanction.pk), sanction)
    is_over = current.ends_at is not None and current.ends_at <= at
    if current.lifted_at is not None or (how == Sanction.Lift.EARLY and is_over):
        raise NotInForce("This sanction is over already. Nothing was changed.")
    Sanction.objects.filter(pk=sanction.pk, lifted_at=None).update(
        lifted_at=at, lifted_by_id=by.id, lift=how, lift_reason=reason
    )
    sanction.refresh_from_db()
    after = before.with_sanctions(
        [sanction if s.pk == sanction.pk else s for s in before.sanctions]
    )
    audit.record(
        action="sanctions.lift",
        record=sanction,
        by=by,
        at=at,
        new={"account": str(account.pk), "how": how},
    )
    told, where = locks.standing(account.pk), sanction.scope_group_id
    standings.settle(account=account, told=told, before=before, after=after, at=at, group_id=where)
    return sanction


@transaction.atomic(savepoint=False)
def lift_for_decision(*, decision_id: UUID, reason: str, by: Actor, at: datetime) -> list[Sanction]:
    """Undo every sanction of a decision that was reversed, those that have ended included."""
    imposed = Sanction.objects.filter(decision_id=decision_id, lifted_at=None)
    return [
        lift(sanction=sanction, how=Sanction.Lift.REVERSED, reason=reason, by=by, at=at)
        for sanction in imposed.select_related("account").order_by("account_id", "pk")
    ]


def _terms_of(sanction: Sanction) -> dict[str, str | None]:
    return {
        "account": str(sanction.account_id),
        "kind": sanction.kind,
        "privilege": sanction.privilege,
        "group": str(sanction.scope_group_id) if sanction.scope_group_id else None,
        "until": sanction.ends_at.isoformat() if sanction.ends_at else None,
        "decision": str(sanction.decision_id),
    }
