"""What giving something back would change, before anybody does it. Nothing is written."""

from dataclasses import dataclass
from datetime import datetime

from credit import queries
from credit.models import Adjustment, LedgerEntry, Privilege, Sanction
from credit.record import StandingView


@dataclass(frozen=True, slots=True)
class Change:
    """Where an account stands before and after, and what it may do then that it may not now."""

    before: StandingView
    after: StandingView
    opened: tuple[Privilege, ...]


def preview_adjustment(*, adjustment: Adjustment, at: datetime) -> Change:
    """Tell what the proposed points would change if they were approved at `at`."""
    now = queries.get_record(account=adjustment.account, at=at)
    entry = LedgerEntry(points=adjustment.points, effective_at=at, expires_at=adjustment.expires_at)
    then = now.with_entries(entry)
    opened = now.privileges(at).lost_since(then.privileges(at))
    return Change(now.standing(at), then.standing(at), tuple(opened))


def preview_lift(*, sanction: Sanction, at: datetime) -> Change:
    """Tell what lifting the sanction at `at` would open, on the platform or in its group."""
    now = queries.get_record(account=sanction.account, at=at)
    then = now.with_sanctions(one for one in now.sanctions if one.pk != sanction.pk)
    group_id = sanction.scope_group_id
    opened = now.privileges(at, group_id=group_id).lost_since(
        then.privileges(at, group_id=group_id)
    )
    return Change(now.standing(at), then.standing(at), tuple(opened))
