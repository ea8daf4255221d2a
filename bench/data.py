"""Generated events of a chat service, and the platform they belong to.

Weights follow what moderation looks like where messages are removed by the thousand: most events
are about content, few move roles. A few busy groups and accounts make most of them (Zipf).
"""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

import msgspec

GROUPS = 2_000
ACCOUNTS = 20_000
# Times lie in so many days before the moment of the run.
DAYS = 3
# Per thousand events.
MIX = {
    "content.removed": 590,
    "member.removed": 120,
    "member.banned": 50,
    "member.restricted": 80,
    "group.size": 60,
    "group.updated": 40,
    "group.policy_changed": 20,
    "account.suspended": 15,
    "account.restored": 15,
    "role.granted": 6,
    "role.revoked": 4,
}
GROUP_EXPONENT, ACCOUNT_EXPONENT = 1.0, 0.8
SOURCE = "bench/eu-1"
NDJSON = "application/x-ndjson"
REASONS = (None, None, "Spam", "Harassment, second time", "Scam link", "Rule 4")


def group_names() -> list[str]:
    return [f"g-{number:06d}" for number in range(GROUPS)]


def account_names() -> list[str]:
    return [f"p-{number:06d}" for number in range(ACCOUNTS)]


def founding(at: datetime) -> Iterator[dict[str, Any]]:
    """Every group is created and has an owner and a manager before the measurement."""
    accounts = account_names()
    for number, group in enumerate(group_names()):
        time = at - timedelta(days=20, seconds=number)
        actor = accounts[number]
        yield event(f"made-{number}", "group.created", time, group, actor=actor)
        for place, role in enumerate(("owner", "manager")):
            yield event(
                f"{role}-{number}",
                "role.granted",
                time + timedelta(seconds=1 + place),
                group,
                actor=actor,
                subject=accounts[(number + place * 7_000) % ACCOUNTS],
                role=role,
            )


def event(id: str, kind: str, time: datetime, group: str | None, **data: Any) -> dict[str, Any]:
    envelope = {
        "specversion": "1.0",
        "id": id,
        "source": SOURCE,
        "type": f"accord.governance.{kind}.v1",
        "time": time,
        "data": {name: value for name, value in data.items() if value is not None},
    }
    return envelope | ({"subject": group} if group else {})


class Events:
    """An endless row of events, the same for the same seed."""

    def __init__(self, *, at: datetime, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._at = at
        self._groups = group_names()
        self._accounts = account_names()
        self._busy_groups = _zipf(GROUPS, GROUP_EXPONENT)
        self._busy_accounts = _zipf(ACCOUNTS, ACCOUNT_EXPONENT)

    def take(self, count: int) -> list[dict[str, Any]]:
        choose = self._random.choices
        kinds = choose(list(MIX), weights=list(MIX.values()), k=count)
        groups = choose(self._groups, cum_weights=self._busy_groups, k=count)
        actors = choose(self._accounts, cum_weights=self._busy_accounts, k=count)
        subjects = choose(self._accounts, cum_weights=self._busy_accounts, k=count)
        return [self._one(*parts) for parts in zip(kinds, groups, actors, subjects, strict=True)]

    def _one(self, kind: str, group: str, actor: str, subject: str) -> dict[str, Any]:
        time = self._at - timedelta(microseconds=self._random.randrange(DAYS * 86_400 * 10**6))
        details: dict[str, Any] = {"actor": actor}
        if not kind.startswith("group."):
            details |= {"subject": subject, "reason": self._random.choice(REASONS)}
        if kind == "group.size":
            details["attributes"] = {"size": self._random.randrange(2, 50_000)}
        elif kind == "group.updated":
            details["attributes"] = {"name": f"Group {group}", "changed": ["name"]}
        elif kind.startswith("role."):
            details |= {"role": "manager"}
        elif kind == "member.restricted":
            details["until"] = time + timedelta(days=7)
        id = f"{self._random.getrandbits(128):032x}"
        about = None if kind.startswith("account.") else group
        return event(id, kind, time, about, **details)


def _zipf(count: int, exponent: float) -> list[float]:
    return list(accumulate(1 / rank**exponent for rank in range(1, count + 1)))


def batches(events: Sequence[dict[str, Any]], size: int) -> list[bytes]:
    """Encode the events as NDJSON bodies of `size` events."""
    lines = [msgspec.json.encode(event) for event in events]
    return [b"\n".join(lines[n : n + size]) for n in range(0, len(lines), size)]
