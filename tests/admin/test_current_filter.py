"""Lists of what lasts or has ended."""

from datetime import timedelta

import pytest
from django.urls import reverse

from identity.models import StaffAssignment
from tests.admin.entering import enter
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import GroupFactory, TenureFactory
from tests.factories.identity import staff_user

pytestmark = pytest.mark.django_db


def listed(client, name, **filters):
    page = client.get(reverse(f"admin:{name}_changelist"), filters)
    return {row.pk for row in page.context["cl"].result_list}


def test_tenures_and_assignments_are_listed_by_whether_they_last(platform):
    admin = staff_user(platform, "ADMINISTRATOR")
    gone = staff_user(platform, "REVIEWER").assignments.get()
    with fixture_rows():
        StaffAssignment.objects.filter(pk=gone.pk).update(ended_at=AT, ended_by=admin)
    group = GroupFactory(platform=platform)
    was = TenureFactory(group=group, since=AT - timedelta(days=9), until=AT - timedelta(days=3))
    holds = TenureFactory(group=group, since=AT - timedelta(days=3))
    client = enter(admin)

    for name, lasting, ended in (
        ("groups_tenure", holds.pk, was.pk),
        ("identity_staffassignment", admin.assignments.get().pk, gone.pk),
    ):
        assert listed(client, name) == {lasting, ended}
        assert listed(client, name, current="yes") == {lasting}
        assert listed(client, name, current="no") == {ended}
