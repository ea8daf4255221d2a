"""The pure fold: from the role events of one group to its tenures.

It reads no clock and no database, so the same events give the same tenures whenever, however
often and in whatever order they arrived.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from groups.models import RoleEvent, Tenure
from groups.models.tenures import Role

Kind = RoleEvent.Kind
Cause = RoleEvent.Cause
Began = Tenure.Began
Ended = Tenure.Ended

_BEGAN: dict[str | None, Began] = {
    None: Began.GRANTED,
    Cause.REVERSAL: Began.REINSTATED,
    Cause.TRANSFER: Began.TRANSFERRED,
    Cause.CLAIM: Began.CLAIMED,
}
_REVOKED: dict[str | None, Ended] = {
    Cause.DECISION: Ended.DECISION,
    Cause.TRANSFER: Ended.TRANSFERRED,
}
# What the platform says of one instant, where no sequence orders it: as a group lives.
_PRECEDENCE: dict[str, int] = {
    kind: place
    for place, kind in enumerate(
        (Kind.RESTORED, Kind.REVOKED, Kind.LEFT, Kind.REMOVED, Kind.GRANTED, Kind.ARCHIVED)
    )
}
# What a platform does to carry out a decision.
_TAKING = {Kind.REVOKED, Kind.REMOVED}
# Since when somebody is owner or co-owner, and their place among those of that instant.
Rank = tuple[datetime, int]
# Tenures of one account that ended so were followed by another at the same instant.
_CHANGES = {Ended.CHANGED_ROLE, Ended.SUCCEEDED}


@dataclass(frozen=True, slots=True)
class Fact:
    """A role event, as far as the fold reads it."""

    key: UUID
    kind: str
    at: datetime
    sequence: int = 0
    account: UUID | None = None
    role: str | None = None
    actor: UUID | None = None
    cause: str | None = None
    caused_by: UUID | None = None
    is_history: bool = False

    @property
    def order(self) -> tuple[datetime, int, int, bool, bytes]:
        """By time, then by the source's sequence, else by what the event is and its key.

        Nothing of it depends on when or with what the event arrived. Who is made manager and
        owner in one instant is owner.
        """
        is_owner = self.role == Role.OWNER
        return self.at, self.sequence, _PRECEDENCE[self.kind], is_owner, self.key.bytes


@dataclass(frozen=True, slots=True)
class Span:
    """A tenure as a value: half-open, `until` is null while it lasts."""

    account: UUID
    role: str
    since: datetime
    began: str
    began_by: UUID | None
    began_event: UUID
    until: datetime | None = None
    ended: str | None = None
    ended_by: UUID | None = None
    ended_event: UUID | None = None
    is_history: bool = False
    rank: Rank | None = None
    """Of an owner or co-owner; whose is lowest succeeds."""
    stands_in_for: UUID | None = None
    """The decision in whose wake the owner succeeded; if it is reversed, they step back."""


@dataclass(frozen=True, slots=True)
class Folded:
    tenures: list[Span]
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """How a group stood just before `at`. The purge has deleted what led to it."""

    at: datetime
    held: Sequence[Span]
    """The tenures of then; how they ended, the later facts say."""
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of one group: its facts, from the beginning or from a baseline on."""

    facts: Sequence[Fact]
    baseline: Baseline | None = None

    @property
    def next_sequence(self) -> int:
        """The sequence of a fact that comes after all of these, also at the same instant."""
        return 1 + max((fact.sequence for fact in self.facts), default=0)

    def until(self, at: datetime) -> "Past":
        """Return what was known just before `at`."""
        return Past([fact for fact in self.facts if fact.at < at], self.baseline)

    def fold(self, *more: Fact) -> Folded:
        return fold([*self.facts, *more], baseline=self.baseline)


