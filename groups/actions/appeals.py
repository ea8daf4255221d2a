"""Decisions contested by the person they are about or by the reporter, looked at by others."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext

from groups import impartiality, locks, replacements
from groups.actions import appeal_outcomes, timeline
from groups.measures import MeasureInput
from groups.models import Appeal, CaseEntry, Decision, Flag
from groups.queries import appeals as appeal_queries
from identity.models import Account, User
from identity.roles import Permission
from portal.core import audit, outbox
from portal.core.actors import Actor, ActorKind
from portal.core.errors import Conflict, Forbidden, Invalid

State = Appeal.State
LONGEST_TEXT, LONGEST_REASONS = 5000, 2000
OVERDUE = "The time to decide this appeal is over. Senior staff see it first in their queue."


class CannotAppeal(Conflict):
    """The decision cannot be appealed by this person, not any more, or not again."""

    code = "cannot-appeal"
    title = "This decision cannot be appealed now"
    advice = "The detail says why, and which decision to appeal against instead if there is one."


class NotYours(Forbidden):
    """An appeal is submitted and withdrawn by the person whose account it is."""

    code = "not-your-appeal"


class AppealWords(Invalid):
    """An appeal says why the decision is wrong; its outcome says why it is or is not."""

    code = "appeal-words-missing"


class StaleAppeal(Conflict):
    """The appeal has changed, or somebody else has taken or decided it."""

    code = "stale-appeal"
    title = "The appeal has changed"


@transaction.atomic(savepoint=False)
def submit(
    *,
    decision: Decision,
    appellant: Account,
    flag: Flag | None,
    grounds: str,
    new_facts: str,
    by: Actor,
    at: datetime,
) -> Appeal:
    """Appeal against the last decision of a case, within its window.

    `flag` is the reporter's own; null for the person or owner it is about. Raises CannotAppeal.
    """
    _require_own(appellant, by=by)
    _require_words(grounds, new_facts)
    (case,) = locks.lock_cases([decision.case_id])
    (decided,) = locks.lock_decisions([decision.pk])
    decided.case = case
    right = appeal_queries.get_right(decision=decided, appellant=appellant, at=at)
    if right.obstacle:
        raise CannotAppeal(right.obstacle)
    if flag is not None and flag != right.flag and flag.reporter_id != appellant.pk:
        raise CannotAppeal("This report is not yours.")
    appeal = _create(
        platform_id=case.platform_id,
        decision=decided,
        appellant=appellant,
        flag=right.flag and (flag or right.flag),
        grounds=grounds.strip(),
        new_facts=new_facts.strip(),
        submitted_at=at,
        due_at=at + timedelta(days=settings.APPEAL_REVIEW_DAYS),
    )
    timeline.add(
        case=case,
        kind=CaseEntry.Kind.APPEALED,
        is_public=appeal.flag_id is None,
        by_account=appellant,
        cause=appeal,
        at=at,
    )
    appeal_outcomes.tell_received(appeal=appeal, by=by, at=at)
    _audit("submit", appeal, by=by, at=at)
    return appeal


@transaction.atomic(savepoint=False)
def take(*, appeal: Appeal, version: int, by: Actor, at: datetime) -> Appeal:
    """Start to review an appeal. Raises SecondPersonNeeded for whoever took part before."""
    locked = _lock(appeal, version=version, state=State.SUBMITTED)
    user = _require_reviewer(locked, by=by)
    return _step(locked, "take", state=State.IN_REVIEW, reviewer=user, by=by, at=at)


@transaction.atomic(savepoint=False)
def release(*, appeal: Appeal, version: int, by: Actor, at: datetime) -> Appeal:
    """Give an appeal back to the queue; only its reviewer does, and not once they proposed."""
    locked = _lock(appeal, version=version, state=State.IN_REVIEW)
    _require_own_review(locked, by=by)
    return _step(locked, "release", state=State.SUBMITTED, reviewer=None, by=by, at=at)


@transaction.atomic(savepoint=False)
def decide(
    *,
    appeal: Appeal,
    version: int,
    outcome: str,
    reasons: str,
    by: Actor,
    at: datetime,
    measures: Sequence[MeasureInput] = (),
    facts: str = "",
    keeps_points: bool = True,
) -> Appeal:
    """Decide an appeal as its reviewer: UPHELD, PARTIALLY_REVERSED, REVERSED or OMITTED.

    A reversal is a new decision that overrides. When it takes so much that two people are
    needed, it waits for the second one and the appeal stays IN_REVIEW until then.
    """
    locked = _lock(appeal, version=version, state=State.IN_REVIEW)
    user = _require_own_review(locked, by=by)
    _require_outcome(outcome, reasons, measures)
    if outcome in (State.UPHELD, State.OMITTED):
        appeal_outcomes.finish(appeal=locked, state=outcome, reasons=reasons.strip(), by=by, at=at)
        _audit("decide", locked, by=by, at=at)
        return locked
    proposal = replacements.propose(
        appeal=locked,
        outcome=outcome,
        reasons=reasons,
        facts=facts,
        measures=measures,
        keeps_points=keeps_points,
    )
    appeal_outcomes.override(
        appeal=locked, outcome=outcome, proposal=proposal, reviewer=user, by=by, at=at
    )
    _audit("decide", locked, by=by, at=at)
    return locked


@transaction.atomic(savepoint=False)
def withdraw(*, appeal: Appeal, version: int, by: Actor, at: datetime) -> Appeal:
    """Take an appeal back, as the appellant, while nothing that follows from it is proposed."""
    _require_own(appeal.appellant, by=by)
    locked = _lock(appeal, version=version)
    with translation.override(locked.platform.language):
        reasons = gettext("You withdrew the appeal.")
    appeal_outcomes.finish(appeal=locked, state=State.OMITTED, reasons=reasons, by=by, at=at)
    _audit("withdraw", locked, by=by, at=at)
    return locked


@transaction.atomic(savepoint=False)
def escalate(*, appeal: Appeal, by: Actor, at: datetime) -> bool:
    """Record, once, that an open appeal is overdue. Return whether it was recorded now.

    Senior staff see it first in their queue; nothing else follows from it.
    """
    late = appeal_queries.list_overdue(at=at).filter(pk=appeal.pk)
    if not late.update(breached_at=at, version=F("version") + 1):
        return False
    appeal.refresh_from_db()
    case = appeal.decision.case
    timeline.add(
        case=case, kind=CaseEntry.Kind.NOTE, is_public=False, body=OVERDUE, cause=appeal, at=at
    )
    data = {"appeal": appeal.reference, "due_at": appeal.due_at.isoformat()}
    outbox.publish(
        platform_id=appeal.platform_id,
        type="accord.appeal.overdue.v1",
        subject=appeal.reference,
        data=data,
        at=at,
    )
    _audit("escalate", appeal, by=by, at=at)
    return True


def _require_words(grounds: str, new_facts: str) -> None:
    if not grounds.strip() or max(len(grounds), len(new_facts)) > LONGEST_TEXT:
        raise AppealWords(
            f"Say in up to {LONGEST_TEXT} characters what is wrong with the decision."
        )


def _require_outcome(outcome: str, reasons: str, measures: Sequence[MeasureInput]) -> None:
    if not reasons.strip() or len(reasons) > LONGEST_REASONS:
        raise AppealWords(f"Give the reasons in up to {LONGEST_REASONS} characters.")
    if outcome not in State.values or outcome in Appeal.OPEN_STATES:
        raise AppealWords("Choose how the appeal ends.")
    if measures and outcome in (State.UPHELD, State.OMITTED):
        raise AppealWords("Measures belong to a reversal.")


def _create(**fields: Any) -> Appeal:
    try:
        with transaction.atomic():
            return Appeal.objects.create(**fields)
    except IntegrityError as error:
        raise CannotAppeal(
            "You have appealed already, or the decision was replaced. Load the page again."
        ) from error


def _lock(appeal: Appeal, *, version: int, state: str | None = None) -> Appeal:
    """Lock the case, the decision and the appeal. Raises StaleAppeal unless it is as seen."""
    (case,) = locks.lock_cases([appeal.decision.case_id])
    (decision,) = locks.lock_decisions([appeal.decision_id])
    (locked,) = locks.lock_appeals([appeal.pk])
    decision.case, locked.decision = case, decision
    expected = [state] if state else Appeal.OPEN_STATES
    if locked.state not in expected or locked.version != version:
        raise StaleAppeal("The appeal has changed since you opened it. Look at it again.")
    if locked.proposed_outcome is not None:
        raise StaleAppeal("An outcome is proposed and waits for a second person.")
    return locked


def _step(
    appeal: Appeal, verb: str, *, state: str, reviewer: User | None, by: Actor, at: datetime
) -> Appeal:
    old = appeal.state
    try:
        with transaction.atomic():
            Appeal.objects.filter(pk=appeal.pk).update(
                state=state, reviewer=reviewer, version=F("version") + 1
            )
    except IntegrityError as error:
        raise impartiality.in_words(error) from error
    appeal.refresh_from_db()
    _audit(verb, appeal, by=by, at=at, old={"state": old})
    return appeal


def _require_own(account: Account, *, by: Actor) -> None:
    """A person appeals for themselves; a platform may pass on what its member submitted."""
    if by.kind is ActorKind.USER and account.user_id != by.id:
        raise NotYours("This account is not yours.")


def _require_reviewer(appeal: Appeal, *, by: Actor) -> User:
    case = appeal.decision.case
    user = impartiality.require(by=by, permission=Permission.REVIEW_APPEALS, case=case)
    impartiality.require_other_than_deciders(user=user, decision=appeal.decision)
    if appeal.appellant.user_id == user.pk:
        raise impartiality.ConflictOfInterest("This is your own appeal.")
    return user


def _require_own_review(appeal: Appeal, *, by: Actor) -> User:
    user = _require_reviewer(appeal, by=by)
    if appeal.reviewer_id != user.pk:
        raise StaleAppeal("A colleague is reviewing this appeal.")
    return user


def _audit(
    verb: str, appeal: Appeal, *, by: Actor, at: datetime, old: dict[str, str] | None = None
) -> None:
    audit.record(
        action=f"appeals.{verb}",
        record=appeal,
        by=by,
        at=at,
        old=old,
        new={"state": appeal.state, "decision": str(appeal.decision_id)},
    )
