"""Plain rows, one JSON object a line, as exports of chat services have them. They have no ids."""

import hashlib
import sqlite3
from datetime import UTC, datetime
from typing import Any

import msgspec

from groups import events
from groups.events import GovernanceEvent, Refusal
from groups.sources import cloudevents

_KINDS = {"identity.renamed": "account.renamed", "group.changed": "group.updated"}
_ROLES = {"operator": "manager"}
_NAMES = dict.fromkeys(
    [b'"kind"', b'"time"', b'"group"', b'"actor"', b'"subject"', b'"reason"', b'"role"'], 1
)


class Row(msgspec.Struct, frozen=True, gc=False):
    kind: str
    # Without a zone: UTC.
    time: datetime
    group: str | None = None
    actor: str | None = None
    subject: str | None = None
    reason: str | None = None
    role: str | None = None
    old: str | None = None
    field: str | None = None


_decoder = msgspec.json.Decoder(Row)
SEEN = """
INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times
"""


class Reader:
    """Reads the rows of one file in order.

    The id of a row comes from its content and how many equal ones came before it, so the same
    file gives the same ids again. Rows of one instant keep the order of the file: their number
    in it is their sequence.
    """

    def __init__(self, *, source: str) -> None:
        self._source = source
        # A file can have more lines than memory has room to remember: SQLite's own temporary
        # file, without a name, gone when closed.
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.execute("PRAGMA journal_mode = OFF")
        self._seen.execute("BEGIN")
        self._seen.execute("CREATE TABLE seen (line BLOB PRIMARY KEY, times INT) WITHOUT ROWID")

    def close(self) -> None:
        self._seen.close()

    def skip(self, line: bytes) -> None:
        self._id(line)

    def parse(self, line: bytes, *, number: int) -> GovernanceEvent | Refusal:
        row_id = self._id(line)
        row = cloudevents.decode(_decoder, line, names=_NAMES)
        if isinstance(row, Refusal):
            return row
        time = row.time if row.time.tzinfo else row.time.replace(tzinfo=UTC)
        in_utc = events.in_utc(time)
        if in_utc is None:
            return Refusal("BAD_FIELD", "time is outside the calendar.", row_id)
        attributes: dict[str, Any] | None = {"field": row.field} if row.field else None
        return GovernanceEvent(
            kind=_KINDS.get(row.kind, row.kind),
            source=self._source,
            id=row_id,
            time=in_utc,
            group=row.group,
            actor=row.actor or None,
            subject=row.subject or None,
            role=_ROLES.get(row.role, row.role) if row.role else row.role,
            old_role=row.old,
            reason=row.reason,
            attributes=attributes,
            sequence=number,
        )

    def _id(self, line: bytes) -> str:
        digest = hashlib.sha256(line).digest()[:16]
        (times,) = self._seen.execute(SEEN, [digest]).fetchone()
        return f"{digest.hex()}#{times}"
