"""Who took which part of the governance log out of Accord."""

from datetime import datetime

from django.db import transaction

from groups.models import LogEntry
from groups.queries.log_pages import Wanted
from portal.core import audit
from portal.core.actors import Actor


@transaction.atomic(savepoint=False)
def record(*, wanted: Wanted, form: str, by: Actor, at: datetime) -> None:
    """Record an export before its first byte leaves, on every platform that it may hold."""
    filters = {
        "group_ids": [str(pk) for pk in wanted.group_ids] if wanted.group_ids else None,
        "account_ids": [str(pk) for pk in wanted.account_ids] if wanted.account_ids else None,
        "kind": wanted.kind,
        "since": wanted.since.isoformat() if wanted.since else None,
        "until": wanted.until.isoformat() if wanted.until else None,
    }
    new = {"format": form} | {name: value for name, value in filters.items() if value}
    for platform_id in sorted(wanted.platform_ids):
        audit.record(
            action="log.export", record=LogEntry, by=by, at=at, platform_id=platform_id, new=new
        )
