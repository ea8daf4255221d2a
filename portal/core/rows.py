"""Many rows in one statement with one parameter: one for each value costs more than the rest."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, models
from psycopg.types.range import Range


def insert_each(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> None:
    """Insert new rows of one model, as `bulk_create` does.

    Raises TypeError for a model with bytes or encrypted texts: they have no form in JSON.
    """
    if not rows:
        return
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not field.has_db_default()]
    if any(field.get_internal_type() == "BinaryField" for field in fields):
        raise TypeError(f"{meta.label} holds bytes.")
    names = ", ".join(f'"{field.column}"' for field in fields)
    types = ", ".join(f'"{field.column}" {field.db_type(connection)}' for field in fields)
    values = [{field.column: getattr(row, field.attname) for field in fields} for row in rows]
    ending = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{meta.db_table}" ({names})'
            f" SELECT {names} FROM json_to_recordset(%s::json) AS given ({types}){ending}",
            [as_json(values)],
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
