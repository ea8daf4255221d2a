"""All that a person may know of their own standing on one platform."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from credit import ladder, outlook
from credit import queries as credit_queries
from credit.ladder import Ladder
from credit.models import LedgerEntry, Privilege, Sanction
from credit.models.sanctions import End
from credit.outlook import Cause, Coming, Outlook
from credit.privileges import Answer
from credit.queries import EntryView, Month
from groups.models import Decision, Group
from groups.queries import appeals as appeal_queries
from groups.queries import visibility
from groups.queries.appeals import AppealRight
from identity.models import Account, User

MOST_DECISIONS = 50


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of the ledger, with the decision that it rests on."""

    view: EntryView
    decision: Decision | None

    @property
    def points_lost(self) -> int:
        return -self.view.points


@dataclass(frozen=True, slots=True)
class Happening:
    """Why the score changes on a day to come, with the decision that the finding rests on."""

    cause: Cause
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Ahead:
    step: Coming
    happenings: Sequence[Happening]


@dataclass(frozen=True, slots=True)
class Right:
    """A privilege: whether the person has it, and the decisions that stand in the way."""

    name: str
    answer: Answer
    decisions: Sequence[Decision]


@dataclass(frozen=True, slots=True)
class Past:
    """A restriction that is over, and how it ended; `group` where it held in one only."""

    sanction: Sanction
    group: Group | None
    decision: Decision | None
    end: End


@dataclass(frozen=True, slots=True)
class Told:
    """A decision about the person, and whether they may appeal against it now."""

    decision: Decision
    right: AppealRight

    @property
    def found_nothing(self) -> bool:
        return self.decision.outcome == Decision.Outcome.DISMISSED


@dataclass(frozen=True, slots=True)
class StandingPage:
    at: datetime
    account: Account
    ladder: Ladder
    rights: Sequence[Right]
    counting: Sequence[Line]
    past: Sequence[Line]
    restrictions: Sequence[Past]
    decisions: Sequence[Told]
    months: Sequence[Month]
    outlook: Outlook
    ahead: Sequence[Ahead]

    @property
    def taken(self) -> Sequence[str]:
        """Name what decisions took, beside what the level does not bring."""
        return [
            right.name
            for right in self.rights
            if any(reason.code != "standing" for reason in right.answer.reasons)
        ]


def get_page(
    *, user: User, account: Account, at: datetime, group_id: UUID | None = None
) -> StandingPage:
    """Gather the standing of an account of `user`; with a group, what counts there too."""
    entries = credit_queries.list_entries(account=account, at=at)
    record = credit_queries.get_record(account=account, at=at)
    standing = record.standing(at)
    privileges = standing.privileges(group_id=group_id)
    over = credit_queries.list_past_sanctions(account=account, at=at, group_id=group_id)
    shown = visibility.list_decisions_for_owner(user=user).filter(subject_account=account)
    shown = shown.select_related("rule").order_by("-number")
    behind = {view.entry.decision_id for view in entries if view.entry.decision_id}
    behind |= {sanction.decision_id for sanction in over}
    behind |= {
        pk
        for privilege in Privilege
        for reason in privileges.of(privilege).reasons
        for pk in reason.decision_ids
    }
    known = {decision.pk: decision for decision in shown.filter(pk__in=behind)}
    lines = [_line(view, known) for view in entries if view.has_counted]
    found = outlook.of_record(record, at=at)
    return StandingPage(
        at=at,
        account=account,
        ladder=ladder.build(standing),
        rights=[_right(privilege, privileges.of(privilege), known) for privilege in Privilege],
        counting=[line for line in lines if line.view.counts],
        past=[line for line in lines if not line.view.counts],
        restrictions=list(_past(over, known, at=at)),
        decisions=_told(shown[:MOST_DECISIONS], account, at=at),
        months=credit_queries.list_history(record=record, at=at),
        outlook=found,
        ahead=[_ahead(step, known) for step in found.steps],
    )


def _past(over: Iterable[Sanction], known: dict[UUID, Decision], *, at: datetime) -> Iterator[Past]:
    over = list(over)
    scopes = {sanction.scope_group_id for sanction in over if sanction.scope_group_id}
    groups = Group.objects.in_bulk(scopes)
    for sanction in over:
        if end := sanction.end_by(at):
            scope = sanction.scope_group_id
            group = groups.get(scope) if scope else None
            yield Past(sanction, group, known.get(sanction.decision_id), end)


def _told(shown: Iterable[Decision], account: Account, *, at: datetime) -> list[Told]:
    decisions = list(shown)
    rights = appeal_queries.list_own_rights(decisions=decisions, subject=account, at=at)
    return [Told(decision, right) for decision, right in zip(decisions, rights, strict=True)]


def _line(view: EntryView, known: dict[UUID, Decision]) -> Line:
    return Line(view, _behind(view.entry, known))


def _ahead(step: Coming, known: dict[UUID, Decision]) -> Ahead:
    return Ahead(step, [Happening(cause, _behind(cause.of, known)) for cause in step.causes])


def _behind(entry: LedgerEntry, known: dict[UUID, Decision]) -> Decision | None:
    return known.get(entry.decision_id) if entry.decision_id else None


def _right(privilege: Privilege, answer: Answer, known: dict[UUID, Decision]) -> Right:
    behind = dict.fromkeys(pk for reason in answer.reasons for pk in reason.decision_ids)
    return Right(privilege.label, answer, [known[pk] for pk in behind if pk in known])
