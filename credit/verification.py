"""Proof that every stored standing is what a replay of its ledger gives."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from credit import replay
from credit.models import LedgerEntry, Sanction, Standing
from credit.record import Record

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Difference:
    account_id: UUID
    what: str


@dataclass(slots=True)
class Proof:
    """How many standings were replayed, and which differ."""

    replayed: int
    differences: list[Difference]


def verify(*, platform_id: UUID | None = None) -> Proof:
    """Replay every ledger in the database. What differs there is replayed by itself, in Python."""
    standings = Standing.objects.all()
    if platform_id is not None:
        standings = standings.filter(platform=platform_id)
    proof = Proof(standings.count(), [])
    behind = replay.behind(platform_id=platform_id)
    suspects = sorted({*replay.suspects(platform_id=platform_id), *behind})
    for start in range(0, len(suspects), BATCH):
        proof.differences += compare(suspects[start : start + BATCH])
    return proof


def compare(accounts: list[UUID]) -> Iterator[Difference]:
    """Replay each of these ledgers as of its standing's `as_of`, and say what differs."""
    entries: dict[UUID, list[LedgerEntry]] = {pk: [] for pk in accounts}
    for entry in LedgerEntry.objects.filter(account__in=accounts).order_by("sequence"):
        entries[entry.account_id].append(entry)
    sanctions: dict[UUID, list[Sanction]] = {pk: [] for pk in accounts}
    for sanction in Sanction.objects.filter(account__in=accounts).order_by("pk"):
        sanctions[sanction.account_id].append(sanction)
    standings = Standing.objects.prefetch_related("policy").in_bulk(accounts)
    for pk in accounts:
        if (stored := standings.get(pk)) is None:
            if entries[pk]:
                yield Difference(pk, "has a ledger but no standing")
            continue
        replayed = Record(stored.policy, tuple(entries[pk]), tuple(sanctions[pk]))
        yield from _differences(stored, replayed)


def _differences(stored: Standing, record: Record) -> Iterator[Difference]:
    replay = record.standing(stored.as_of)
    for what, kept, replayed in (
        ("score", stored.score, replay.score),
        ("tier", stored.tier, replay.tier),
        ("next change", stored.next_change_at, replay.next_change_at),
    ):
        if kept != replayed:
            yield Difference(stored.pk, f"{what} is {kept}, the replay gives {replayed}")
    # The purge takes old entries away, so the last number may be above those left.
    last = max((entry.sequence for entry in record.entries), default=0)
    if missed := max(0, last - stored.last_sequence):
        yield Difference(stored.pk, f"has not seen its last {missed} entries")
