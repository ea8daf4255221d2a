"""The life of a case between the flag that opens it and the decision that ends it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from groups import impartiality, locks, versions
from groups.actions import case_notices, timeline
from groups.models import Case, CaseEntry
from groups.queries import answering
from groups.queries import cases as case_queries
from identity import access
from identity.models import Account, User
from identity.roles import Permission
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Forbidden, Invalid

LEASE = timedelta(minutes=15)
LONGEST_TEXT = 5000
State = Case.State


class EmptyText(Invalid):
    """An answer or note has words, up to 5000 characters."""

    code = "text-missing"
    title = "Something has to be said"


class NotYoursToAnswer(Forbidden):
    """A case is answered by the owner and managers of its group, or by the owner at its opening."""

    code = "not-yours-to-answer"
    title = "Somebody else answers this case"
    advice = "Ask the group's owner; they may also let you answer for the group."


class NotOpen(Conflict):
    """The case is not at a stage at which this can be done."""

    code = "case-not-open"
    title = "The case is not at this stage any more"


class NotDue(Conflict):
    """The deadline has not passed, or what follows from it has happened already."""

    code = "case-not-due"


class ClaimedBySomebodyElse(Conflict):
    """A colleague works on the case, and their claim still holds."""

    code = "claimed-by-a-colleague"
    title = "A colleague is working on this case"


@transaction.atomic(savepoint=False)
def answer(
    *, case: Case, version: int, account: Account, text: str, by: Actor, at: datetime
) -> CaseEntry:
    """Say for the group what was done. The first answer hands the case to staff.

    Until the decision more answers may follow. Raises StaleCase, NotOpen, NotYoursToAnswer.
    """
    words = _words(text)
    if case.state not in Case.OPEN_STATES or not case_queries.was_group_asked(case=case):
        raise NotOpen("This case takes no answers from the group any more.")
    if not answering.may_answer(account=account, case=case):
        raise NotYoursToAnswer("You do not answer for this group, or the case is about you.")
    old = {"state": case.state}
    changes: dict[str, Any] = {"answered_at": case.answered_at or at}
    if case.state == State.WITH_OWNER:
        assert case.due_at is not None
        # Late is late, whether or not the sweeper has come by yet.
        if at >= case.due_at:
            changes["breached_at"] = case.breached_at or case.due_at
        changes |= {"state": State.WITH_STAFF, "due_at": at + staff_time(case)}
    versions.change(case, version=version, where=Q(state__in=Case.OPEN_STATES), **changes)
    entry = timeline.add(
        case=case,
        kind=CaseEntry.Kind.ANSWERED,
        is_public=True,
        by_account=account,
        body=words,
        cause=account,
        at=at,
    )
    _audit("answer", case, by=by, at=at, old=old)
    return entry


@transaction.atomic(savepoint=False)
def claim(*, case: Case, user: User, by: Actor, at: datetime, version: int | None = None) -> Case:
    """Take a case that is with staff, for 15 minutes; claiming one's own again renews that.

    Raises StaleCase, NotOpen, ClaimedBySomebodyElse, ConflictOfInterest, StaffOnly.
    """
    access.require(user, case_queries.permission_to_work(case), case.platform)
    if stake := impartiality.get_stake(user_id=user.pk, case=case):
        raise impartiality.ConflictOfInterest(stake)
    if case.state not in case_queries.WITH_STAFF:
        raise NotOpen("This case is not with staff.")
    if case.leased_until and case.leased_until > at:
        if case.assignee_id == user.pk:
            return renew(case=case, user=user, by=by, at=at)
        raise ClaimedBySomebodyElse(
            f"A colleague is working on {case}. Ask them, or take another case."
        )
    versions.change(
        case,
        version=case.version if version is None else version,
        where=case_queries.unclaimed(at=at),
        assignee=user,
        leased_until=at + LEASE,
    )
    return _claimed(case, user, by=by, at=at)


@transaction.atomic(savepoint=False)
def renew(*, case: Case, user: User, by: Actor, at: datetime) -> Case:
    """Keep a claimed case for 15 more minutes. Nothing else changes, not even its version.

    Raises ClaimedBySomebodyElse when the claim ran out and a colleague has the case now.
    """
    mine = Case.objects.filter(pk=case.pk, assignee=user, state__in=case_queries.WITH_STAFF)
    if not mine.update(leased_until=at + LEASE):
        raise ClaimedBySomebodyElse(f"{case} is no longer yours. Claim it again if it is free.")
    case.leased_until = at + LEASE
    audit.record(action="cases.renew", record=case, by=by, at=at, new={"assignee": str(user.pk)})
    return case


@transaction.atomic(savepoint=False)
def take_next(
    *, user: User, by: Actor, at: datetime, platforms: Collection[UUID] | None = None
) -> Case | None:
    """Claim the most urgent case that nobody works on: by deadline, then severity.

    Two people who ask at once get two cases. Null when nothing waits. `platforms` narrows it.
    """
    waiting = case_queries.list_unclaimed(user=user, at=at)
    if platforms is not None:
        waiting = waiting.filter(platform__in=platforms)
    locked = waiting.select_for_update(skip_locked=True, no_key=True, of=("self",))
    case = case_queries.by_urgency(locked).first()
    if case is None:
        return None
    versions.change(case, version=case.version, assignee=user, leased_until=at + LEASE)
    return _claimed(case, user, by=by, at=at)


@transaction.atomic(savepoint=False)
def release(*, case: Case, user: User, by: Actor, at: datetime, version: int | None = None) -> Case:
    """Let go of a claimed case, so that a colleague can take it. Raises StaleCase, NotOpen."""
    if case.assignee_id != user.pk:
        raise NotOpen(f"{case} is not yours to release.")
    versions.change(
        case,
        version=case.version if version is None else version,
        where=Q(assignee=user),
        assignee=None,
        leased_until=None,
    )
    kind = CaseEntry.Kind.RELEASED
    timeline.add(case=case, kind=kind, is_public=False, by_user=user, cause=user, at=at)
    _audit("release", case, by=by, at=at, old={"assignee": str(user.pk)})
    return case


@transaction.atomic(savepoint=False)
def note(
    *, case: Case, text: str, by: Actor, at: datetime, version: int | None = None
) -> CaseEntry:
    """Write something down for colleagues; the group never sees it. Raises StaleCase, NotOpen."""
    words = _words(text)
    user = access.find_person(by)
    if user is None:
        raise NotYoursToAnswer("Notes are written by people on the staff.")
    access.require(user, Permission.CLAIM_CASES, case.platform)
    if case.state == State.CLOSED:
        raise NotOpen("This case is closed. Its timeline takes no more notes.")
    versions.change(
        case,
        version=case.version if version is None else version,
        where=~Q(state=State.CLOSED),
    )
    kind = CaseEntry.Kind.NOTE
    entry = timeline.add(
        case=case, kind=kind, is_public=False, by_user=user, body=words, cause=user, at=at
    )
    _audit("note", case, by=by, at=at)
    return entry


@transaction.atomic(savepoint=False)
def escalate(*, case: Case, by: Actor, at: datetime) -> Case:
    """Pass an overdue case on to the next level, which gets a fresh deadline. It costs no points.

    Above senior staff there is nobody: there the missed deadline is noted. Raises NotDue before
    the deadline and when this level has been left before, StaleCase.
    """
    if case.due_at is None or not case_queries.list_overdue(at=at).filter(pk=case.pk).exists():
        raise NotDue(f"{case} is not overdue, or its deadline has been dealt with.")
    left, missed, level = case.state, case.due_at, case_queries.get_next_level(case=case)
    changes: dict[str, Any] = {"breached_at": case.breached_at or missed}
    if level is not None:
        changes |= {"state": level, "due_at": at + staff_time(case)}
        changes |= {"assignee": None, "leased_until": None}
    versions.change(case, version=case.version, **changes)
    if level is not None:
        timeline.add(
            case=case,
            kind=CaseEntry.Kind.ESCALATED,
            is_public=left == State.WITH_OWNER,
            left_state=left,
            cause=case.rule,
            at=at,
        )
        case_notices.tell_escalated(case=case, left=left, missed_at=missed, by=by, at=at)
    _audit("escalate", case, by=by, at=at, old={"state": left, "due_at": missed.isoformat()})
    return case


@transaction.atomic(savepoint=False)
def close(*, case: Case, by: Actor, at: datetime) -> Case:
    """Close a decided case when nobody can appeal any more. Raises NotOpen before that."""
    (locked,) = locks.lock_cases([case.pk])
    last = case_queries.get_decision_past_appeal(case=locked, at=at)
    if last is None:
        raise NotOpen(f"{case} can still be appealed, or is not decided.")
    versions.change(locked, version=locked.version, state=State.CLOSED, closed_at=at)
    kind = CaseEntry.Kind.CLOSED
    timeline.add(case=locked, kind=kind, is_public=True, cause=last, at=at)
    _audit("close", locked, by=by, at=at, old={"state": State.DECIDED})
    return locked


def staff_time(case: Case) -> timedelta:
    return timedelta(hours=case.rule.staff_hours)


def _claimed(case: Case, user: User, *, by: Actor, at: datetime) -> Case:
    kind = CaseEntry.Kind.CLAIMED
    timeline.add(case=case, kind=kind, is_public=False, by_user=user, cause=user, at=at)
    _audit("claim", case, by=by, at=at)
    return case


def _words(text: str) -> str:
    words = text.strip()
    if not words or len(words) > LONGEST_TEXT:
        raise EmptyText(f"Write something, in up to {LONGEST_TEXT} characters.")
    return words


def _audit(
    verb: str, case: Case, *, by: Actor, at: datetime, old: dict[str, str] | None = None
) -> None:
    new = {
        "state": case.state,
        "version": case.version,
        "due_at": case.due_at and case.due_at.isoformat(),
        "assignee": case.assignee_id and str(case.assignee_id),
    }
    audit.record(action=f"cases.{verb}", record=case, by=by, at=at, old=old, new=new)
