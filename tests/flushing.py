"""A pytest plugin: transactional tests may empty tables that nobody else may truncate."""

import pytest
from django.db import connections
from django.test import TransactionTestCase


@pytest.fixture(scope="session", autouse=True)
def flush_past_the_guards():
    original = TransactionTestCase._fixture_teardown

    def teardown(self):
        for name in self._databases_names(include_mirrors=False):
            with connections[name].cursor() as cursor:
                # Triggers sleep for this session only, and only while it flushes.
                cursor.execute("SET session_replication_role = replica")
        try:
            original(self)
        finally:
            for name in self._databases_names(include_mirrors=False):
                with connections[name].cursor() as cursor:
                    cursor.execute("SET session_replication_role = origin")

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = original
