"""What a test leaves behind does not fail those that come after it."""

import pytest
from django.db import OperationalError, connection, connections

from tests.leftovers import end_other_sessions


@pytest.mark.django_db(transaction=True)
def test_a_session_left_open_is_ended_and_ours_goes_on():
    left = connections.create_connection("default")
    try:
        with left.cursor() as cursor:
            cursor.execute("SELECT 1")

        end_other_sessions()

        with pytest.raises(OperationalError), left.cursor() as cursor:
            cursor.execute("SELECT 1")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        left.close()
