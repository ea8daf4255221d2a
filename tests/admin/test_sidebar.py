"""The sidebar: it leads where the reader may go, and marks where they are."""

import re

import pytest
from django.contrib import admin
from django.urls import reverse

from groups.models import Group
from identity.models import StaffAssignment
from identity.roles import Role
from portal import admin_nav
from portal.core.admin.panels import list_of, page_of
from portal.core.models import AuditEntry
from tests.admin.entering import enter
from tests.admin.records import make_records
from tests.factories.identity import staff_user

CURRENT = re.compile(r'<a href="([^"]+)"[^>]* aria-current="page"')


def test_the_sidebar_lists_the_records_that_the_reader_may_open(platform):
    client = enter(staff_user(platform, *Role))

    page = client.get(reverse("admin:index")).content.decode()

    named = [record for section in admin_nav.RECORDS.values() for _, _, record in section]
    assert set(admin_nav.PAGES) <= set(named)
    lists = [name for name in named if name not in admin_nav.PAGES]
    assert [name for name in lists if reverse(f"admin:{name}_changelist") not in page] == []


def test_the_sidebar_leads_only_where_the_reader_may_go(platform):
    client = enter(staff_user(platform, Role.IDENTITY_OFFICER))

    page = client.get(reverse("admin:index")).content.decode()

    assert list_of(Group) in page
    assert list_of(AuditEntry) not in page
    assert reverse("admin:work_queue", args=["reviews"]) not in page


@pytest.mark.parametrize("role", list(Role))
def test_one_entry_is_current_wherever_a_record_or_a_list_is_open(platform, role):
    make_records(platform)
    client = enter(staff_user(platform, role))

    current = {}
    for model in admin.site._registry:
        addresses = [list_of(model), *map(page_of, model._default_manager.order_by("pk"))]
        for address in addresses:
            page = client.get(address)
            if page.status_code == 200:
                current[address] = CURRENT.findall(page.content.decode())

    assert len(current) > 30
    assert {address: found for address, found in current.items() if len(found) != 1} == {}


def test_a_person_of_the_staff_is_under_staff(platform):
    person = staff_user(platform, Role.ADMINISTRATOR)

    page = enter(person).get(page_of(person)).content.decode()

    assert CURRENT.findall(page) == [list_of(StaffAssignment)]
