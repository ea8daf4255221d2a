"""Rows of models by statements of our own, where Django's cost more than the rest.

Many rows are written in one statement with one parameter. What every request reads, and every
action writes, takes a statement that is made once and that the server plans once for each
connection, not compiled and planned anew each time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Self, TypeVar
from uuid import UUID

import msgspec
import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from django.db.models import QuerySet
from psycopg.types.range import Range

Model = TypeVar("Model", bound=models.Model)
Values = Sequence[Any] | Mapping[str, Any]


def insert_each(
    rows: Sequence[models.Model],
    *,
    ignore_conflicts: bool = False,
    or_update: tuple[str, ...] = (),
) -> None:
    """Insert new rows of one model, as `bulk_create` does.

    Of a row that is stored already, write the columns `or_update`, where there are any.
    Raises TypeError for a model with bytes or encrypted texts: they have no form in JSON.
    """
    if not rows:
        return
    statement, fields = _insert(type(rows[0]), ignore_conflicts, or_update)
    with _prepared() as cursor:
        cursor.execute(statement, [_values(rows, fields)])


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

    For the few joins that are asked all the time and cost more to plan than to run.
    """
    return fetch_prepared(*rows.query.sql_with_params())


def fetch_prepared(sql: str, values: Values) -> list[tuple[Any, ...]]:
    """Return what a statement selects that the server plans once for each connection."""
    with _prepared() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def fetch_each(model: type[Model], ending: str, values: Values) -> list[Model]:
    """Return the rows of a model, of a ready statement that `ending` completes after FROM."""
    return [split(row, model)[0] for row in fetch_prepared(f"{_select(model)} {ending}", values)]


@dataclass(frozen=True, slots=True)
class Some:
    """A model of which only these attributes are read, the key among them.

    Whoever asks for another one has it read then, as with Django's `only`.
    """

    model: type[models.Model]
    attributes: tuple[str, ...]


def columns_of(**parts_by_alias: type[models.Model] | Some) -> str:
    """Name the columns of models, each under its alias, as `split` takes them apart."""
    return ", ".join(
        f'{alias}."{field.column}"'
        for alias, part in parts_by_alias.items()
        for field in _fields_of(part)
    )


def split(row: Sequence[Any], *parts: type[models.Model] | Some) -> list[Any]:
    """Make an instance of each model from a row that `columns_of` named the columns of."""
    found, place = [], 0
    for part in parts:
        model, names, converters = _made_from(part)
        values = list(row[place : place + len(names)])
        for index, convert in converters:
            values[index] = convert(values[index], None, connection)
        found.append(model.from_db("default", names, values))
        place += len(names)
    return found


def _fields_of(part: type[models.Model] | Some) -> list[Any]:
    if not isinstance(part, Some):
        return list(part._meta.concrete_fields)
    fields = [f for f in part.model._meta.concrete_fields if f.attname in part.attributes]
    assert len(fields) == len(part.attributes), part
    return fields


@cache
def _made_from(
    part: type[models.Model] | Some,
) -> tuple[type[models.Model], list[str], list[tuple[int, Any]]]:
    """Return a model, the names of a row's values, and by place what those are converted with."""
    fields = _fields_of(part)
    converters = [
        (index, convert)
        for index, field in enumerate(fields)
        for convert in field.get_db_converters(connection)
    ]
    model = part.model if isinstance(part, Some) else part
    return model, [field.attname for field in fields], converters


@cache
def _select(model: type[models.Model]) -> str:
    return f'SELECT {columns_of(stored=model)} FROM "{model._meta.db_table}" AS stored'


@cache
def _insert(
    model: type[models.Model], ignore_conflicts: bool, or_update: tuple[str, ...]
) -> tuple[str, list[Any]]:
    """Return the statement and the fields that are given to it."""
    meta = model._meta
    fields = [field for field in meta.concrete_fields if not field.has_db_default()]
    names, types = _columns(fields)
    ending = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    if or_update:
        new = ", ".join(f'"{column}" = EXCLUDED."{column}"' for column in or_update)
        ending = f' ON CONFLICT ("{meta.pk.column}") DO UPDATE SET {new}'
    statement = (
        f'INSERT INTO "{meta.db_table}" ({names})'
        f" SELECT {names} FROM json_to_recordset(%s::json) AS given ({types}){ending}"
    )
    return statement, fields


def _prepared() -> CursorWrapper:
    """Return Django's cursor around one of the driver's that prepares what it is given."""
    database = connections[DEFAULT_DB_ALIAS]
    database.close_if_health_check_failed()
    database.ensure_connection()
    # As Django's own `cursor()` does, whose kind of cursor cannot prepare.
    wrapper = _Logged if database.queries_logged else CursorWrapper
    return wrapper(_Preparing(database.connection), database)


class _Preparing(psycopg.Cursor[tuple[Any, ...]]):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        return super().execute(query, params, prepare=True, **options)


class _Logged(CursorDebugWrapper):
    """Django logs what the driver says it sent, which of a prepared statement is nothing."""

    def execute(self, sql: Any, params: Any = None) -> Any:
        with self.debug_sql(sql, params):
            return CursorWrapper.execute(self, sql, params)


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
