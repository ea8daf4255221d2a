"""What people decide in a case: alone, or with a second person where it takes much."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from credit import locks as credit_locks
from groups import impartiality, locks, versions
from groups.actions import appeal_outcomes, cases, proposals, taking_effect, timeline
from groups.actions.proposals import AlreadyDecided
from groups.measures import MeasureInput, Proposal
from groups.models import Case, CaseEntry, Decision
from groups.queries import cases as case_queries
from groups.queries import decisions as decision_queries
from identity.models import User
from identity.roles import Permission
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid


class WithTheOwner(Conflict):
    """The group may still answer. Staff decide when it has, or when the deadline has passed."""

    code = "with-the-owner"
    title = "The case is with the owner"


class EffectChanged(Conflict):
    """The decision would do something else now than when it was proposed."""

    code = "effect-changed"
    title = "The effect is not the one that was proposed"
    advice = "Look at the effect as it is now and return the decision, so that it is taken anew."


class ReturnReason(Invalid):
    """Whoever returns a decision says why."""

    code = "return-reason-missing"


@transaction.atomic(savepoint=False)
def decide(
    *,
    case: Case,
    version: int,
    outcome: str,
    facts: str,
    reasons: str,
    measures: Sequence[MeasureInput],
    by: Actor,
    at: datetime,
    ground: str = Decision.Ground.INCOMPATIBLE_CONTENT,
    legal_ground: str = "",
    about_owner: bool = False,
) -> Decision:
    """Decide a case that is with staff. It takes effect at once, or waits for a second person.

    `version` is the case's as the decider saw it. Raises StaleCase,
    ClaimedBySomebodyElse, WithTheOwner, AlreadyDecided, ConflictOfInterest, FactsAndReasons,
    UnusableMeasure.
    """
    (locked,) = locks.lock_cases([case.pk])
    permission = case_queries.permission_to_decide(locked)
    user = impartiality.require(by=by, permission=permission, case=locked)
    _require_decidable(locked, version=version, user=user, at=at)
    proposal = Proposal(
        outcome=outcome,
        facts=facts,
        reasons=reasons,
        measures=measures,
        ground=ground,
        legal_ground=legal_ground,
        about_owner=about_owner,
    )
    decision = proposals.write(case=locked, proposal=proposal, decided_by=user, at=at)
    if decision.needs_approval:
        _move(locked, Case.State.WITH_SENIOR, at=at)
        proposals.announce_held(decision=decision, by=by, at=at)
    else:
        taking_effect.take_effect(decision=decision, approver=None, by=by, at=at)
    _audit("decide", decision, by=by, at=at)
    return decision


@transaction.atomic(savepoint=False)
def approve(*, decision: Decision, by: Actor, at: datetime) -> Decision:
    """Approve a held decision as the second person; it takes effect.

    Raises SecondPersonNeeded for the decider, EffectChanged when it would do something else now
    than what was proposed, AlreadyDecided when it no longer waits.
    """
    held = _lock_held(decision)
    user = _require_second_person(held, by=by)
    if held.subject_account_id is not None:
        credit_locks.accounts([held.subject_account_id])
    now = decision_queries.preview_stored(decision=held, at=at)
    if now.as_stored() != held.foreseen:
        raise EffectChanged(
            "The effect of this decision is not the one that was proposed: standing, roles or "
            "rules have changed since. Return it, so that it is taken anew."
        )
    taking_effect.take_effect(decision=held, approver=user, by=by, at=at)
    if held.overrides_id is not None:
        appeal_outcomes.conclude(override=held, by=by, at=at)
    _audit("approve", held, by=by, at=at)
    return held


@transaction.atomic(savepoint=False)
def return_to_decider(*, decision: Decision, reason: str, by: Actor, at: datetime) -> Decision:
    """Return a held decision with a reason; it never takes effect, and the case is open again.

    An override on appeal lets go of what it would have overridden: the appeal is in review again.
    """
    held = _lock_held(decision)
    user = _require_second_person(held, by=by)
    if not reason.strip() or len(reason) > 2000:
        raise ReturnReason("Say in up to 2000 characters why you return the decision.")
    if held.overrides_id is not None:
        appeal_outcomes.reopen(override=held)
    else:
        _move(held.case, Case.State.WITH_STAFF, at=at)
    overridden, held.overrides = held.overrides, None
    held.returned_by, held.returned_at, held.return_reason = user, at, reason.strip()
    try:
        with transaction.atomic():
            held.save(update_fields=["returned_by", "returned_at", "return_reason", "overrides"])
    except IntegrityError as error:
        raise impartiality.in_words(error) from error
    timeline.add(
        case=held.case,
        kind=CaseEntry.Kind.RETURNED,
        is_public=False,
        by_user=user,
        body=held.return_reason,
        cause=held,
        at=at,
    )
    old = {"overrides": str(overridden.pk)} if overridden else {}
    _audit("return_to_decider", held, by=by, at=at, old=old)
    return held


def _require_decidable(case: Case, *, version: int, user: User, at: datetime) -> None:
    if Decision.objects.filter(case=case, overrides=None, returned_at=None).exists():
        raise AlreadyDecided(
            "Somebody has decided this case, or their decision waits for a second person."
        )
    if case.version != version:
        raise versions.StaleCase(
            "The case has changed since you opened it. Look at it again, then decide."
        )
    if case.state == Case.State.WITH_OWNER:
        raise WithTheOwner("The owner may still answer until the deadline. Decide after that.")
    if case.state not in Case.OPEN_STATES:
        raise AlreadyDecided("This case is no longer open.")
    claimed = case.leased_until is not None and case.leased_until > at
    if claimed and case.assignee_id != user.pk:
        raise cases.ClaimedBySomebodyElse(
            "A colleague is working on this case. Ask them, or wait for it."
        )


def _move(case: Case, state: str, *, at: datetime) -> None:
    """Pass the locked case on to another level of staff, with a fresh deadline and no claim."""
    versions.change(
        case,
        version=case.version,
        state=state,
        due_at=at + cases.staff_time(case),
        assignee=None,
        leased_until=None,
    )


def _lock_held(decision: Decision) -> Decision:
    """Lock the case, then the decision. Raises AlreadyDecided unless it waits for approval."""
    (case,) = locks.lock_cases([decision.case_id])
    (held,) = locks.lock_decisions([decision.pk])
    held.case = case
    if not held.is_held:
        raise AlreadyDecided(
            f"{held.reference} no longer waits for a second person. Somebody else was faster."
        )
    return held


def _require_second_person(held: Decision, *, by: Actor) -> User:
    user = impartiality.require(by=by, permission=Permission.APPROVE_DECISIONS, case=held.case)
    impartiality.require_other_than_deciders(user=user, decision=held)
    return user


def _audit(
    verb: str, decision: Decision, *, by: Actor, at: datetime, old: dict[str, str] | None = None
) -> None:
    audit.record(
        action=f"decisions.{verb}",
        record=decision,
        by=by,
        at=at,
        old=old,
        new={
            "case": str(decision.case_id),
            "outcome": decision.outcome,
            "points": decision.points,
            "held": decision.is_held,
            "in_effect": decision.effective_at is not None,
        },
    )
