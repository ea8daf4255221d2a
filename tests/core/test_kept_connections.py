"""A kept connection is believed to be there until something says otherwise."""

from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from portal.core.models import Platform
from tests.factories.core import PlatformFactory

# A connection of a test's transaction is never looked at.
pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def second_connection():
    parameters = {**connection.get_connection_params(), "autocommit": True}
    other = psycopg.connect(**parameters)
    try:
        yield other
    finally:
        other.close()


def number_of_process():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_looking_asks_the_server_nothing():
    number = number_of_process()
    with second_connection() as other:
        asked = "SELECT query, state_change FROM pg_stat_activity WHERE pid = %s"
        before = other.execute(asked, [number]).fetchone()

        assert connection.is_usable()

        assert other.execute(asked, [number]).fetchone() == before


def test_one_that_the_server_has_ended_is_made_anew_by_the_next_request(client):
    platform = PlatformFactory(name="Relay")
    number = number_of_process()
    with second_connection() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [number])

    connection.health_check_done = False
    connection.close_if_health_check_failed()

    assert Platform.objects.get(pk=platform.pk).name == "Relay"
    assert number_of_process() != number


def test_one_that_was_told_something_meanwhile_is_kept():
    number = number_of_process()
    with second_connection() as other:
        with connection.cursor() as cursor:
            cursor.execute("LISTEN told")
        other.execute("NOTIFY told")

        assert connection.is_usable()

    assert number_of_process() == number


def test_one_that_this_process_has_closed_is_not_usable():
    connection.ensure_connection()
    connection.connection.close()

    assert not connection.is_usable()
    connection.close()
