"""Tables that a platform brings: kept for a look at what they would change, then taken once."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from groups.actions import events as event_actions
from groups.actions import groups as group_actions
from groups.actions import registry_groups
from groups.batches import Status
from groups.events import GovernanceEvent
from groups.models import RegistryUpload
from groups.queries import registry as registry_queries
from groups.registry import plans, reading
from groups.registry.plans import Kind, Line, Plan
from groups.registry.rows import RoleRow
from identity import access
from identity.actions import accounts
from identity.models import User
from identity.roles import Permission
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict
from portal.core.models import Platform

SOURCE = "registry"
Table = RegistryUpload.Table


class AlreadyTaken(Conflict):
    """The table has taken effect."""

    code = "table-already-taken"
    title = "This table has taken effect already"
    advice = "Upload it again to see what it would change now."


class OtherPlan(Conflict):
    """Something changed since the preview, so that the table would do something else."""

    code = "table-does-something-else-now"
    title = "The table would change something else by now"
    advice = "Look at the changes again, and confirm those."


@transaction.atomic(savepoint=False)
def upload(
    *, platform: Platform, table: str, form: str, name: str, body: bytes, by: Actor, at: datetime
) -> RegistryUpload:
    """Keep a table for a look at it. Raises NotATable, StaffOnly."""
    user = _administrator(by, platform)
    made = RegistryUpload(
        platform=platform,
        table=table,
        form=form,
        file_name=name[:200],
        sha256=hashlib.sha256(body).hexdigest(),
        body=reading.decode(body),
        uploaded_by=user,
        uploaded_at=at,
    )
    plans.of_upload(made, at=at)
    made.save(force_insert=True)
    new = {"table": table, "sha256": made.sha256}
    audit.record(action="registry.upload", record=made, by=by, at=at, new=new)
    return made


@transaction.atomic(savepoint=False)
def discard(*, upload: RegistryUpload, by: Actor, at: datetime) -> None:
    """Delete a table that has not taken effect. Raises AlreadyTaken, StaffOnly."""
    locked = _lock(upload, by=by)
    audit.record(action="registry.discard", record=locked, by=by, at=at)
    locked.delete()


def foresee(*, upload: RegistryUpload, by: Actor, at: datetime) -> Plan:
    """Return what the table would change and what follows, by doing it and undoing all of it."""
    with transaction.atomic():
        plan = plans.of_upload(upload, at=at)
        before = registry_queries.get_owners(plan=plan, platform=upload.platform)
        taken = _take(upload, plan, by=by, at=at)
        after = registry_queries.get_owners(plan=plan, platform=upload.platform)
        transaction.set_rollback(True)
    return replace(taken, consequences=registry_queries.tell(taken, before, after))


@transaction.atomic(savepoint=False)
def take(*, upload: RegistryUpload, seen: str, by: Actor, at: datetime) -> RegistryUpload:
    """Let the table take effect, if it still changes what was `seen` (a plan's mark).

    The good rows land; what is refused is kept with its reasons. Raises AlreadyTaken, OtherPlan,
    StaffOnly.
    """
    locked = _lock(upload, by=by)
    plan = _take(locked, plans.of_upload(locked, at=at), by=by, at=at)
    if plan.mark != seen:
        raise OtherPlan("What is known here has changed since you looked.")
    for name, count in plan.counts.items():
        setattr(locked, name, count)
    locked.applied_at = at
    locked.body = plans.refused_as_csv(plan)
    locked.save(update_fields=["applied_at", "body", *plan.counts])
    audit.record(action="registry.take", record=locked, by=by, at=at, new=plan.counts)
    return locked


@transaction.atomic(savepoint=False)
def record_export(*, platform: Platform, table: str, form: str, by: Actor, at: datetime) -> None:
    """Record who took a table out, before its first byte leaves. Raises StaffOnly."""
    _administrator(by, platform)
    new = {"table": table, "format": form}
    audit.record(action="registry.export", record=platform, by=by, at=at, new=new)


@transaction.atomic(savepoint=False)
def record_refused(*, upload: RegistryUpload, by: Actor, at: datetime) -> None:
    """Record who took the refused rows of a table out, before their first byte leaves."""
    new = {"table": upload.table, "format": "csv"}
    audit.record(action="registry.export_refused", record=upload, by=by, at=at, new=new)


def _take(upload: RegistryUpload, plan: Plan, *, by: Actor, at: datetime) -> Plan:
    """Write what is new and changed; return the plan with what was refused on the way."""
    write: dict[str, Callable[..., Plan]] = {
        Table.GROUPS: _take_groups,
        Table.ACCOUNTS: _take_accounts,
        Table.ROLES: _take_roles,
    }
    return write[upload.table](upload.platform, plan, by=by, at=at)


def _take_groups(platform: Platform, plan: Plan, *, by: Actor, at: datetime) -> Plan:
    rows = [line.row for line in plan.to_take]
    known = group_actions.ensure(
        platform=platform, first_seen={row.group: at for row in rows}, by=by, at=at
    )
    registry_groups.describe(
        platform=platform, rows={known[row.group].pk: row for row in rows}, by=by, at=at
    )
    return plan


def _take_accounts(platform: Platform, plan: Plan, *, by: Actor, at: datetime) -> Plan:
    names = {line.row.account: line.row.name for line in plan.to_take}
    accounts.name_each(platform=platform, names=names, by=by, at=at)
    return plan


def _take_roles(platform: Platform, plan: Plan, *, by: Actor, at: datetime) -> Plan:
    """Take roles as the role events that they are: tenures are always folded from events."""
    lines = [(line, event) for line in plan.to_take for event in _events(line, at)]
    outcome = event_actions.ingest(
        platform=platform, events=[event for _, event in lines], by=by, at=at, history=True
    )
    refused = {
        line.number: verdict.detail or "It was refused."
        for (line, _), verdict in zip(lines, outcome.verdicts, strict=True)
        if verdict.status == Status.REFUSED
    }
    later = plans.of_sources(plan, table=Table.ROLES, platform=platform, at=at)
    refused |= {
        line.number: "It would change nothing: what was before that time is not kept any more, or "
        "another event says otherwise."
        for line in later.of(Kind.NEW)
        if line.number not in refused
    }
    return plans.with_refusals(plan, refused)


def _events(line: Line, at: datetime) -> Sequence[GovernanceEvent]:
    row: RoleRow = line.row
    since = row.since or at
    made = []
    if line.kind == Kind.NEW:
        made.append(_event("role.granted", row, since))
    if row.until:
        made.append(_event("role.revoked", row, row.until))
    return made


def _event(kind: str, row: RoleRow, time: datetime) -> GovernanceEvent:
    told = "\0".join((kind, row.group, row.account, row.role, time.isoformat()))
    return GovernanceEvent(
        kind=kind,
        source=SOURCE,
        id=hashlib.sha256(told.encode()).hexdigest(),
        time=time,
        group=row.group,
        subject=row.account,
        role=row.role,
    )


def _lock(upload: RegistryUpload, *, by: Actor) -> RegistryUpload:
    locked = RegistryUpload.objects.select_for_update().select_related("platform").get(pk=upload.pk)
    _administrator(by, locked.platform)
    if locked.applied_at:
        raise AlreadyTaken(f"“{locked}” took effect on {locked.applied_at:%Y-%m-%d %H:%M} UTC.")
    return locked


def _administrator(by: Actor, platform: Platform) -> User:
    user = access.find_person(by)
    if user is None:
        raise access.StaffOnly("Administrators of the platform bring tables.")
    access.require(user, Permission.ADMINISTER, platform)
    return user
