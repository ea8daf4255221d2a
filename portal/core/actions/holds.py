"""Holds stop deletion. Each has a matter, a reason, an owner and a review date."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from portal.core import audit, hold_lock
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid
from portal.core.models import Hold, Platform
from portal.core.models.holds import LONGEST_REVIEW


class HoldNotValid(Invalid):
    """A hold needs a matter, a reason, and a review date at most 90 days ahead."""

    code = "hold-not-valid"


class HoldConflict(Conflict):
    """The hold was approved or released before, or the same person would approve it."""

    code = "hold-conflict"


@transaction.atomic(savepoint=False)
def place(
    *,
    platform: Platform,
    scope: str,
    scope_id: UUID,
    matter: str,
    reason: str,
    review_at: datetime,
    by: Actor,
    at: datetime,
) -> Hold:
    """Place a hold; it stops deletion from now on, and a second person approves it.

    Raises HoldNotValid for an empty matter or reason and a review date out of range.
    """
    _check_review(review_at=review_at, at=at)
    if not matter.strip() or not reason.strip():
        raise HoldNotValid("Say which matter the hold is for and why it is needed.")
    if by.id is None or not by.is_person:
        raise HoldNotValid("A hold is placed by a person who answers for it.")
    hold_lock.take()
    hold = Hold.objects.create(
        platform=platform,
        scope=scope,
        scope_id=scope_id,
        matter=matter.strip(),
        reason=reason.strip(),
        placed_by=by.id,
        placed_at=at,
        reviewed_at=at,
        review_at=review_at,
    )
    hold.refresh_from_db()
    audit.record(
        action="holds.place",
        record=hold,
        by=by,
        at=at,
        new={
            "scope": scope,
            "scope_id": str(scope_id),
            "review_at": review_at.isoformat(),
        },
    )
    return hold


@transaction.atomic(savepoint=False)
def approve(*, hold: Hold, by: Actor, at: datetime) -> Hold:
    """Approve as the second person. Raises HoldConflict for the one who placed it."""
    if by.id == hold.placed_by or not by.is_person:
        raise HoldConflict("Somebody else than the person who placed a hold approves it.")
    changed = Hold.objects.filter(pk=hold.pk, approved_at=None, released_at=None).update(
        approved_by=by.id, approved_at=at
    )
    if not changed:
        raise HoldConflict("This hold has already been approved or released.")
    audit.record(action="holds.approve", record=hold, by=by, at=at)
    hold.refresh_from_db()
    return hold


@transaction.atomic(savepoint=False)
def extend(*, hold: Hold, review_at: datetime, by: Actor, at: datetime) -> Hold:
    """Review a hold and set the next review. Raises HoldNotValid, HoldConflict."""
    _check_review(review_at=review_at, at=at)
    changed = Hold.objects.filter(pk=hold.pk, released_at=None).update(
        reviewed_at=at, review_at=review_at
    )
    if not changed:
        raise HoldConflict("This hold has been released.")
    audit.record(
        action="holds.extend",
        record=hold,
        by=by,
        at=at,
        old={"review_at": hold.review_at.isoformat()},
        new={"review_at": review_at.isoformat()},
    )
    hold.refresh_from_db()
    return hold


@transaction.atomic(savepoint=False)
def release(*, hold: Hold, reason: str, by: Actor, at: datetime) -> Hold:
    """End a hold; the next purge takes what it kept. Raises HoldNotValid, HoldConflict."""
    if not reason.strip() or not by.is_person:
        raise HoldNotValid("Say why the hold is released.")
    changed = Hold.objects.filter(pk=hold.pk, released_at=None).update(
        released_by=by.id, released_at=at, release_reason=reason.strip()
    )
    if not changed:
        raise HoldConflict("This hold has already been released.")
    audit.record(action="holds.release", record=hold, by=by, at=at)
    hold.refresh_from_db()
    return hold


def _check_review(*, review_at: datetime, at: datetime) -> None:
    if not at < review_at <= at + LONGEST_REVIEW:
        raise HoldNotValid(
            f"Review a hold within {LONGEST_REVIEW.days} days: choose a date up to "
            f"{at + LONGEST_REVIEW:%-d %B %Y}."
        )
