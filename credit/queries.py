"""What anybody may ask about standing and privileges, now or at any past instant."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q

from credit import fold
from credit import policy as policies
from credit.models import LedgerEntry, Policy, Privilege, Sanction, Standing
from credit.privileges import Privileges
from credit.record import Penalty, Record, StandingView
from identity.models import Account
from portal.core import rows
from portal.core.errors import Conflict

IN_EFFECT = """
WHERE platform_id = %(platform)s AND active_from IS NOT NULL
ORDER BY CASE WHEN active_from <= %(at)s THEN active_from END DESC NULLS LAST, active_from LIMIT 1
"""
ENTRIES = "WHERE account_id = %s ORDER BY sequence"
SANCTIONS = "WHERE account_id = %s ORDER BY starts_at, id"


class NoPolicy(Conflict):
    """The platform has no standing policy yet."""

    code = "no-policy"
    title = "The platform has no standing policy"
    advice = "Install the shipped policy, or activate one, and try again."


def get_policy(*, platform_id: UUID, at: datetime) -> Policy:
    """Return the policy in effect at `at`; before the first one began, the first one.

    Raises NoPolicy when the platform never had one.
    """
    found = rows.fetch_each(Policy, IN_EFFECT, {"platform": platform_id, "at": at})
    if not found:
        raise NoPolicy("This platform has no standing policy. Install the shipped one first.")
    return found[0]


def get_record(*, account: Account, at: datetime) -> Record:
    """Load all that standing and privileges at `at` follow from."""
    return Record(
        policy=get_policy(platform_id=account.platform_id, at=at),
        entries=get_ledger(account=account),
        sanctions=tuple(rows.fetch_each(Sanction, SANCTIONS, [account.pk])),
    )


def get_ledger(*, account: Account) -> tuple[LedgerEntry, ...]:
    """Load the whole ledger, what nobody counts any more included, in its order."""
    return tuple(rows.fetch_each(LedgerEntry, ENTRIES, [account.pk]))


def get_last_numbers(*, account_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """Return the last ledger number of each account that has one, its entry purged or not."""
    known = Standing.objects.filter(account__in=account_ids)
    return dict(known.values_list("account", "last_sequence"))


def get_standing(*, account: Account, at: datetime) -> StandingView:
    """Replay the ledger up to `at`; an account without entries has the starting score."""
    return get_record(account=account, at=at).standing(at)


def get_privileges(*, account: Account, at: datetime, group_id: UUID | None = None) -> Privileges:
    """Tell what the account may do at `at`, on the platform or in one group, from its ledger."""
    return get_record(account=account, at=at).privileges(at, group_id=group_id)


def get_penalty(
    *, account: Account, severity: str, at: datetime, without_decision: UUID | None = None
) -> Penalty:
    """Tell what a finding of `severity` costs the account at `at` under the policy in effect.

    With `without_decision`, as if that decision had never been: an appeal replaces it.
    """
    record = get_record(account=account, at=at)
    return (record.without(without_decision) if without_decision else record).penalty(severity, at)


@dataclass(frozen=True, slots=True)
class Loss:
    """A privilege that would go, and until when; None: until a person lifts it, or unknown."""

    privilege: Privilege
    until: datetime | None
    group_id: UUID | None


@dataclass(frozen=True, slots=True)
class EffectPreview:
    """What a decision would do to the standing and the privileges of an account."""

    points: int
    expires_at: datetime | None
    before: StandingView
    after: StandingView
    lost: tuple[Loss, ...]
    # The points alone would cost a privilege: the decision waits for a second person.
    points_cost_a_privilege: bool
    # Something else withholds it at `at`: the points tell when that has ended.
    points_cost_it_later: bool
    # As it is, with the decision that would be replaced; and what comes back then.
    current: StandingView
    regained: tuple[Loss, ...] = ()

    @property
    def tier_before(self) -> str:
        return self.before.tier

    @property
    def tier_after(self) -> str:
        return self.after.tier


def preview(
    *,
    account: Account,
    points: int,
    sanctions: Sequence[tuple[str, str, int | None, UUID | None, datetime]],
    at: datetime,
    severity: str | None = None,
    without_decision: UUID | None = None,
    goes_on: bool = False,
) -> EffectPreview:
    """Tell what a decision with `points` and `sanctions` would do at `at`. Nothing is written.

    With `without_decision`, as if that decision had never been: an appeal replaces it. Where its
    finding `goes_on`, the points count under the same policy, and no longer than its would have.

    A sanction is (kind, privilege, days, group id, since when). Without `severity` the points are
    taken to last as long as those of the mildest severity that costs as much.
    """
    actual = get_record(account=account, at=at)
    now = actual.without(without_decision) if without_decision else actual
    severity = severity or now.document.mildest_costing(points)
    kept, replaced = now, None
    if without_decision and goes_on:
        kept = actual.without(without_decision, goes_on=True)
        replaced = actual.finding_of(without_decision)
    finding = now.next_finding(severity, points, replaced, at=at) if severity else None
    with_points = kept.with_finding(finding) if finding else now
    cost_one_now = bool(with_points.privileges(at).lost_since(now.privileges(at)))
    cost_one_ever = with_points.brings_less_than(now, since=at)
    imagined = [_imagine(*sanction) for sanction in sanctions]
    then = with_points.with_sanctions([*now.sanctions, *imagined])
    groups = dict.fromkeys([None, *(sanction.scope_group_id for sanction in imagined)])
    scopes = dict.fromkeys([None, *(sanction.scope_group_id for sanction in actual.sanctions)])
    return EffectPreview(
        points=points,
        expires_at=finding.expires_at if finding else None,
        before=now.standing(at),
        after=then.standing(at),
        lost=tuple(_losses(now, then, groups, at)),
        points_cost_a_privilege=cost_one_ever,
        points_cost_it_later=cost_one_ever and not cost_one_now,
        current=actual.standing(at),
        regained=tuple(_losses(then, actual, scopes, at)) if without_decision else (),
    )


@dataclass(frozen=True, slots=True)
class Month:
    """Where the account stood at the end of a month, or stands now in the current one."""

    month: date
    at: datetime
    score: int
    tier: str
    points_lost: int


def list_history(*, record: Record, at: datetime, months: int = 12) -> list[Month]:
    """List the standing at the end of each of the last `months` months, the present one last."""
    platform_id = record.policy.platform_id
    versions = Policy.objects.filter(platform_id=platform_id, active_from__isnull=False)
    begun = [(v.active_from, v) for v in versions.order_by("active_from") if v.active_from]
    found = []
    for moment in _month_ends(at, months):
        current = [version for since, version in begun if since <= moment]
        version = current[-1] if current else begun[0][1]
        standing = replace(record, policy=version).standing(moment)
        start = policies.of(standing.policy).starting_score
        month = (moment - timedelta(microseconds=1)).date().replace(day=1)
        found.append(Month(month, moment, standing.score, standing.tier, start - standing.score))
    return found


@dataclass(frozen=True, slots=True)
class EntryView:
    """A line of the person's ledger, with what became of it."""

    entry: LedgerEntry
    points: int
    expires_at: datetime | None
    counts: bool
    # Not yet, where it is a point that is to come back; never, where that was put off.
    has_counted: bool
    reversed_at: datetime | None
    policy_version: int

    @property
    def is_reversed(self) -> bool:
        return self.reversed_at is not None


