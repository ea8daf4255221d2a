"""Versions of a platform's policy: drafted, simulated, approved by a second person, active."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from credit import locks
from credit import policy as policies
from credit.models import Policy
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Forbidden
from portal.core.models import Platform


class NotByThisPerson(Forbidden):
    """Drafting and approving a policy takes two people."""

    code = "policy-needs-another-person"
    title = "Another person has to do this"


class NotNow(Conflict):
    """The policy is in a state that does not allow this."""

    code = "policy-state"
    title = "The policy has moved on"


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
    _require_person(by)
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
def mark_simulated(*, policy: Policy, by: Actor, at: datetime) -> Policy:
    """Note that a draft was run against the history; from now on its terms are fixed."""
    return _move(policy, Policy.State.DRAFT, Policy.State.SIMULATED, by=by, at=at)


@transaction.atomic(savepoint=False)
def approve(*, policy: Policy, by: Actor, at: datetime) -> Policy:
    """Approve a simulated version as the second person."""
    _require_person(by)
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
def activate(*, policy: Policy, by: Actor, at: datetime) -> Policy:
    """Put an approved version into effect and retire the one before it.

    Entries keep the terms they were posted under. Standings follow as the refresher finds them;
    until then every answer is computed from the ledger under the new policy.
    """
    _require_person(by)
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
    return _move(policy, Policy.State.APPROVED, Policy.State.ACTIVE, by=by, at=at, active_from=at)


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


def _require_person(by: Actor) -> None:
    if not by.is_person:
        raise NotByThisPerson("A policy is drafted, approved and activated by people.")


def _audit(action: str, policy: Policy, old: str | None, *, by: Actor, at: datetime) -> None:
    audit.record(
        action=action,
        record=policy,
        by=by,
        at=at,
        old={"state": old} if old else {},
        new={"state": policy.state, "version": policy.version},
    )
