"""What an action or the passing of time changed for an account, and who hears of it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from credit.models import LedgerEntry, Privilege
from credit.privileges import Answer, Privileges
from credit.record import StandingView
from identity.models import Account
from portal.core import outbox

TYPE = "accord.privileges.changed.v1"


@dataclass(frozen=True, slots=True)
class StandingChange:
    """The standing and the answers of one account before and after."""

    account_id: UUID
    entry: LedgerEntry | None
    before: StandingView
    after: StandingView
    privileges_before: Privileges
    privileges_after: Privileges
    # Set when the answers are those in one group.
    group_id: UUID | None = None

    @property
    def changed(self) -> list[str]:
        """Name the answers that differ: privileges, and `limits`."""
        old, new = self.privileges_before, self.privileges_after
        names = [p.value.lower() for p in Privilege if _differ(old.of(p), new.of(p))]
        return names + (["limits"] if old.limits != new.limits else [])

    @property
    def lost(self) -> list[Privilege]:
        return self.privileges_after.lost_since(self.privileges_before)


def between(
    *,
    account: Account,
    before: StandingView,
    after: StandingView,
    entry: LedgerEntry | None = None,
    group_id: UUID | None = None,
) -> StandingChange:
    return StandingChange(
        account_id=account.pk,
        entry=entry,
        before=before,
        after=after,
        privileges_before=before.privileges(group_id=group_id),
        privileges_after=after.privileges(group_id=group_id),
        group_id=group_id,
    )


def announce(changes: Iterable[tuple[Account, StandingChange]], *, at: datetime) -> int:
    """Tell the platforms of answers that changed. Return how many there were."""
    events: dict[UUID, list[tuple[str, str, dict[str, Any]]]] = defaultdict(list)
    for account, change in changes:
        if change.changed:
            event = (TYPE, account.external_id, _answers(account, change))
            events[account.platform_id].append(event)
    for platform_id, of_platform in events.items():
        outbox.publish_each(platform_id=platform_id, events=of_platform, at=at)
    return sum(map(len, events.values()))


def _answers(account: Account, change: StandingChange) -> dict[str, Any]:
    """Say what the account may do now: never a score, points or a tier (promise 2)."""
    new = change.privileges_after
    return {
        "account": account.external_id,
        "group_id": str(change.group_id) if change.group_id else None,
        "changed": change.changed,
        "privileges": {p.value.lower(): _told(new.of(p)) for p in Privilege},
        "limits": {
            "groups_owned": new.limits.groups_owned,
            "group_size": new.limits.group_size,
        },
        "policy_version": new.policy_version,
    }


def _differ(old: Answer, new: Answer) -> bool:
    return (old.allowed, old.until) != (new.allowed, new.until)


def _told(answer: Answer) -> dict[str, Any]:
    return {
        "allowed": answer.allowed,
        "until": answer.until.isoformat() if answer.until else None,
        "reasons": [
            {
                "code": reason.code,
                "sentence": reason.sentence,
                "until": reason.until.isoformat() if reason.until else None,
            }
            for reason in answer.reasons
        ],
    }
