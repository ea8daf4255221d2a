"""The one way to write the audit log: in the transaction of the action it describes."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.db import models

from portal.core import rows
from portal.core.actors import Actor

if TYPE_CHECKING:
    from portal.core.models import AuditEntry


def record(
    *,
    action: str,
    record: models.Model | type[models.Model],
    by: Actor,
    at: datetime,
    platform_id: UUID | None = None,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> None:
    """Append who did what to which record. `old` and `new` hold ids, states, dates, numbers.

    A model class instead of a row stands for many of its rows, which `new` then counts.
    """
    rows.insert_each([_entry(action, record, by, at, platform_id, old, new)])


def record_each(
    *,
    action: str,
    changes: Iterable[tuple[models.Model, dict[str, Any], dict[str, Any]]],
    by: Actor,
    at: datetime,
    platform_id: UUID | None = None,
) -> None:
    """Append one entry for each (record, old, new), in one statement."""
    rows.insert_each(
        [_entry(action, record, by, at, platform_id, old, new) for record, old, new in changes]
    )


def _entry(
    action: str,
    record: models.Model | type[models.Model],
    by: Actor,
    at: datetime,
    platform_id: UUID | None,
    old: dict[str, Any] | None,
    new: dict[str, Any] | None,
) -> "AuditEntry":
    from portal.core.models import AuditEntry

    return AuditEntry(
        action=action,
        record_type=record._meta.label,
        record_id="" if isinstance(record, type) else str(record.pk),
        actor_kind=by.kind,
        actor_id=by.id,
        actor_label=by.label,
        platform_id=platform_id or _platform_id(record),
        old=old or {},
        new=new or {},
        request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
        at=at,
    )


def _platform_id(record: models.Model | type[models.Model]) -> UUID | None:
    from portal.core.models import Platform

    name = "pk" if isinstance(record, Platform) else "platform_id"
    found = None if isinstance(record, type) else getattr(record, name, None)
    return found if isinstance(found, UUID) else None
