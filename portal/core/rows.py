"""Rows of models by statements of our own, where Django's cost more than the rest.

Many rows are written in one statement with one parameter. What every request reads comes from a
statement that is made once, not compiled anew each time.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from django.db import connection, models
from django.db.models import QuerySet
from psycopg.types.range import Range


def insert_each(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> None:
    """Insert new rows of one model, as `bulk_create` does.

    Raises TypeError for a model with bytes or encrypted texts: they have no form in JSON.
    """
    if not rows:
        return
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not field.has_db_default()]
    names, types = _columns(fields)
    ending = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{meta.db_table}" ({names})'
            f" SELECT {names} FROM json_to_recordset(%s::json) AS given ({types}){ending}",
            [_values(rows, fields)],
        )


def update_each(rows: Sequence[models.Model], names: Iterable[str]) -> None:
    """Write these fields of stored rows of one model, as `bulk_update` does. Raises TypeError."""
    if not rows:
        return
    meta = rows[0]._meta
    wanted = set(names)
    key = meta.pk
    fields = [field for field in meta.concrete_fields if field.name in wanted]
    columns, _ = _columns(fields)
    _, types = _columns([key, *fields])
    given = ", ".join(f'given."{field.column}"' for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{meta.db_table}" AS stored SET ({columns}) = ROW({given})'
            f" FROM json_to_recordset(%s::json) AS given ({types}) WHERE stored.id = given.id",
            [_values(rows, [key, *fields])],
        )


def fetch_ready(rows: QuerySet[Any, tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return what `values_list` of columns selects, by a statement that the server plans once.

    For the few joins that are asked all the time and cost more to plan than to run. The driver's
    own cursor: what counts or limits statements of Django's does not see it.
    """
    return fetch_prepared(*rows.query.sql_with_params())


def fetch_prepared(sql: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return what a statement selects that the server plans once for each connection."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(sql, values, prepare=True).fetchall()


def columns_of(**models_by_alias: type[models.Model]) -> str:
    """Name every column of models, each under its alias, as `split` takes them apart."""
    return ", ".join(
        f'{alias}."{field.column}"'
        for alias, model in models_by_alias.items()
        for field in model._meta.concrete_fields
    )


def split(row: Sequence[Any], *made_of: type[models.Model]) -> list[Any]:
    """Make an instance of each model from a row that `columns_of` named the columns of."""
    found, place = [], 0
    for model in made_of:
        fields = model._meta.concrete_fields
        values = []
        for field, value in zip(fields, row[place : place + len(fields)], strict=True):
            for convert in field.get_db_converters(connection):
                value = convert(value, None, connection)
            values.append(value)
        found.append(model.from_db("default", [field.attname for field in fields], values))
        place += len(fields)
    return found


def _columns(fields: Sequence[Any]) -> tuple[str, str]:
    """Return the names of columns, and the same with their types."""
    for field in fields:
        if field.get_internal_type() == "BinaryField":
            raise TypeError(f"{field.model._meta.label} holds bytes.")
    names = ", ".join(f'"{field.column}"' for field in fields)
    return names, ", ".join(f'"{field.column}" {field.db_type(connection)}' for field in fields)


def _values(rows: Sequence[models.Model], fields: Sequence[Any]) -> str:
    return as_json(
        [{field.column: getattr(row, field.attname) for field in fields} for row in rows]
    )


def as_json(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=_as_text).decode()


def as_array(ids: Iterable[UUID]) -> str:
    """Write ids as PostgreSQL reads an array of them."""
    return "{" + ",".join(map(str, ids)) + "}"


def _as_text(value: Any) -> str:
    if isinstance(value, Range):
        lower, upper = (end.isoformat() if end else "" for end in (value.lower, value.upper))
        return f"{value.bounds[0]}{lower},{upper}{value.bounds[1]}"
    return str(value)
