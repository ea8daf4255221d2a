"""A decision as the people concerned read it: what it did, until when, and what was undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from credit.models import LedgerEntry, Sanction
from groups import notice_phrases
from groups.models import Appeal, Decision
from groups.queries import appeals as appeal_queries
from groups.queries.appeals import AppealRight
from identity.models import Account, User


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that a decision does, in words."""

    words: str
    until: datetime | None
    undone_at: datetime | None
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnRight:
    """The account under which the reader may appeal, or why they may not."""

    account: Account
    right: AppealRight


def list_effects(*, decision: Decision, language: str, with_points: bool) -> list[Effect]:
    """List what the decision does. Points are for the person they cost, and for nobody else."""
    sanctions = {
        (row.privilege, row.scope_group_id): row
        for row in Sanction.objects.filter(decision_id=decision.pk)
    }
    found = []
    for measure in decision.measures.order_by("pk"):
        sanction = sanctions.get((measure.privilege or "", measure.in_group_id))
        found.append(
            Effect(
                words=notice_phrases.say(measure, language=language),
                until=sanction.ends_at if sanction else None,
                undone_at=measure.undone_at,
                lifted_at=sanction.lifted_at if sanction else None,
            )
        )
    return found + (_points(decision, language) if with_points else [])


def _points(decision: Decision, language: str) -> list[Effect]:
    entries = LedgerEntry.objects.filter(decision_id=decision.pk, kind=LedgerEntry.Kind.PENALTY)
    found = []
    for entry in entries.select_related("policy", "reversed_by").order_by("sequence"):
        back = getattr(entry, "reversed_by", None)
        found.append(
            Effect(
                words=notice_phrases.say_points(
                    lost=-entry.points, version=entry.policy.version, language=language
                ),
                until=entry.expires_at,
                undone_at=back.posted_at if back else None,
            )
        )
    return found


def get_own_right(*, decision: Decision, user: User, at: datetime) -> OwnRight | None:
    """Return the right of the reader's account that has one; else why the first one has none."""
    own = Account.objects.filter(user=user, platform=decision.platform_id).order_by("pk")
    rights = [
        OwnRight(account, appeal_queries.get_right(decision=decision, appellant=account, at=at))
        for account in own
    ]
    usable = [own for own in rights if own.right.exists]
    concerned = [own for own in rights if own.right.until is not None]
    return next(iter([*usable, *concerned, *rights]), None)


def list_own_appeals(*, decision: Decision, user: User) -> Sequence[Appeal]:
    own = Appeal.objects.filter(decision=decision, appellant__user=user)
    return list(own.order_by("number"))
