"""The engine for everything but partitions: bounded batches that check holds as they delete."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet

from portal.core import audit, hold_lock
from portal.core.actors import Actor
from portal.core.data_classes import DataClass, Due, Plan, Purged, Reach, Window, registry
from portal.core.models import Hold


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of `model` for which `due(cutoff)` holds, with what hangs on them.

    `children` are (model label, lookup that ends in `__in`) of rows that go with theirs; they
    are deleted in the same transaction, and foreign keys are checked when it commits.
    `pairs_by` is the foreign key of a row to one of the same model with which it leaves: the two
    are due together, and a hold covers both or neither.
    """

    model: str
    due: Due
    reach: Reach
    children: Sequence[tuple[str, str]] = ()
    batch: int = 1000
    pairs_by: str = ""

    def plan(self, *, cutoff: datetime) -> Plan:
        due = self._due(cutoff)
        kept_by = {}
        for hold in Hold.objects.standing().order_by("number"):
            if count := due.filter(self._covered(Hold.objects.filter(pk=hold.pk))).count():
                kept_by[hold.reference] = count
        kept = due.filter(self._covered(Hold.objects.standing())).count() if kept_by else 0
        return Plan(due=self._unheld(due).count(), kept=kept, kept_by=kept_by)

    def purge(self, *, cutoff: datetime, by: Actor, at: datetime) -> Purged:
        deleted, digest = 0, hashlib.sha256()
        while keys := self._purge_batch(cutoff=cutoff, by=by, at=at):
            deleted += len(keys)
            for key in keys:
                digest.update(str(key).encode() + b"\n")
        return Purged(deleted=deleted, sha256=digest.hexdigest())

    @property
    def _model(self) -> type[Model]:
        return apps.get_model(self.model)

    def _due(self, cutoff: datetime) -> QuerySet[Model]:
        return self._model._default_manager.filter(self.due(cutoff))

    def _unheld(self, rows: QuerySet[Model]) -> QuerySet[Model]:
        return rows.exclude(self._covered(Hold.objects.standing()))

    def _covered(self, holds: QuerySet[Hold]) -> Q:
        return self.reach.covered(self._model, holds)

    @transaction.atomic
    def _purge_batch(self, *, cutoff: datetime, by: Actor, at: datetime) -> list[object]:
        """Delete up to `batch` rows, and those paired with them, and return their keys.

        The lock makes a hold that is being placed wait, and the statement after it sees every
        hold placed before: no row goes after a hold on it was acknowledged.
        """
        hold_lock.share()
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('accord.purging', 'on', true)")
        unheld = self._unheld(self._due(cutoff)).order_by("pk")
        if self.pairs_by:
            unheld = unheld.filter(**{self.pairs_by: None})
        chosen = unheld.select_for_update(of=("self",), skip_locked=True)
        rows = list(chosen[: self.batch])
        if not rows:
            return []
        keys = [row.pk for row in rows]
        if self.pairs_by:
            # Rows that refer to locked ones do not come any more; this sees the last that did.
            paired = self._model._default_manager.filter(**{f"{self.pairs_by}__in": keys})
            keys += paired.order_by("pk").values_list("pk", flat=True)
        for label, lookup in (*self.children, *registry.followers.get(self.model, ())):
            child = apps.get_model(label)._default_manager.filter(**{lookup: keys})
            child._raw_delete(child.db)
        found = self._model._default_manager.filter(pk__in=keys)
        found._raw_delete(found.db)
        audit.record(
            action="purge.delete",
            record=rows[0],
            by=by,
            at=at,
            old={"model": self.model, "rows": len(keys), "cutoff": cutoff.isoformat()},
        )
        return keys


def keep_rows(
    *,
    name: str,
    model: str,
    starts: str,
    window: Window,
    due: Due,
    reach: Reach,
    also: Sequence[str] = (),
    children: Sequence[tuple[str, str]] = (),
    batch: int = 1000,
    pairs_by: str = "",
) -> None:
    """Register a class of rows; `also` are the models of children that belong to it."""
    engine = Rows(
        model=model, due=due, reach=reach, children=children, batch=batch, pairs_by=pairs_by
    )
    models = (model, *also)
    registry.register(DataClass(name, models, starts, window, engine))
