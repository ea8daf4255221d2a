"""Who brings a table, and that it does what was seen, once."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from groups.actions import registry
from groups.models import Group, RegistryUpload
from groups.registry import plans
from identity.access import StaffOnly
from portal.core.actors import Actor
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory
from tests.factories.identity import staff_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def counts(upload):
    return upload.added, upload.changed, upload.unchanged, upload.refused


def test_only_an_administrator_of_the_platform_brings_takes_and_deletes(platform, bring):
    upload = bring("GROUPS", "group\ng-1\n")
    seen = plans.of_upload(upload, at=AT).mark
    for user in (staff_user(platform, "SENIOR"), staff_user(PlatformFactory(), "ADMINISTRATOR")):
        other = Actor.user(user)
        for act in (
            lambda by: registry.take(upload=upload, seen=seen, by=by, at=AT),
            lambda by: registry.discard(upload=upload, by=by, at=AT),
            lambda by: registry.record_export(
                platform=platform, table="GROUPS", form="csv", by=by, at=AT
            ),
        ):
            with pytest.raises(StaffOnly), transaction.atomic():
                act(other)
    assert not Group.objects.exists()
    assert RegistryUpload.objects.exists()


def test_a_table_takes_effect_once(bring, by):
    upload = bring("GROUPS", "group\ng-1\n")
    seen = registry.foresee(upload=upload, by=by, at=AT).mark
    registry.take(upload=upload, seen=seen, by=by, at=AT)

    for again in (
        lambda: registry.take(upload=upload, seen=seen, by=by, at=AT),
        lambda: registry.discard(upload=upload, by=by, at=AT),
    ):
        with pytest.raises(registry.AlreadyTaken), transaction.atomic():
            again()


def test_what_changed_since_the_preview_is_looked_at_again(platform, bring, by):
    upload = bring("GROUPS", "group,name\ng-1,New\n")
    seen = registry.foresee(upload=upload, by=by, at=AT).mark
    GroupFactory(platform=platform, external_id="g-1", name="Old")

    with pytest.raises(registry.OtherPlan), transaction.atomic():
        registry.take(upload=upload, seen=seen, by=by, at=AT)

    assert Group.objects.get().name == "Old"


def test_ten_times_the_rows_cost_the_same_number_of_queries(bring, by):
    def cost(count):
        upload = bring("GROUPS", "group,name\n" + "".join(f"g-{n},N\n" for n in range(count)))
        with CaptureQueriesContext(connection) as seen:
            registry.foresee(upload=upload, by=by, at=AT)
        return len(seen)

    assert cost(2) == cost(20)
