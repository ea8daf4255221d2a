"""A file of made-up governance events, for a tour without a file of one's own."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

FIRST = datetime(2024, 3, 1, 8, tzinfo=UTC)
GROUPS = 40


def write(path: Path) -> Path:
    """Write plain rows, the same at every call: forty groups over some two years."""
    rows = []
    for number in range(GROUPS):
        group, owner, second = (
            f"t/group-{number:02d}",
            f"t-owner-{number:02d}",
            f"t-co-{number:02d}",
        )
        began = FIRST + timedelta(days=7 * number)
        rows.append(_row("group.created", began, group, owner))
        rows.append(_row("role.granted", began, group, owner, subject=owner, role="owner"))
        # Every third group has nobody to succeed its owner.
        if number % 3:
            later = began + timedelta(days=30)
            rows.append(_row("role.granted", later, group, owner, subject=second, role="owner"))
        for place in range(number % 4):
            manager = f"t-manager-{number:02d}-{place}"
            when = began + timedelta(days=40 + place)
            rows.append(_row("role.granted", when, group, owner, subject=manager, role="manager"))
        if number % 5 == 4:
            gone = began + timedelta(days=200)
            rows.append(_row("role.revoked", gone, group, owner, subject=owner, role="owner"))
    rows.sort(key=lambda row: row["time"])
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def _row(
    kind: str,
    time: datetime,
    group: str,
    actor: str,
    subject: str | None = None,
    role: str | None = None,
) -> dict[str, str]:
    row = {"kind": kind, "time": time.isoformat(), "group": group, "actor": actor}
    return row | ({"subject": subject} if subject else {}) | ({"role": role} if role else {})
