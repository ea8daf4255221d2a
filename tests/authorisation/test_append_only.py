"""Bar 29: what is history is never changed, by no way that Django or SQL offers."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import IntegrityError, connection, transaction

from credit.models import LedgerEntry
from groups.models import CaseEntry, EventReceipt
from portal.core.models import AuditEntry, PurgeCertificate

pytestmark = pytest.mark.django_db
HISTORY = [LedgerEntry, AuditEntry, CaseEntry, EventReceipt, PurgeCertificate]
# A column of each that somebody might wish to change.
COLUMN = {
    LedgerEntry: ("points", 0),
    AuditEntry: ("actor_label", "somebody else"),
    CaseEntry: ("is_public", False),
    EventReceipt: ("accepted", 0),
    PurgeCertificate: ("deleted", 0),
}


def _sql(statement):
    def run(model, row):
        column, value = COLUMN[model]
        with connection.cursor() as cursor:
            cursor.execute(
                statement.format(table=model._meta.db_table, column=column),
                [value] if "%s" in statement else None,
            )

    return run


def _update(model, row):
    column, value = COLUMN[model]
    model.objects.filter(pk=row.pk).update(**{column: value})


def _save(model, row):
    column, value = COLUMN[model]
    setattr(row, column, value)
    row.save(update_fields=[column])


def _bulk_update(model, row):
    column, value = COLUMN[model]
    setattr(row, column, value)
    model.objects.bulk_update([row], [column])


def _upsert(model, row):
    column, value = COLUMN[model]
    setattr(row, column, value)
    key = model._meta.pk.name
    model.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=[key], update_fields=[column]
    )


WAYS = {
    "UPDATE": _sql("UPDATE {table} SET {column} = %s"),
    "DELETE": _sql("DELETE FROM {table}"),
    "TRUNCATE": _sql("TRUNCATE {table} CASCADE"),
    "queryset.update": _update,
    "queryset.delete": lambda model, row: model.objects.filter(pk=row.pk).delete(),
    "raw delete": lambda model, row: model.objects.filter(pk=row.pk)._raw_delete("default"),
    "instance.save": _save,
    "instance.delete": lambda model, row: row.delete(),
    "bulk_update": _bulk_update,
    "upsert": _upsert,
}


def test_every_append_only_table_is_tried_here():
    guarded = {
        model
        for model in apps.get_models()
        for trigger in getattr(model._meta, "triggers", [])
        if trigger.name.endswith("_is_append_only")
    }

    assert guarded == set(HISTORY)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("model", HISTORY, ids=lambda model: model.__name__)
def test_history_is_refused_by_the_database_any_change(world, model, way):
    row = model.objects.order_by("pk").first()
    before = list(model.objects.order_by("pk").values())

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        WAYS[way](model, row)

    # An upsert begins as an insert, which the rules for new rows may refuse first.
    assert way == "upsert" or "rows are added, never changed" in str(refused.value)
    assert list(model.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("model", HISTORY, ids=lambda model: model.__name__)
def test_the_admin_offers_no_change_of_history(rf, model):
    if model in (CaseEntry, EventReceipt):
        assert model not in admin.site._registry
        return
    served = admin.site._registry[model]

    assert served.actions is None
    assert not served.has_change_permission(rf.get("/"))
    assert not served.has_delete_permission(rf.get("/"))
    assert not any((served.actions_list, served.actions_row, served.actions_detail))