def fold(facts: Iterable[Fact], *, baseline: Baseline | None = None) -> Folded:
    """Derive the tenures of one group, in the order in which they ended or began.

    With a baseline, facts before it are not read: it says what came of them. Nor is what a platform
    took because a decision had taken it: the decision's own fact says when.
    """
    group = _Group()
    facts = _without_mirrored(list(facts))
    if baseline is not None:
        facts = [fact for fact in facts if fact.at >= baseline.at]
        group.stand(baseline)
    for fact in sorted({fact.key: fact for fact in facts}.values(), key=lambda fact: fact.order):
        group.apply(fact)
    return Folded(group.spans(), group.archived_at)


@dataclass
class _Group:
    owner: UUID | None = None
    stands_in_for: UUID | None = None
    owner_rank: Rank | None = None
    # Whose rank is lowest has been owner or co-owner for longest, and succeeds.
    co_owners: dict[UUID, Rank] = field(default_factory=dict)
    last_rank: Rank | None = None
    managers: set[UUID] = field(default_factory=set)
    held: dict[UUID, Span] = field(default_factory=dict)
    ended: list[Span] = field(default_factory=list)
    archived_at: datetime | None = None

    def stand(self, baseline: Baseline) -> None:
        """Start from what a baseline says."""
        self.archived_at = baseline.archived_at
        for span in baseline.held:
            self.held[span.account] = replace(
                span, until=None, ended=None, ended_by=None, ended_event=None
            )
            if span.role == Role.MANAGER:
                self.managers.add(span.account)
            elif span.role == Role.OWNER:
                self._seat(span.account, span.rank or (span.since, 0))
                self.stands_in_for = span.stands_in_for
            else:
                self.co_owners[span.account] = span.rank or (span.since, 0)

    def apply(self, fact: Fact) -> None:
        if fact.kind == Kind.ARCHIVED:
            self._archive(fact)
        elif fact.kind == Kind.RESTORED:
            self.archived_at = None
        elif fact.account is None:
            return
        elif fact.kind == Kind.GRANTED and fact.role == Role.MANAGER:
            self._grant_manager(fact, fact.account)
        elif fact.kind == Kind.GRANTED:
            self._grant_owner(fact, fact.account)
        elif self._ends(fact, fact.account):
            self._drop(fact, fact.account, _how(fact))
            self._succeed(fact)

    def spans(self) -> list[Span]:
        return _without_empty(self.ended) + list(self.held.values())

    def _ends(self, fact: Fact, account: UUID) -> bool:
        if fact.kind != Kind.REVOKED:
            return account in self.held
        if fact.role == Role.MANAGER:
            return account in self.managers
        return account == self.owner or account in self.co_owners

    def _archive(self, fact: Fact) -> None:
        if self.archived_at is None:
            self.archived_at = fact.at
        for account in list(self.held):
            self._drop(fact, account, Ended.GROUP_ARCHIVED)

    def _grant_manager(self, fact: Fact, account: UUID) -> None:
        if account in self.managers or self._comes_too_late(fact, account):
            return
        if account in self.held:
            self._drop(fact, account, Ended.CHANGED_ROLE)
        self.managers.add(account)
        self._begin(fact, account, Role.MANAGER, _BEGAN[fact.cause])
        self._succeed(fact)

    def _grant_owner(self, fact: Fact, account: UUID) -> None:
        takes_over = self._takes_over(fact)
        if account == self.owner or (account in self.co_owners and not takes_over):
            return
        if fact.cause and self.archived_at:
            return
        rank = self.co_owners.get(account) or self._next_rank(fact)
        if account in self.held:
            was_manager = account in self.managers
            self._drop(fact, account, Ended.CHANGED_ROLE if was_manager else Ended.SUCCEEDED)
        if takes_over:
            self._step_back(fact)
        if self.owner is None:
            self._seat(account, rank)
            self._begin(fact, account, Role.OWNER, _BEGAN[fact.cause])
        else:
            self.co_owners[account] = rank
            self._begin(fact, account, Role.CO_OWNER, _BEGAN[fact.cause])

    def _takes_over(self, fact: Fact) -> bool:
        if self.owner is None or fact.cause == Cause.TRANSFER:
            return True
        return fact.cause == Cause.REVERSAL and fact.caused_by == self.stands_in_for

    def _step_back(self, fact: Fact) -> None:
        """The owner becomes a co-owner, with the seniority they had."""
        if self.owner is None:
            return
        account, rank = self.owner, self.owner_rank or (fact.at, 0)
        was_transferred = fact.cause == Cause.TRANSFER
        self._drop(fact, account, Ended.TRANSFERRED if was_transferred else Ended.CHANGED_ROLE)
        self.co_owners[account] = rank
        self._begin(fact, account, Role.CO_OWNER, Began.STEPPED_BACK)

    def _succeed(self, fact: Fact) -> None:
        """The longest-serving co-owner succeeds at the instant in which the owner goes."""
        if self.owner is not None or not self.co_owners:
            return
        account, rank = min(self.co_owners.items(), key=lambda item: item[1])
        was_decided = fact.cause == Cause.DECISION
        stands_in_for = fact.caused_by if was_decided else self.stands_in_for
        self._drop(fact, account, Ended.SUCCEEDED)
        self._seat(account, rank)
        self.stands_in_for = stands_in_for
        self._begin(fact, account, Role.OWNER, Began.SUCCEEDED)

    def _comes_too_late(self, fact: Fact, account: UUID) -> bool:
        """Accord gives no role in an archived group, nor in place of one that they hold."""
        return bool(fact.cause) and (account in self.held or self.archived_at is not None)

    def _next_rank(self, fact: Fact) -> Rank:
        at, place = self.last_rank or (fact.at, -1)
        self.last_rank = fact.at, place + 1 if at == fact.at else 0
        return self.last_rank

    def _seat(self, account: UUID, rank: Rank) -> None:
        self.owner, self.owner_rank = account, rank
        self.stands_in_for = None

    def _begin(self, fact: Fact, account: UUID, role: Role, began: Began) -> None:
        self.held[account] = Span(
            account=account,
            role=role,
            since=fact.at,
            began=began,
            began_by=None if began in (Began.SUCCEEDED, Began.STEPPED_BACK) else fact.actor,
            began_event=fact.key,
            is_history=fact.is_history,
            rank=self.owner_rank if role == Role.OWNER else self.co_owners.get(account),
            stands_in_for=self.stands_in_for if role == Role.OWNER else None,
        )

    def _drop(self, fact: Fact, account: UUID, how: Ended) -> None:
        span = self.held.pop(account)
        by = None if how == Ended.SUCCEEDED else fact.actor
        self.ended.append(
            replace(span, until=fact.at, ended=how, ended_by=by, ended_event=fact.key)
        )
        self.managers.discard(account)
        self.co_owners.pop(account, None)
        if account == self.owner:
            self.owner = None


