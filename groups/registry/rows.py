"""One row of each table, as it is compared with what is known and written."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class GroupRow:
    group: str = ""
    name: str = ""
    members: int | None = None
    language: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        return (self.group,)


@dataclass(slots=True)
class AccountRow:
    account: str = ""
    name: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        return (self.account,)


@dataclass(slots=True)
class RoleRow:
    """`since` null begins when it takes effect; `until` null goes on."""

    group: str = ""
    account: str = ""
    role: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def key(self) -> tuple[str, ...]:
        since = self.since.isoformat() if self.since else ""
        return (self.group, self.account, self.role, since)


Row = GroupRow | AccountRow | RoleRow
