"""The guard of the suite (bar 30) goes red where it must. See tests/audit_guard.py."""

import pytest
from django.db import IntegrityError, connection, transaction

from portal.core import audit
from portal.core.actors import Actor
from portal.core.ids import uuid7
from portal.core.models import AuditEntry, Hold
from tests import audit_guard
from tests.factories.base import AT
from tests.factories.core import HoldFactory

BY = Actor.system("tests")
RED = "written without an audit entry in the same transaction: core_hold"


def approve(hold):
    Hold.objects.filter(id=hold.id).update(approved_by=uuid7(), approved_at=AT)


def note(hold):
    audit.record(action="holds.approve", record=hold, by=BY, at=AT)


@pytest.mark.django_db(transaction=True)
def test_a_write_without_audit_entry_cannot_commit():
    hold = HoldFactory()

    with pytest.raises(IntegrityError, match=RED):
        approve(hold)

    hold.refresh_from_db()
    assert hold.approved_by is None


@pytest.mark.django_db(transaction=True)
def test_an_entry_of_an_earlier_transaction_is_no_excuse():
    hold = HoldFactory()
    note(hold)

    with pytest.raises(IntegrityError, match=RED):
        approve(hold)


@pytest.mark.django_db(transaction=True)
def test_a_write_with_its_entry_commits():
    hold = HoldFactory()

    with transaction.atomic():
        approve(hold)
        note(hold)

    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db
def test_it_is_seen_in_tests_that_roll_back_too():
    hold = HoldFactory()
    approve(hold)

    with pytest.raises(IntegrityError, match=RED), transaction.atomic():
        connection.check_constraints()
    note(hold)


@pytest.mark.django_db
def test_the_entry_of_one_action_does_not_excuse_the_next_one_of_the_test():
    first, second = HoldFactory(), HoldFactory()
    approve(first)
    note(first)
    approve(second)

    with pytest.raises(IntegrityError, match=RED), transaction.atomic():
        connection.check_constraints()
    note(second)


@pytest.mark.django_db
@pytest.mark.parametrize("table", audit_guard.PROTECTED)
def test_every_protected_table_is_guarded(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgdeferrable FROM pg_trigger WHERE tgrelid = %s::regclass"
            " AND tgname LIKE 'audit_guard%%' ORDER BY 1",
            [table],
        )
        found = cursor.fetchall()

    assert found == [("audit_guard_check", True), ("audit_guard_note", False)]