def _without_mirrored(facts: Sequence[Fact]) -> list[Fact]:
    """Leave out what a platform did to carry out a decision that ended the same account's role.

    It may come late, when the decision is undone, or with a clock that runs behind; it must neither
    end the role again nor in the decision's place.
    """
    decided = {(fact.caused_by, fact.account) for fact in facts if fact.cause == Cause.DECISION}
    return [
        fact
        for fact in facts
        if fact.cause or fact.kind not in _TAKING or (fact.caused_by, fact.account) not in decided
    ]


def _how(fact: Fact) -> Ended:
    if fact.kind == Kind.REVOKED:
        return _REVOKED.get(fact.cause, Ended.REVOKED)
    return Ended(fact.kind)


def _without_empty(spans: list[Span]) -> list[Span]:
    """Leave out tenures that began and ended at one instant.

    If they were the step from an earlier tenure to no tenure, the earlier one ends as they did.
    """
    kept: list[Span] = []
    last: dict[UUID, int] = {}
    for span in spans:
        if span.until != span.since:
            last[span.account] = len(kept)
            kept.append(span)
            continue
        index = last.get(span.account)
        if index is not None and kept[index].until == span.until and kept[index].ended in _CHANGES:
            kept[index] = replace(
                kept[index],
                ended=span.ended,
                ended_by=span.ended_by,
                ended_event=span.ended_event,
            )
    return kept
