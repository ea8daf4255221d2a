"""Many rows in one statement come out as `bulk_create` would write them."""

import pytest
from django.db import connection

from groups.models import EarlyDeparture, Tenure
from portal.core import rows
from portal.core.models import AuditEntry
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import TenureFactory

pytestmark = pytest.mark.django_db


def test_every_kind_of_value_comes_back_as_it_was_given():
    entries = [
        AuditEntry(
            at=AT,
            action="tests.write",
            record_type="core.Platform",
            record_id=f"{number}\t\\N \"é\" 'x'",
            actor_kind="SYSTEM",
            actor_label="tests",
            old={"text": "a\nb", "list": [1, 2.5, None, True]},
            new={},
        )
        for number in range(3)
    ]

    rows.insert_each(entries)

    for entry in entries:
        stored = AuditEntry.objects.get(pk=entry.pk)
        assert (stored.at, stored.record_id, stored.old) == (AT, entry.record_id, entry.old)
        assert stored.actor_id is None
        assert stored.xact > 0


def test_a_period_comes_back_with_its_ends():
    given = [TenureFactory(), TenureFactory(until=AT)]
    with fixture_rows():
        Tenure.objects.all().delete()
        rows.insert_each(given)

    stored = Tenure.objects.in_bulk()
    assert [stored[tenure.pk].period for tenure in given] == [tenure.period for tenure in given]


def test_the_fields_named_are_written_and_no_others():
    tenures = [TenureFactory(role="MANAGER"), TenureFactory(role="MANAGER")]
    for tenure in tenures:
        tenure.began, tenure.role = "CLAIMED", "OWNER"

    with fixture_rows():
        rows.update_each(tenures[:1], ["began", "period"])

    stored = [(tenure.began, tenure.role) for tenure in Tenure.objects.order_by("pk")]
    assert stored == [("CLAIMED", "MANAGER"), ("GRANTED", "MANAGER")]


def test_what_has_no_form_in_json_is_refused():
    with pytest.raises(TypeError, match="EarlyDeparture holds bytes"):
        rows.insert_each([EarlyDeparture(event="{}", received_at=AT)])


def test_a_statement_that_is_asked_again_and_again_is_planned_once():
    statement = "SELECT count(*) FROM core_auditentry WHERE record_id = %s"

    for _ in range(8):
        rows.fetch_prepared(statement, ["nobody"])

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans > 0 FROM pg_prepared_statements WHERE statement LIKE %s",
            [statement.replace("%s", "$1")],
        )
        assert cursor.fetchall() == [(True,)]
