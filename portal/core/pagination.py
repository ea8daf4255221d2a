"""Keyset paging: as fast on the last page as on the first, and rows that arrive move nothing."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core import signing
from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.db.models import Q
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from portal.core import errors

if TYPE_CHECKING:
    # At run time DRF loads this module while it still defines APIView.
    from rest_framework.views import APIView

Row = TypeVar("Row", bound=models.Model)
FORWARD, BACK = "f", "b"


class BadCursor(errors.AccordError):
    """The cursor is none that Accord gave out for this list, or was cut or changed."""

    code = "bad-cursor"
    title = "The cursor is not valid"
    advice = "Start again without a cursor, and pass on `next` and `previous` as they are."


class BadLimit(errors.AccordError):
    """The limit is not a whole number within the bounds."""

    code = "bad-limit"
    title = "The limit is not valid"
    advice = "Send a whole number within the bounds that the detail names, or none."


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: list[Row]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class Walk(Generic[Row]):
    """Rows in the order of a walk, and the row at which it gave up looking, if it did."""

    rows: list[Row]
    stopped_at: Row | None = None


@dataclass(frozen=True, slots=True)
class Keyset:
    """An order over non-null columns, all in one direction, of which the last is unique.

    `Keyset("-created_at", "-id").page(queryset, cursor=…, size=50)` runs one query.
    """

    fields: tuple[str, ...]

    def __init__(self, *fields: str) -> None:
        if len({name.startswith("-") for name in fields}) != 1:
            raise FieldError("A keyset runs in one direction: all of its fields, or none, take -.")
        object.__setattr__(self, "fields", fields)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name.lstrip("-") for name in self.fields)

    def page(self, queryset: models.QuerySet[Row], *, cursor: str | None, size: int) -> Page[Row]:
        """Return at most `size` rows after (or before) the cursor. Raise BadCursor."""

        def walk(position: Sequence[Any] | None, descending: bool, limit: int) -> Walk[Row]:
            order = [f"-{name}" if descending else name for name in self.names]
            rows = queryset
            if position is not None:
                rows = rows.filter(self._beyond(position, "lt" if descending else "gt"))
            return Walk(list(rows.order_by(*order)[:limit]))

        return self.page_of(walk, model=queryset.model, cursor=cursor, size=size)

    def page_of(
        self,
        walk: Callable[[Sequence[Any] | None, bool, int], Walk[Row]],
        *,
        model: type[Row],
        cursor: str | None,
        size: int,
    ) -> Page[Row]:
        """Return what `walk(position, descending, limit)` finds beyond the cursor.

        A walk that gave up leaves a page that may hold fewer rows, or none, and goes on from there.
        """
        way, position = self._decode(model, cursor) if cursor else (FORWARD, None)
        descending = self.fields[0].startswith("-") is (way == FORWARD)
        found = walk(position, descending, size + 1)
        rows = found.rows[:size]
        more = len(found.rows) > size
        stopped_at = None if more else found.stopped_at
        if way == BACK:
            rows.reverse()
        last, first = (rows[-1], rows[0]) if rows else (stopped_at, stopped_at)
        goes_on = more or stopped_at is not None
        if way == FORWARD:
            last, has_next, has_previous = stopped_at or last, goes_on, bool(cursor)
        else:
            first, has_next, has_previous = stopped_at or first, True, goes_on
        return Page(
            rows=rows,
            next=self._encode(FORWARD, last) if last and has_next else None,
            previous=self._encode(BACK, first) if first and has_previous else None,
        )

    def _beyond(self, position: Sequence[Any], lookup: str) -> Q:
        """Compare as a row does, (a, b) < (x, y), in a form that an index on a can serve."""
        *outer, (name, value) = zip(self.names, position, strict=True)
        condition = Q(**{f"{name}__{lookup}": value})
        for name, value in reversed(outer):
            condition = Q(**{f"{name}__{lookup}e": value}) & (
                Q(**{f"{name}__{lookup}": value}) | condition
            )
        return condition

    def _signer(self, model: type[models.Model]) -> signing.Signer:
        return signing.Signer(salt=f"cursor:{model._meta.label}:{','.join(self.fields)}")

    def _encode(self, way: str, row: Row) -> str:
        position = [_text(row, name) for name in self.names]
        data = json.dumps([way, *position], separators=(",", ":")).encode()
        return self._signer(type(row)).sign(signing.b64_encode(data).decode())

    def _decode(self, model: type[models.Model], cursor: str) -> tuple[str, list[Any]]:
        try:
            data = signing.b64_decode(self._signer(model).unsign(cursor).encode())
            way, *texts = json.loads(data)
            fields = [_field(model, name) for name in self.names]
            return way, [f.to_python(text) for f, text in zip(fields, texts, strict=True)]
        except (signing.BadSignature, ValidationError, ValueError) as error:
            raise BadCursor("This cursor is not one of this list.") from error


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    """Follow `group__created_at` to its column."""
    *relations, last = name.split("__")
    for relation in relations:
        related = model._meta.get_field(relation).related_model
        if not isinstance(related, type):
            raise FieldError(f"{relation} of {model._meta.label} is not a relation.")
        model = related
    field = model._meta.pk if last == "pk" else model._meta.get_field(last)
    if not isinstance(field, models.Field):
        raise FieldError(f"{last} of {model._meta.label} is not a column.")
    return field


def _text(row: models.Model, name: str) -> str:
    *relations, last = name.split("__")
    for relation in relations:
        row = getattr(row, relation)
    return str(_field(type(row), last).value_to_string(row))


class CursorPagination(BasePagination):
    """Paging of the API's lists. A view may set `keyset` and `page_size`."""

    keyset = Keyset("-id")
    page_size = 50
    largest_page = 200

    def paginate_queryset(
        self, queryset: Any, request: Request, view: "APIView | None" = None
    ) -> list[Any]:
        self.request = request
        self.limit = self._limit(request, getattr(view, "page_size", self.page_size))
        self.page: Page[Any] = getattr(view, "keyset", self.keyset).page(
            queryset, cursor=request.query_params.get("cursor"), size=self.limit
        )
        return self.page.rows

    def _limit(self, request: Request, default: int) -> int:
        text = request.query_params.get("limit", str(default))
        is_number = text.isascii() and text.isdigit() and len(text) <= 6
        if not (is_number and 1 <= int(text) <= self.largest_page):
            raise BadLimit(f"limit must be a whole number from 1 to {self.largest_page}.")
        return int(text)

    def _link(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        query = self.request.query_params.dict() | {"cursor": cursor}
        return self.request.build_absolute_uri(f"{self.request.path}?{urlencode(query)}")

    def get_paginated_response(self, data: Any) -> Response:
        links = {
            "next": self._link(self.page.next),
            "previous": self._link(self.page.previous),
        }
        return Response(links | {"results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Where to go on, as `next` or `previous` of another page gave it.",
                "schema": {"type": "string"},
            },
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": "How many rows at most.",
                "schema": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": self.largest_page,
                },
            },
        ]
