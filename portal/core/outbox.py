"""Side effects leave through the outbox, written in the transaction that caused them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.core import rows


def publish(
    *, platform_id: UUID, type: str, subject: str, data: dict[str, Any], at: datetime
) -> None:
    """Queue one event for the platform's webhooks. `subject` is the record's outside id."""
    publish_each(platform_id=platform_id, events=[(type, subject, data)], at=at)


def publish_each(
    *, platform_id: UUID, events: Iterable[tuple[str, str, dict[str, Any]]], at: datetime
) -> None:
    """Queue each (type, subject, data), in one statement."""
    from portal.core.models import OutboxEvent

    rows.insert_each(
        [
            OutboxEvent(
                platform_id=platform_id, type=type, subject=subject, data=data, created_at=at
            )
            for type, subject, data in events
        ]
    )
