"""Versions of a platform's policy: drafted, simulated, approved by a second person, active."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from credit import locks
from credit import policy as policies
from credit.models import Policy, Simulation
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Forbidden, Invalid
from portal.core.models import Platform

FURTHEST = timedelta(days=366)


class NotByThisPerson(Forbidden):
    """Drafting and approving a policy takes two people."""

    code = "policy-needs-another-person"
    title = "Another person has to do this"


class NotNow(Conflict):
    """The policy is in a state that does not allow this."""

    code = "policy-state"
    title = "The policy has moved on"


class DayNotValid(Invalid):
    """The day on which a policy takes effect has to come, and soon enough to be remembered."""

    code = "policy-day-not-valid"
    title = "The policy cannot take effect on that day"


@transaction.atomic(savepoint=False)
def install_default(*, platform: Platform, by: Actor, at: datetime) -> Policy:
    """Give a platform without a policy the shipped one; return the active policy.

    Raises NotNow when it has versions and none is active: those take two people.
    """
    locks.platform(platform.pk)
    versions = Policy.objects.filter(platform=platform)
    active = versions.filter(state=Policy.State.ACTIVE).first()
    if active is not None:
        return active
    if versions.exists():
        raise NotNow(
            "This platform has versions of its own, and none is active. Activate one of them."
        )
    policy = Policy.objects.create(
        platform=platform,
        version=1,
        state=Policy.State.ACTIVE,
        document=policies.DEFAULT_DOCUMENT,
        drafted_at=at,
        active_from=at,
    )
    _audit("policies.install_default", policy, None, by=by, at=at)
    return policy


@transaction.atomic(savepoint=False)
def draft(*, platform: Platform, document: dict[str, Any], by: Actor, at: datetime) -> Policy:
    """Save a new version as a draft. Raises InvalidPolicy with sentences."""
    require_person(by)
    policies.parse(document)
    locks.platform(platform.pk)
    policy = Policy.objects.create(
        platform=platform,
        version=_next_version(platform),
        document=document,
        drafted_by_id=by.id,
        drafted_at=at,
    )
    _audit("policies.draft", policy, None, by=by, at=at)
    return policy


@transaction.atomic(savepoint=False)
def revise(
    *, policy: Policy, document: dict[str, Any], seen: dict[str, Any], by: Actor, at: datetime
) -> Policy:
    """Change what a draft says, if it still says what was `seen`; a simulated one is a draft again.

    Raises InvalidPolicy, NotByThisPerson for all but its drafter, NotNow.
    """
    require_person(by)
    policies.parse(document)
    locked = Policy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    if by.id != locked.drafted_by_id:
        raise NotByThisPerson(
            "Somebody else drafted this version. Draft one of your own, beginning with this one."
        )
    if locked.document != seen:
        raise NotNow("This draft was changed meanwhile, perhaps in another window. Load it again.")
    if locked.state == Policy.State.SIMULATED:
        _move(locked, Policy.State.SIMULATED, Policy.State.DRAFT, by=by, at=at)
    revised = Policy.objects.filter(pk=policy.pk, state=Policy.State.DRAFT)
    if not revised.update(document=document):
        raise NotNow(f"Version {policy.version} is no draft any more, so it stays as it is.")
    locked.refresh_from_db()
    _audit("policies.revise", locked, Policy.State.DRAFT, by=by, at=at)
    return locked


@transaction.atomic(savepoint=False)
def note_simulated(*, made: Simulation, by: Actor, at: datetime) -> Policy:
    """Note that a draft was run against the history; from now on its terms are fixed.

    One that was changed while the simulation ran, or was simulated before, stays as it is.
    """
    policy = Policy.objects.select_for_update(no_key=True).get(pk=made.policy_id)
    if policy.state != Policy.State.DRAFT or policy.document != made.document:
        return policy
    return _move(policy, Policy.State.DRAFT, Policy.State.SIMULATED, by=by, at=at)


@transaction.atomic(savepoint=False)
def approve(*, policy: Policy, by: Actor, at: datetime) -> Policy:
    """Approve a simulated version as the second person."""
    require_person(by)
    if by.id == policy.drafted_by_id:
        raise NotByThisPerson(
            "You drafted this version, so somebody else has to approve it. Ask a colleague."
        )
    return _move(
        policy,
        Policy.State.SIMULATED,
        Policy.State.APPROVED,
        by=by,
        at=at,
        approved_by_id=by.id,
        approved_at=at,
    )


@transaction.atomic(savepoint=False)
def send_back(*, policy: Policy, by: Actor, at: datetime) -> Policy:
    """Make a simulated version a draft again, for its drafter to change."""
    require_person(by)
    return _move(policy, Policy.State.SIMULATED, Policy.State.DRAFT, by=by, at=at)


@transaction.atomic(savepoint=False)
def schedule(*, policy: Policy, due_from: datetime, by: Actor, at: datetime) -> Policy:
    """Have an approved version take effect at `due_from`. Raises DayNotValid, NotNow."""
    require_person(by)
    if not at < due_from <= at + FURTHEST:
        raise DayNotValid("Choose a day that is to come, within a year.")
    waiting = Policy.objects.filter(pk=policy.pk, state=Policy.State.APPROVED)
    if not waiting.update(due_from=due_from):
        raise NotNow("Only an approved version can be given a day. Load it again.")
    policy.refresh_from_db()
    _audit("policies.schedule", policy, Policy.State.APPROVED, by=by, at=at)
    return policy


@transaction.atomic(savepoint=False)
def activate(*, policy: Policy, by: Actor, at: datetime) -> Policy:
    """Put an approved version into effect and retire the one before it.

    Entries keep the terms they were posted under. Standings follow as the refresher finds them;
    until then every answer is computed from the ledger under the new policy.
    """
    require_person(by)
    return _activate(policy, by=by, at=at)


@transaction.atomic(savepoint=False)
def activate_due(*, by: Actor, at: datetime) -> list[Policy]:
    """Put into effect what two people approved and gave a day that has come."""
    due = Policy.objects.filter(state=Policy.State.APPROVED, due_from__lte=at)
    found = list(due.select_for_update(skip_locked=True).order_by("due_from", "version"))
    return [_activate(policy, by=by, at=at) for policy in found]


@transaction.atomic(savepoint=False)
def withdraw(*, policy: Policy, by: Actor, at: datetime) -> Policy:
    """Retire an approved version that never took effect."""
    require_person(by)
    return _move(
        policy,
        Policy.State.APPROVED,
        Policy.State.RETIRED,
        by=by,
        at=at,
        due_from=None,
        retired_at=at,
    )


def require_person(by: Actor) -> None:
    """Raise NotByThisPerson unless a person acts."""
    if not by.is_person:
        raise NotByThisPerson("A policy is drafted, simulated, approved and activated by people.")


def _activate(policy: Policy, *, by: Actor, at: datetime) -> Policy:
    locks.platform(policy.platform_id)
    former = Policy.objects.filter(
        platform_id=policy.platform_id, state=Policy.State.ACTIVE
    ).first()
    if former is not None:
        if former.active_from is not None and former.active_from >= at:
            raise NotNow(f"Version {former.version} takes effect later than this.")
        _move(
            former,
            Policy.State.ACTIVE,
            Policy.State.RETIRED,
            by=by,
            at=at,
            retired_at=at,
        )
    return _move(
        policy,
        Policy.State.APPROVED,
        Policy.State.ACTIVE,
        by=by,
        at=at,
        due_from=None,
        active_from=at,
    )


def _move(policy: Policy, old: str, new: str, *, by: Actor, at: datetime, **fields: Any) -> Policy:
    moved = Policy.objects.filter(pk=policy.pk, state=old).update(state=new, **fields)
    policy.refresh_from_db()
    if not moved:
        raise NotNow(
            f"Version {policy.version} is {policy.get_state_display().lower()} by now, "
            f"so it cannot become {Policy.State(new).label.lower()}. Load it again."
        )
    _audit(f"policies.{new.lower()}", policy, old, by=by, at=at)
    return policy


def _next_version(platform: Platform) -> int:
    last = Policy.objects.filter(platform=platform).aggregate(last=Max("version"))["last"]
    return (last or 0) + 1


def _audit(action: str, policy: Policy, old: str | None, *, by: Actor, at: datetime) -> None:
    audit.record(
        action=action,
        record=policy,
        by=by,
        at=at,
        old={"state": old} if old else {},
        new={"state": policy.state, "version": policy.version},
    )
