"""Lines of a case's timeline: what happened, who did it, and what led to it."""

from datetime import datetime
from uuid import UUID

from django.db.models import Model

from groups.models import Case, CaseEntry
from identity.models import Account, User


def add(
    *,
    case: Case,
    kind: str,
    is_public: bool,
    at: datetime,
    by_user: User | UUID | None = None,
    by_account: Account | None = None,
    body: str = "",
    left_state: str | None = None,
    cause: Model | None = None,
) -> CaseEntry:
    """Append a line, in the transaction of what it tells; the action that calls it audits.

    `cause` is the flag, rule, decision, appeal or person it rests on. The group sees public lines.
    """
    return CaseEntry.objects.create(
        case=case,
        kind=kind,
        is_public=is_public,
        at=at,
        by_user_id=by_user.pk if isinstance(by_user, User) else by_user,
        by_account=by_account,
        body=body,
        left_state=left_state,
        cause_type=cause._meta.label if cause is not None else "",
        cause_id=cause.pk if cause is not None else None,
    )
