"""What a run and its engines write down: each batch notes, in its own transaction, what went.

A run's plan is a list of lines, one for each data class that was begun. So the plan of a run that
was killed says exactly what it had committed, and the next run certifies it.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from portal.core import audit
from portal.core.actors import Actor
from portal.core.data_classes import DataClass, Plan
from portal.core.models import PurgeRun

Line = dict[str, Any]
Tell = Callable[[int, Line], None]
NOTHING = "0" * 64


class Progress(StrEnum):
    PLANNED = "PLANNED"
    BEGUN = "BEGUN"
    DONE = "DONE"


@dataclass(frozen=True, slots=True)
class Gone:
    """How many rows of a model a batch deletes, and what the digest goes over."""

    rows: int
    links: Sequence[object]

    @classmethod
    def of(cls, keys: Iterable[object]) -> Self:
        links = list(keys)
        return cls(len(links), links)


def chain(digest: str, links: Iterable[object]) -> str:
    """Continue a digest in the order of deletion: SHA-256 over digest, newline and key, key by key.

    Link by link, so that it does not depend on where a batch ended.
    """
    for link in links:
        digest = hashlib.sha256(f"{digest}\n{link}".encode()).hexdigest()
    return digest


def plan_line(data_class: DataClass, *, at: datetime) -> Line:
    """Say what a purge at `at` would do with one class."""
    days = data_class.days()
    cutoff = at - timedelta(days=days)
    plan = data_class.engine.plan(cutoff=cutoff)
    return {
        "class": data_class.name,
        "progress": Progress.PLANNED,
        "window_days": days,
        "starts": data_class.starts,
        "cutoff": cutoff.isoformat(),
        "due": plan.due,
        "details": list(plan.details),
        "waits_for": data_class.waits_for,
        **_what_stays(plan),
    }


def _what_stays(plan: Plan) -> Line:
    return {"kept": plan.kept, "kept_by": dict(plan.kept_by), "waiting": plan.waiting}


@dataclass(frozen=True, slots=True)
class Work:
    """One class of one run.

    `clock` is that of whoever runs it; `tell` hears how many classes were begun, and the last one.
    """

    run: PurgeRun
    cutoff: datetime
    by: Actor
    clock: Callable[[], datetime]
    tell: Tell

    def begin(self, line: Line) -> None:
        """Add what is planned; of a dry run that is all."""
        begun = {"progress": Progress.BEGUN, "deleted": 0, "gone": {}}
        self._save([*self._lines(), line if self.run.is_dry else line | begun])

    def note(
        self,
        *,
        deleted: int,
        gone: Mapping[str, Gone],
        kept: int = 0,
        kept_by: Mapping[str, int] | None = None,
        **about: Any,
    ) -> None:
        """Write down and audit what this transaction deletes; call it before the commit.

        `deleted` counts rows of the class itself, `gone` by model also what hung on them. What is
        kept is added to what was kept before. `about` is for the audit entry alone.
        """
        lines = self._lines()
        line = lines[-1]
        line["deleted"] += deleted
        for label, batch in gone.items():
            if batch.rows or batch.links:
                before = line["gone"].get(label, {"rows": 0, "sha256": NOTHING})
                line["gone"][label] = {
                    "rows": before["rows"] + batch.rows,
                    "sha256": chain(before["sha256"], batch.links),
                }
        line["kept"] += kept
        for hold, count in (kept_by or {}).items():
            line["kept_by"][hold] = line["kept_by"].get(hold, 0) + count
        self._save(lines)
        audit.record(
            action="purge.delete",
            record=self.run,
            by=self.by,
            at=self.clock(),
            old={
                "class": line["class"],
                "rows": deleted,
                "cutoff": self.cutoff.isoformat(),
                "by_model": {label: batch.rows for label, batch in gone.items() if batch.rows},
                **about,
            },
        )

    def keep(self, plan: Plan) -> None:
        """Replace what stays, and why, by what is true in this transaction."""
        lines = self._lines()
        lines[-1].update(_what_stays(plan))
        self._save(lines)

    def remark(self, sentence: str) -> None:
        """Say what a person should know of this class, besides the numbers."""
        lines = self._lines()
        lines[-1]["details"].append(sentence)
        self._save(lines)

    def finish(self) -> None:
        lines = self._lines()
        lines[-1]["progress"] = Progress.DONE
        self._save(lines)

    def _lines(self) -> list[Line]:
        """Read them anew: what a failed batch had added is not there."""
        rows = PurgeRun.objects.filter(pk=self.run.pk)
        lines: list[Line] = rows.values_list("plan", flat=True).get()
        return lines

    def _save(self, lines: list[Line]) -> None:
        PurgeRun.objects.filter(pk=self.run.pk).update(plan=lines)
        self.tell(len(lines), lines[-1])
