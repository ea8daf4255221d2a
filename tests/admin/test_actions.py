"""What changes anything here does so by POST: unfold's plain actions would do it on GET."""

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from groups.models import Appeal, Case, Decision
from identity.roles import Role
from portal.core.admin.panels import list_of, page_of
from tests.admin.entering import enter
from tests.admin.records import make_records
from tests.factories.identity import staff_user

WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|TRUNCATE|SELECT .* FOR UPDATE)", re.IGNORECASE)
# The session notes that it was used; usersessions notes when.
BOOKKEEPING = ("django_session", "usersessions_usersession", 'identity_user" SET "last_login')


@pytest.mark.parametrize("model_admin", admin.site._registry.values(), ids=str)
def test_every_action_is_a_dialog(model_admin):
    offered = [
        *model_admin._get_base_actions_list(),
        *model_admin._get_base_actions_detail(),
        *model_admin._get_base_actions_row(),
        *model_admin._get_base_actions_submit_line(),
    ]

    assert [action.action_name for action in offered if not action.dialog] == []
    assert not model_admin.actions


def writes_of(client, address):
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    assert response.status_code < 500, address
    return [
        query["sql"][:120]
        for query in captured
        if WRITES.match(query["sql"]) and not any(name in query["sql"] for name in BOOKKEEPING)
    ]


def test_opening_any_list_page_or_dialog_changes_nothing(platform):
    make_records(platform)
    client = enter(staff_user(platform, *Role))

    written = {}
    for model, model_admin in admin.site._registry.items():
        row = model._default_manager.order_by("pk").first()
        addresses = [list_of(model), *([page_of(row)] if row else [])]
        addresses += [
            reverse(f"admin:{action.action_name}")
            for action in model_admin._get_base_actions_list()
        ]
        if row:
            addresses += [
                reverse(f"admin:{action.action_name}", args=[row.pk])
                for action in model_admin._get_base_actions_detail()
            ]
        written |= {address: writes_of(client, address) for address in addresses}

    assert {address: made for address, made in written.items() if made} == {}


def test_opening_any_page_of_the_work_changes_nothing(scene):
    make_records(scene.platform, number=2)
    client = enter(staff_user(scene.platform, *Role))
    keys = {
        "case": scene.case.pk,
        "decision": Decision.objects.order_by("pk").first().pk,
        "appeal": Appeal.objects.order_by("pk").first().pk,
    }

    written = {}
    for name in _work_pages():
        address = _address(name, keys)
        written[name] = writes_of(client, address)
        stored = Case.objects.get(pk=scene.case.pk)
        assert (stored.version, stored.assignee_id) == (scene.case.version, None), name

    assert len(written) > 10
    assert {name: made for name, made in written.items() if made} == {}


def _work_pages():
    return [name for name in _names(admin.site.get_urls()) if name.startswith("work_")]


def _names(urls):
    return [url.name for url in urls if getattr(url, "name", None)]


def _address(name, keys):
    for args in ([], *([pk] for kind, pk in keys.items() if kind in name), ["reviews"]):
        try:
            return reverse(f"admin:{name}", args=args)
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} needs other arguments")
