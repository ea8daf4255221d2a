"""Batches for the tests of ingest, and what became of them."""

from datetime import timedelta

from groups.actions import events
from groups.models import Tenure
from portal.core.actors import Actor
from tests.factories.base import AT

BY = Actor.system("tests")


def ingest(platform, *found, at=AT, history=False):
    return events.ingest(platform=platform, events=found, by=BY, at=at, history=history)


def verdicts(receipt):
    return [(str(v.status), v.code) for v in receipt.verdicts]


def tenures(platform):
    """Each tenure as (group, account, role, days from, days to, began, ended)."""
    rows = Tenure.objects.filter(platform=platform).select_related("group", "account")
    return sorted(
        (
            tenure.group.external_id,
            tenure.account.external_id,
            tenure.role,
            (tenure.since - AT) / timedelta(days=1),
            (tenure.until - AT) / timedelta(days=1) if tenure.until else None,
            tenure.began,
            tenure.ended,
        )
        for tenure in rows
    )
