"""A pytest plugin: a session that something left open does not keep the test database alive.

A thread of the live server may still wait for a browser that is gone, and PostgreSQL drops no
database that somebody uses.
"""

import pytest
from django.db import connection


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    yield
    with django_db_blocker.unblock():
        end_other_sessions()


def end_other_sessions():
    """End every session of this test database but our own. Return how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]
