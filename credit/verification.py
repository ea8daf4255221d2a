"""Proof that every stored standing is what a replay of its ledger gives."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

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
    """Replay every ledger as of its standing's `as_of`, in batches, and compare."""
    proof = Proof(0, [])
    standings = Standing.objects.select_related("policy").order_by("pk")
    ledgers = LedgerEntry.objects.filter(account__standing=None)
    if platform_id is not None:
        standings = standings.filter(platform=platform_id)
        ledgers = ledgers.filter(platform=platform_id)
    last = None
    while batch := list((standings.filter(pk__gt=last) if last else standings)[:BATCH]):
        proof.replayed += len(batch)
        proof.differences += _compare(batch)
        last = batch[-1].pk
    for account_id in (
        ledgers.order_by("account_id").values_list("account_id", flat=True).distinct()
    ):
        proof.differences.append(Difference(account_id, "has a ledger but no standing"))
    return proof


def _compare(batch: list[Standing]) -> Iterator[Difference]:
    accounts = [standing.account_id for standing in batch]
    entries: dict[UUID, list[LedgerEntry]] = {pk: [] for pk in accounts}
    for entry in LedgerEntry.objects.filter(account__in=accounts).order_by("sequence"):
        entries[entry.account_id].append(entry)
    sanctions: dict[UUID, list[Sanction]] = {pk: [] for pk in accounts}
    for sanction in Sanction.objects.filter(account__in=accounts).order_by("pk"):
        sanctions[sanction.account_id].append(sanction)
    for stored in batch:
        record = Record(stored.policy, tuple(entries[stored.pk]), tuple(sanctions[stored.pk]))
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
