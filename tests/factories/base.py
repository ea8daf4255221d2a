"""What the factories share: rows they write are exempt from the audit guard of the suite."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import connection, transaction
from factory.django import DjangoModelFactory

AT = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


@contextmanager
def fixture_rows() -> Iterator[None]:
    """Write rows without an audit entry; only rows written inside are exempt."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('accord.fixture', 'on', true)")
        yield
        cursor.execute("SELECT set_config('accord.fixture', '', true)")


@contextmanager
def triggers_asleep() -> Iterator[None]:
    """Write rows that no action would write."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


class RecordFactory(DjangoModelFactory):
    class Meta:
        abstract = True
        skip_postgeneration_save = True

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        with fixture_rows():
            record = super()._create(model_class, *args, **kwargs)
        # Numbers come from sequences of the database.
        if any(field.name == "number" for field in model_class._meta.fields):
            record.refresh_from_db(fields=["number"])
        return record
