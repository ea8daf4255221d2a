"""Expect the database to refuse."""

import pytest
from django.db import IntegrityError, connection

from tests.factories.base import fixture_rows


class Breaks:
    """Expect the database to refuse what happens inside, by this name.

    Triggers come first; `asleep` they let the check behind them show that it holds by itself.
    """

    def __init__(self, name, *, asleep=False):
        self.name = name
        self.asleep = asleep

    def __enter__(self):
        self.caught = pytest.raises(IntegrityError, match=rf"\b{self.name}\b")
        self.caught.__enter__()
        self.rows = fixture_rows()
        self.rows.__enter__()
        if self.asleep:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")

    def __exit__(self, *error):
        self.rows.__exit__(*error)
        return self.caught.__exit__(*error)
