"""A budget of time for reads whose cost nobody knows beforehand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled


class OutOfTime(Exception):
    """What was asked took longer than it may."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Stop the queries inside when `seconds` are over for all of them together; reads only.

    Each query gets what is left as its statement_timeout, and the transaction around them is
    rolled back, which takes the timeout back. Raises OutOfTime.
    """
    ends = monotonic() + seconds

    def limit(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        left = int((ends - monotonic()) * 1000)
        if left <= 0:
            raise OutOfTime
        # The driver's own cursor: Django's would come here again.
        context["cursor"].cursor.execute(f"SET LOCAL statement_timeout = {left}")
        return execute(sql, params, many, context)

    try:
        with transaction.atomic():
            with connection.execute_wrapper(limit):
                yield
            transaction.set_rollback(True)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise OutOfTime from error
        raise
