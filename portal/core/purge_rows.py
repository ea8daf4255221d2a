"""The engine for everything but partitions: bounded batches that check holds as they delete."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction
from django.db.models import DateTimeField, Expression, F, Model, Q, QuerySet, Value
from django.db.models.expressions import Combinable

from portal.core import hold_lock
from portal.core.data_classes import DataClass, Due, OnErasure, Plan, Reach, Window, registry
from portal.core.models import Hold
from portal.core.purging import Gone, Work

# For rows of which no field says when their window began.
_UNSAID = Value(None, output_field=DateTimeField())


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of `model` for which `due(cutoff)` holds, with what hangs on them.

    `children` are (model label, lookup that ends in `__in`) of rows that go with theirs; they
    are deleted in the same transaction, and foreign keys are checked when it commits.
    `pairs_by` are the ways from a row to the one of the same model with which it leaves: all such
    are due together, and a hold covers all or none. `past` are all rows older than the window,
    where that alone does not make them due. `window_from` says when the window of a row began.
    """

    model: str
    due: Due
    reach: Reach
    children: Sequence[tuple[str, str]] = ()
    batch: int = 1000
    pairs_by: Sequence[str] = ()
    past: Due | None = None
    window_from: Expression | F = _UNSAID

    def plan(self, *, cutoff: datetime) -> Plan:
        return self._plan(cutoff, due=self._unheld(self._due(cutoff)).count())

    def purge(self, *, work: Work) -> None:
        while self._purge_batch(work):
            pass

    def rows_about(self, accounts: Collection[UUID]) -> Sequence[QuerySet[Any]]:
        found = self._all.filter(pk__in=self._all.filter(self.reach.about(accounts)).values("pk"))
        return [found.annotate(window_from=self.window_from)]

    def list_erasable(self, accounts: Collection[UUID], *, goes: Q | Combinable) -> QuerySet[Any]:
        """Return those of the rows about these accounts that `goes` and that no hold covers."""
        (rows,) = self.rows_about(accounts)
        return self._unheld(rows.filter(goes))

    def erase(self, accounts: Collection[UUID], *, goes: Q | Combinable) -> int:
        """Delete them, and say how many. The caller shares the lock of the holds."""
        keys = list(self.list_erasable(accounts, goes=goes).values_list("pk", flat=True))
        return self._delete(keys)[self.model].rows if keys else 0

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
        # First those that belong to no other, and with them what belongs to them.
        unheld = unheld.filter(**{way: None for way in self.pairs_by if "__" not in way})
        chosen = unheld.select_for_update(of=("self",), skip_locked=True)
        keys = [row.pk for row in chosen.only("pk")[: self.batch]]
        if not keys:
            work.keep(self._plan(work.cutoff, due=0))
            return False
        rows = Q(pk__in=keys)
        if self.pairs_by:
            # Rows that refer to locked ones do not come any more; this sees the last that did.
            for way in self.pairs_by:
                rows |= Q(**{f"{way}__in": keys})
            keys += self._all.filter(rows).exclude(pk__in=keys).values_list("pk", flat=True)
        gone = self._delete(keys)
        work.note(deleted=gone[self.model].rows, gone=gone, model=self.model)
        return True

    def _delete(self, keys: Sequence[Any]) -> dict[str, Gone]:
        """Delete rows and what goes with them; say what went, by model."""
        gone = {}
        for label, lookup in (*self.children, *registry.followers.get(self.model, ())):
            found = apps.get_model(label)._default_manager.filter(**{lookup: keys})
            gone[label] = Gone.of(_delete(found))
        gone[self.model] = Gone.of(_delete(self._all.filter(pk__in=keys)))
        return gone


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
    on_erasure: OnErasure,
    window_from: Expression | F = _UNSAID,
    also: Sequence[str] = (),
    children: Sequence[tuple[str, str]] = (),
    batch: int = 1000,
    pairs_by: Sequence[str] = (),
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
        window_from=window_from,
    )
    models = (model, *also)
    registry.register(DataClass(name, models, starts, window, engine, on_erasure, waits_for))
