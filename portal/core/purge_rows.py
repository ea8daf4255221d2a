"""The engine for everything but partitions: bounded batches that check holds as they delete."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet

from portal.core import hold_lock
from portal.core.data_classes import DataClass, Due, Plan, Reach, Window, registry
from portal.core.models import Hold
from portal.core.purging import Gone, Work


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of `model` for which `due(cutoff)` holds, with what hangs on them.

    `children` are (model label, lookup that ends in `__in`) of rows that go with theirs; they
    are deleted in the same transaction, and foreign keys are checked when it commits.
    `pairs_by` is the foreign key of a row to one of the same model with which it leaves: the two
    are due together, and a hold covers both or neither. `past` are all rows older than the window,
    where that alone does not make them due.
    """

    model: str
    due: Due
    reach: Reach
    children: Sequence[tuple[str, str]] = ()
    batch: int = 1000
    pairs_by: str = ""
    past: Due | None = None

    def plan(self, *, cutoff: datetime) -> Plan:
        return self._plan(cutoff, due=self._unheld(self._due(cutoff)).count())

    def purge(self, *, work: Work) -> None:
        while self._purge_batch(work):
            pass

    def _plan(self, cutoff: datetime, *, due: int) -> Plan:
        """Say why the rest stays: held, or something rests on it that is not due."""
        held_or_not = self._due(cutoff)
        kept = held_or_not.filter(self._covered(Hold.objects.standing())).count()
        kept_by = {}
        for hold in Hold.objects.standing().order_by("number") if kept else ():
            covered = self._covered(Hold.objects.filter(pk=hold.pk))
            if count := held_or_not.filter(covered).count():
                kept_by[hold.reference] = count
        waiting = 0
        if self.past:
            older = self._all.filter(self.past(cutoff))
            waiting = self._unheld(older).count() - due
        return Plan(due=due, kept=kept, kept_by=kept_by, waiting=waiting)

    @property
    def _model(self) -> type[Model]:
        return apps.get_model(self.model)

    @property
    def _all(self) -> QuerySet[Model]:
        return self._model._default_manager.all()

    def _due(self, cutoff: datetime) -> QuerySet[Model]:
        return self._all.filter(self.due(cutoff))

    def _unheld(self, rows: QuerySet[Model]) -> QuerySet[Model]:
        return rows.exclude(self._covered(Hold.objects.standing()))

    def _covered(self, holds: QuerySet[Hold]) -> Q:
        return self.reach.covered(self._model, holds)

    @transaction.atomic
    def _purge_batch(self, work: Work) -> bool:
        """Delete up to `batch` rows and what goes with them; say whether there were any.

        The lock makes a hold that is being placed wait, and the statement after it sees every
        hold placed before: no row goes after a hold on it was acknowledged. When nothing is left
        to delete, the same transaction says what stays and why.
        """
        hold_lock.share()
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('accord.purging', 'on', true)")
        unheld = self._unheld(self._due(work.cutoff)).order_by("pk")
        if self.pairs_by:
            unheld = unheld.filter(**{self.pairs_by: None})
        chosen = unheld.select_for_update(of=("self",), skip_locked=True)
        keys = [row.pk for row in chosen.only("pk")[: self.batch]]
        if not keys:
            work.keep(self._plan(work.cutoff, due=0))
            return False
        rows = Q(pk__in=keys)
        if self.pairs_by:
            # Rows that refer to locked ones do not come any more; this sees the last that did.
            rows |= Q(**{f"{self.pairs_by}__in": keys})
            keys += self._all.filter(rows).exclude(pk__in=keys).values_list("pk", flat=True)
        gone = {}
        for label, lookup in (*self.children, *registry.followers.get(self.model, ())):
            found = apps.get_model(label)._default_manager.filter(**{lookup: keys})
            gone[label] = Gone.of(_delete(found))
        itself = _delete(self._all.filter(pk__in=keys))
        gone[self.model] = Gone.of(itself)
        work.note(deleted=len(itself), gone=gone, model=self.model)
        return True


def _delete(rows: QuerySet[Model]) -> list[str]:
    """Delete in one statement and return the keys that went, in the order of their texts."""
    table, key = rows.model._meta.db_table, rows.model._meta.pk.column
    chosen, parameters = rows.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f'DELETE FROM "{table}" WHERE "{key}" IN ({chosen}) RETURNING "{key}"', parameters
        )
        return sorted(str(pk) for (pk,) in cursor.fetchall())


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
    past: Due | None = None,
    waits_for: str = "",
) -> None:
    """Register a class of rows; `also` are the models of children that belong to it."""
    engine = Rows(
        model=model,
        due=due,
        reach=reach,
        children=children,
        batch=batch,
        pairs_by=pairs_by,
        past=past,
    )
    models = (model, *also)
    registry.register(DataClass(name, models, starts, window, engine, waits_for))
