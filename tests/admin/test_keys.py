"""Single keys of the work: listed, shown beside what they press, and off for whoever says so."""

import pytest
from django.db import transaction
from django.urls import reverse

from identity.actions import users
from portal.core.actors import Actor
from portal.core.models import AuditEntry
from tests.admin.entering import enter
from tests.factories.base import AT

HINT = '<kbd aria-hidden="true">C</kbd>'


def switch(client, on, back=""):
    return client.post(reverse("admin:work_keys"), {"keys": "on" if on else "off", "back": back})


def test_keys_are_shown_beside_the_buttons_until_they_are_switched_off(scene):
    user = scene.staff()
    client = enter(user)
    case = reverse("admin:work_case", args=[scene.case.pk])
    assert HINT in client.get(case).content.decode()

    response = switch(client, False, back=f"{case}?queue=reviews")

    assert response.url == f"{case}?queue=reviews"
    page = client.get(case).content.decode()
    assert HINT not in page
    assert 'data-single-keys="off"' in page
    entry = AuditEntry.objects.get(action="users.switch_single_keys")
    assert (entry.actor_id, entry.old, entry.new) == (
        user.pk,
        {"single_keys": True},
        {"single_keys": False},
    )
    switch(client, True)
    assert HINT in client.get(case).content.decode()


def test_the_switch_leads_back_to_our_own_pages_only(scene):
    client = enter(scene.staff())

    for back in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", ""):
        assert switch(client, True, back=back).url == reverse("admin:work_keys")


def test_nobody_switches_the_keys_of_others(scene):
    user, other = scene.staff(), scene.staff()

    with pytest.raises(users.NotYou), transaction.atomic():
        users.switch_single_keys(user=user, on=False, by=Actor.user(other), at=AT)

    user.refresh_from_db()
    assert user.single_keys
