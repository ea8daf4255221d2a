"""Denied means denied and nothing changed."""

import pytest
from django.db import transaction

from credit.models import LedgerEntry, Sanction
from groups.models import Appeal, Case, CaseEntry, Decision, Notice
from portal.core.models import AuditEntry, OutboxEvent

GROWING = (LedgerEntry, Sanction, CaseEntry, Notice, AuditEntry, OutboxEvent)


def snapshot():
    """What a refused action leaves as it was."""
    return (
        list(Case.objects.order_by("number").values_list("state", "version", "due_at")),
        list(Decision.objects.order_by("number").values_list("effective_at", "returned_at")),
        list(Appeal.objects.order_by("number").values_list("state", "version", "reviewer")),
        [model.objects.count() for model in GROWING],
    )


def refused(error, action):
    before = snapshot()
    with pytest.raises(error), transaction.atomic():
        action()
    assert snapshot() == before
