"""Governance events as platforms send them."""

import itertools
from datetime import timedelta

from groups.events import GovernanceEvent
from tests.factories.base import AT

numbers = itertools.count(1)


def event(kind, subject=None, *, group="g-1", days=0, **fields):
    """An event `days` after (or, negative, before) noon of the tests' day."""
    values = {
        "kind": kind,
        "source": "relay/eu-1",
        "id": f"e-{next(numbers)}",
        "time": AT + timedelta(days=days),
        "group": group,
        "actor": "p-admin",
        "subject": subject,
    }
    return GovernanceEvent(**(values | fields))


def granted(subject, role="owner", **fields):
    return event("role.granted", subject, role=role, **fields)


def revoked(subject, role="owner", **fields):
    return event("role.revoked", subject, role=role, **fields)


def cloud_event(kind="role.granted", subject="p-1", *, group="g-1", days=-1, data=None, **fields):
    """The same as a CloudEvent, ready for JSON."""
    values = {
        "specversion": "1.0",
        "id": f"e-{next(numbers)}",
        "source": "relay/eu-1",
        "type": f"accord.governance.{kind}.v1",
        "subject": group,
        "time": (AT + timedelta(days=days)).isoformat(),
        "data": {"actor": "p-admin", "subject": subject, "role": "owner"} | (data or {}),
    }
    return values | fields
