"""Many rows in one statement come out as `bulk_create` would write them."""

import pytest
from django.db import connection

from groups.models import EarlyDeparture, Tenure
from portal.core import audit, rows
from portal.core.actors import Actor
from portal.core.models import AuditEntry, Platform
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.groups import TenureFactory

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")


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


def test_of_a_row_that_is_stored_only_what_is_named_is_written():
    stored, new = PlatformFactory(name="Old"), PlatformFactory.build(name="New")
    known = Platform(pk=stored.pk, slug="other", name="Renamed", created_at=AT)

    rows.insert_each([known, new], or_update=("name",))

    found = Platform.objects.in_bulk()
    assert found[stored.pk].slug == stored.slug
    assert {platform.name for platform in found.values()} >= {"Renamed", "New"}


def test_rows_come_back_as_the_queryset_makes_them():
    audit.record(action="tests.write", record=Platform, by=SYSTEM, at=AT, new={"rows": [1, None]})
    [stored] = AuditEntry.objects.all()

    found = rows.fetch_each(AuditEntry, "WHERE action = %(action)s", {"action": "tests.write"})

    names = [field.attname for field in AuditEntry._meta.concrete_fields]
    assert [[getattr(row, name) for name in names] for row in found] == [
        [getattr(stored, name) for name in names]
    ]
    assert rows.fetch_each(AuditEntry, "WHERE action = 'tests.read'", []) == []


def test_of_a_model_only_some_columns_are_read_and_the_others_when_asked_for(
    django_assert_num_queries,
):
    stored = PlatformFactory(name="Relay")
    part = rows.Some(Platform, ("id", "name"))
    statement = f"SELECT {rows.columns_of(stored=part)} FROM core_platform stored WHERE id = %s"

    [row] = rows.fetch_prepared(statement, [stored.pk])
    [found] = rows.split(row, part)

    assert row == (stored.pk, "Relay")
    with django_assert_num_queries(0):
        assert (found, found.name) == (stored, "Relay")
    with django_assert_num_queries(1):
        assert found.slug == stored.slug


def test_a_column_that_a_model_does_not_have_is_noticed_at_once():
    with pytest.raises(AssertionError, match="nam"):
        rows.columns_of(stored=rows.Some(Platform, ("id", "nam")))


def test_a_ready_statement_is_planned_once_and_seen_by_what_counts_statements(
    django_assert_num_queries,
):
    with django_assert_num_queries(2):
        rows.fetch_prepared("SELECT %s::integer", [1])
        assert rows.fetch_prepared("SELECT %s::integer", [2]) == [(2,)]

    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        assert ("SELECT $1::integer",) in cursor.fetchall()