def list_entries(*, account: Account, at: datetime) -> list[EntryView]:
    """List every entry posted up to `at`, newest first. A reversed entry no longer counts."""
    entries = list(
        LedgerEntry.objects.filter(account=account, posted_at__lte=at)
        .select_related("policy")
        .order_by("-effective_at", "-sequence")
    )
    undone = {entry.reverses_id: entry.posted_at for entry in entries}
    put_off = {entry.reverses_id for entry in entries if entry.puts_off}
    return [
        EntryView(
            entry=entry,
            points=entry.points,
            expires_at=entry.expires_at,
            counts=fold.counts_at(entry, at)
            and entry.pk not in undone
            and entry.reverses_id is None,
            has_counted=entry.effective_at <= at and entry.pk not in put_off and not entry.puts_off,
            reversed_at=undone.get(entry.pk),
            policy_version=entry.policy.version,
        )
        for entry in entries
    ]


def list_past_sanctions(
    *, account: Account, at: datetime, group_id: UUID | None = None
) -> list[Sanction]:
    """List what is over at `at`, newest first: everywhere or, with a group, what held there."""
    found = Sanction.objects.filter(account=account).over_at(at).order_by("-starts_at", "-pk")
    if group_id is not None:
        found = found.filter(Q(scope_group_id=None) | Q(scope_group_id=group_id))
    return list(found)


def _imagine(
    kind: str, privilege: str, days: int | None, group_id: UUID | None, since: datetime
) -> Sanction:
    return Sanction(
        kind=kind,
        privilege=privilege,
        scope_group_id=group_id,
        starts_at=since,
        ends_at=since + timedelta(days=days) if days else None,
    )


def _losses(
    now: Record, then: Record, groups: Iterable[UUID | None], at: datetime
) -> Iterator[Loss]:
    """Yield what goes on the platform (None comes first), then what goes in a group only."""
    everywhere: set[Privilege] = set()
    for group_id in groups:
        before = now.privileges(at, group_id=group_id)
        after = then.privileges(at, group_id=group_id)
        for privilege in after.lost_since(before):
            if privilege in everywhere:
                continue
            if group_id is None:
                everywhere.add(privilege)
            yield Loss(privilege, after.of(privilege).until, group_id)


def _month_ends(at: datetime, months: int) -> list[datetime]:
    first = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ends = [at]
    while len(ends) < months:
        ends.insert(0, first)
        first = (first - timedelta(days=1)).replace(day=1)
    return ends
