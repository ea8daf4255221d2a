"""Encrypted columns move to the first key of the ring, batch by batch."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import connection, models, transaction

from portal.core import audit, keyring
from portal.core.actors import Actor
from portal.core.fields import EncryptedTextField

Column = EncryptedTextField[Any, Any]


def list_columns() -> Iterator[tuple[type[models.Model], Column]]:
    """List every encrypted column of every installed model."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, EncryptedTextField) and not model._meta.proxy:
                yield model, field


def count_by_key(column: Column) -> dict[str, int]:
    """Count the values of a column by the key that sealed them."""
    table, name, _pk = _names(column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT convert_from(substring({name} FROM 3 FOR get_byte({name}, 1)), 'UTF8'),"
            f" count(*) FROM {table} WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY 1"
        )
        return dict(cursor.fetchall())


@transaction.atomic(savepoint=False)
def rotate_batch(*, column: Column, limit: int, by: Actor, at: datetime) -> int:
    """Seal at most `limit` values again that another key sealed. Return how many.

    The text does not change, so triggers that freeze it do not apply; the row is locked, so a
    change that is made meanwhile is not lost.
    """
    ring, model = keyring.current(), column.model
    prefix = ring.primary_prefix
    table, name, pk = _names(column)
    guards = [f"{model._meta.label}:{trigger.name}" for trigger in _triggers(model)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {pk}, {name} FROM {table} WHERE {name} IS NOT NULL"
            f" AND substring({name} FROM 1 FOR %s) <> %s ORDER BY {pk} LIMIT %s FOR UPDATE",
            [len(prefix), prefix, limit],
        )
        changed = [(_seal_again(column, sealed), key) for key, sealed in cursor.fetchall()]
        with pgtrigger.ignore(*guards):
            for row in changed:
                cursor.execute(f"UPDATE {table} SET {name} = %s WHERE {pk} = %s", row)
    if changed:
        new = {"field": column.name, "key": ring.primary, "rows": len(changed)}
        audit.record(action="field_keys.rotate", record=model, by=by, at=at, new=new)
    return len(changed)


def _seal_again(column: Column, sealed: bytes) -> bytes:
    ring = keyring.current()
    plain = ring.open(bytes(sealed), bound_to=column.bound_to)
    return ring.seal(plain, bound_to=column.bound_to)


def _names(column: Column) -> tuple[str, str, str]:
    """Quote table, column and primary key."""
    meta = column.model._meta
    key = meta.pk.column if meta.pk else None
    assert column.column is not None
    assert key is not None
    quote = connection.ops.quote_name
    return quote(meta.db_table), quote(column.column), quote(key)


def _triggers(model: type[models.Model]) -> list[pgtrigger.Trigger]:
    return getattr(model._meta, "triggers", [])
