"""All that an account's standing and privileges follow from, loaded once, then only computed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from credit import fold, policy, privileges, restoration
from credit.fold import Step
from credit.models import LedgerEntry, Policy, Sanction
from credit.policy import Document, Tier
from credit.privileges import Privileges
from credit.restoration import Cause


@dataclass(frozen=True, slots=True)
class StandingView:
    """Where an account stands at one instant, with all that adds up to it."""

    at: datetime
    score: int
    level: Tier
    # The entries that count and the sanctions in force at `at`, oldest first.
    entries: tuple[LedgerEntry, ...]
    sanctions: tuple[Sanction, ...]
    # How the score changes if nothing else happens.
    forecast: tuple[Step, ...]
    policy: Policy
    # When a score, or a sanction, changes by itself.
    next_change_at: datetime | None

    @property
    def tier(self) -> str:
        return self.level.name

    @property
    def policy_version(self) -> int:
        return self.policy.version

    @property
    def points_missing(self) -> int:
        """Return the points that what counts takes all together, also below the floor."""
        return max(0, -sum(entry.points for entry in self.entries))

    def privileges(self, *, group_id: UUID | None = None) -> Privileges:
        """Derive the answers, on the platform or, with `group_id`, in that group."""
        return privileges.assess(
            tier=self.level,
            steps=self.forecast,
            decision_ids=self._behind(),
            sanctions=self.sanctions,
            group_id=group_id,
            policy=policy.of(self.policy),
            policy_version=self.policy_version,
            next_change_at=self.next_change_at,
        )

    def _behind(self) -> tuple[UUID, ...]:
        """List the decisions that cost the account points which still count, newest first."""
        undone = {e.reverses_id for e in self.entries if e.reverses_id}
        found = [
            entry.decision_id
            for entry in reversed(self.entries)
            if entry.points < 0 and entry.decision_id and entry.pk not in undone
        ]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Penalty:
    """What a finding costs. Points are zero (a warning) or negative."""

    points: int
    expires_at: datetime
    is_warning: bool


@dataclass(frozen=True, slots=True)
class Record:
    """The ledger and the sanctions of an account, and the policy in effect."""

    policy: Policy
    entries: tuple[LedgerEntry, ...] = ()
    sanctions: tuple[Sanction, ...] = ()

    @property
    def document(self) -> Document:
        return policy.of(self.policy)

    @property
    def reversed_ids(self) -> frozenset[UUID]:
        return frozenset(
            entry.reverses_id for entry in self.entries if entry.reverses_id is not None
        )

    def with_entries(self, *entries: LedgerEntry) -> "Record":
        return replace(self, entries=(*self.entries, *entries))

    def finding(
        self,
        severity: str,
        points: int,
        *,
        at: datetime,
        under: Policy | None = None,
        not_after: datetime | None = None,
        found_at: datetime | None = None,
    ) -> LedgerEntry:
        """Return the entry, yet to be posted, of a finding under the policy in effect.

        One that goes on from another is `under` the policy of then, was `found_at` then, and
        counts `not_after` that one would have.
        """
        version = under or self.policy
        document = policy.of(version)
        expires_at = at + document.lifetime_of(severity, points)
        if not_after is not None:
            expires_at = max(at, min(expires_at, not_after))
        return LedgerEntry(
            kind=LedgerEntry.Kind.PENALTY,
            points=points,
            effective_at=at,
            expires_at=expires_at,
            policy=version,
            severity=severity,
            restored_every_days=document.terms_of(severity).restored_every_days,
            found_at=found_at,
        )

    def finding_of(self, decision_id: UUID) -> LedgerEntry | None:
        """Return what the decision cost, a warning included; None where it found nothing."""
        costs = (e for e in self.entries if e.kind == LedgerEntry.Kind.PENALTY)
        return next((entry for entry in costs if entry.decision_id == decision_id), None)

    def next_finding(
        self, severity: str, points: int, replaced: LedgerEntry | None, *, at: datetime
    ) -> LedgerEntry:
        """Return the entry of a finding made at `at`, which goes on from one that is `replaced`."""
        if replaced is None:
            return self.finding(severity, points, at=at)
        return self.finding(
            severity,
            points,
            at=at,
            under=replaced.policy,
            not_after=replaced.expires_at,
            found_at=replaced.since,
        )

    def with_finding(self, finding: LedgerEntry) -> "Record":
        """Add a finding and what follows from it: points to come back, and others put off."""
        return self.with_entries(finding).settled(Cause(finding.decision_id), finding.effective_at)

    def settled(
        self, cause: Cause, at: datetime, *, goes_on_since: datetime | None = None
    ) -> "Record":
        """Bring the points that come back in line with the findings."""
        follow = restoration.settle(
            self.entries, policy=self.policy, cause=cause, at=at, goes_on_since=goes_on_since
        )
        return self.with_entries(*follow)

    def with_sanctions(self, sanctions: Iterable[Sanction]) -> "Record":
        return replace(self, sanctions=tuple(sanctions))

    def without(self, decision_id: UUID, *, goes_on: bool = False) -> "Record":
        """Leave out what a decision did, as if it had never been.

        Where its finding `goes_on`, what it put off stays put off.
        """
        own = [e for e in self.entries if e.decision_id == decision_id]
        gone = {e.pk for e in own if not (goes_on and e.puts_off)}
        gone |= {e.pk for e in self.entries if e.restores_id in gone}
        gone |= {e.pk for e in self.entries if e.reverses_id in gone}
        return replace(
            self,
            entries=tuple(e for e in self.entries if e.pk not in gone),
            sanctions=tuple(s for s in self.sanctions if s.decision_id != decision_id),
        )

    def standing(self, at: datetime) -> StandingView:
        document = self.document
        score = fold.score_at(self.entries, document=document, at=at)
        steps = tuple(fold.steps_after(self.entries, document=document, at=at))
        return StandingView(
            at=at,
            score=score,
            level=document.tier_at(score),
            entries=tuple(e for e in self.entries if fold.counts_at(e, at)),
            sanctions=tuple(s for s in self.sanctions if s.is_in_force_at(at)),
            forecast=steps,
            policy=self.policy,
            next_change_at=next_change(self.sanctions, steps, at),
        )

    def privileges(self, at: datetime, *, group_id: UUID | None = None) -> Privileges:
        """Derive the answers at `at`, on the platform or, with `group_id`, in that group."""
        return self.standing(at).privileges(group_id=group_id)

    def brings_less_than(self, other: "Record", *, since: datetime) -> bool:
        """Say whether the tier lacks a privilege that the other's brings, `since` then or later.

        By the tiers alone. A sanction that withholds the privilege as well may end, be lifted or
        be undone on appeal, and the points would then still withhold it.
        """
        steps = [*self.standing(since).forecast, *other.standing(since).forecast]
        return any(
            set(other._tier_at(moment).privileges) - set(self._tier_at(moment).privileges)
            for moment in {since, *(step.at for step in steps)}
        )

    def _tier_at(self, at: datetime) -> Tier:
        return self.document.tier_at(fold.score_at(self.entries, document=self.document, at=at))

    def missing_until(self, points: int, *, since: datetime) -> datetime | None:
        """Return the first moment from `since` on at which what counts takes fewer than `points`.

        What is given back from then on would be kept for the next finding. None: it never comes.
        """
        moments = {since}
        for entry in self.entries:
            moments |= {m for m in (entry.effective_at, entry.expires_at) if m and m > since}
        return next((m for m in sorted(moments) if -fold.total(self.entries, m) < points), None)

    def penalty(self, severity: str, at: datetime) -> Penalty:
        """Tell what a finding of `severity` costs at `at`: for a first LOW one, nothing."""
        document = self.document
        is_warning = (
            severity == "LOW"
            and document.first_low_finding is not None
            and not self._has_findings(at)
        )
        points = 0 if is_warning else -document.terms_of(severity).points
        return Penalty(points, at + document.lifetime_of(severity, points), is_warning)

    def _has_findings(self, at: datetime) -> bool:
        """Say whether a finding counts at `at` that was not reversed, a warning included."""
        undone = {e.reverses_id for e in self.entries if e.effective_at <= at}
        return any(
            entry.kind == LedgerEntry.Kind.PENALTY
            and fold.counts_at(entry, at)
            and entry.pk not in undone
            for entry in self.entries
        )


def next_change(
    sanctions: Iterable[Sanction], steps: Iterable[Step], at: datetime
) -> datetime | None:
    """Return when the score or a sanction next changes by itself after `at`."""
    moments = [step.at for step in steps]
    for sanction in sanctions:
        if sanction.lifted_at is None or sanction.lifted_at > at:
            moments += [m for m in (sanction.starts_at, sanction.ends_at) if m and m > at]
    return min(moments, default=None)
