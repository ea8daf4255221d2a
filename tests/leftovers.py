"""A pytest plugin: a session that something left open does not keep the test database alive.

PostgreSQL drops no database that somebody uses. While a browser's event loop runs, Django keeps
another connection for the main thread than before and after; a thread of the live server may
still wait for a browser that is gone.
"""

import pytest
from django.db import connection


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    yield
    with django_db_blocker.unblock():
        # Ours may have been ended with others.
        connection.close()
        end_other_sessions()


def end_other_sessions():
    """End every session of this test database but our own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
