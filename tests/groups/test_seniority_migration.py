"""What the migration reads back from stored tenures is what the fold would have stored."""

import random
from importlib import import_module

import pytest
from django.db import connection

from groups.actions import events, tenures
from groups.models import Group, Tenure
from portal.core.actors import Actor
from portal.core.ids import uuid7
from tests.factories.base import AT, fixture_rows
from tests.groups.state import TENURE
from tests.groups.test_shuffled import generated

pytestmark = pytest.mark.django_db
BY = Actor.system("tests")
MIGRATION = import_module("groups.migrations.0005_seniority_and_early_departures")


@pytest.mark.parametrize("number", range(8))
def test_seniority_and_standing_in_are_read_back(platform, number):
    story = [found for found in generated(random.Random(number), 90) if found.sequence is None]
    events.ingest(platform=platform, events=story, by=BY, at=AT, history=True)
    for owner in Tenure.objects.current().filter(role="OWNER").order_by("pk")[:2]:
        tenures.end_by_decision(
            account=owner.account,
            privilege="OWN_GROUP",
            in_group=owner.group,
            decision_id=uuid7(),
            by=BY,
            at=AT,
        )
    folded = sorted(Tenure.objects.values_list(*TENURE), key=str)
    with fixture_rows():
        Tenure.objects.update(senior_from=None, senior_place=None, stands_in_for=None)
        with connection.cursor() as cursor:
            for statement in (MIGRATION.SENIORITY, MIGRATION.STANDS_IN, MIGRATION.ARCHIVED):
                cursor.execute(statement)

    assert sorted(Tenure.objects.values_list(*TENURE), key=str) == folded
    assert Group.objects.filter(known_archived_at__isnull=False).count() == 0
