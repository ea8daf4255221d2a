"""Retention windows in the admin: every class is shown, two people change one, the effect first."""

from datetime import timedelta

import pytest
from django.urls import reverse

from groups.models import Case
from identity.roles import Role
from portal.core import foresight
from portal.core.admin.panels import list_of, page_of
from portal.core.data_classes import registry
from portal.core.models import AuditEntry, WindowChange
from tests.admin.entering import enter
from tests.factories.base import AT
from tests.factories.core import HoldFactory, WindowChangeFactory
from tests.factories.groups import CaseFactory
from tests.factories.identity import staff_user

SENT = {"_form_submitted": "True"}
PROPOSE = "admin:core_windowchange_propose_window"
SHORTER = SENT | {"data_class": "closed cases", "days": "400", "reason": "The officer asked."}


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A busy machine takes longer than somebody in front of a page waits."""
    monkeypatch.setattr(foresight, "SECONDS", 60)


def step(change, name):
    return reverse(f"admin:core_windowchange_{name}_window", args=[change.pk])


def enter_as(platform, role=Role.ADMINISTRATOR):
    return enter(staff_user(platform, role))


def closed_case(platform, *, days):
    ended = AT - timedelta(days=days)
    return CaseFactory(
        platform=platform, state=Case.State.CLOSED, decided_at=ended, closed_at=ended
    )


def test_every_class_is_shown_with_its_window_and_its_limits(platform):
    WindowChangeFactory(approved_by=staff_user(platform).pk, approved_at=AT)

    text = enter_as(platform, Role.AUDITOR).get(list_of(WindowChange)).content.decode()

    for data_class in registry.classes.values():
        assert data_class.name.capitalize() in text
    assert "400\N{NO-BREAK SPACE}days" in text
    assert "365 and 3650\N{NO-BREAK SPACE}days" in text
    assert "cannot be changed" in text


def test_the_list_costs_the_same_with_many_proposals(platform, django_assert_max_num_queries):
    client = enter_as(platform)
    client.get(list_of(WindowChange))
    for name in registry.classes:
        WindowChangeFactory(data_class=name)
        WindowChangeFactory(data_class=name, approved_by=staff_user(platform).pk, approved_at=AT)

    with django_assert_max_num_queries(20):
        client.get(list_of(WindowChange))


def test_a_shorter_window_is_proposed_after_a_look_at_what_it_deletes(platform):
    for days in (350, 450, 500, 800):
        closed_case(platform, days=days)
    held = closed_case(platform, days=500)
    HoldFactory(platform=platform, scope="CASE", scope_id=held.pk)
    client = enter_as(platform)

    first = client.post(reverse(PROPOSE), SHORTER)

    # What is older than the present window goes anyway, and what a hold covers stays.
    assert "deletes 2 rows of closed cases" in first.content.decode()
    assert "3 Nov 2026, 02:35 UTC" in first.content.decode()
    assert not WindowChange.objects.exists()
    second = client.post(reverse(PROPOSE), SHORTER | {"seen": "closed cases:400"})
    assert second.status_code == 302
    change = WindowChange.objects.get()
    assert (change.data_class, change.days, change.is_open) == ("closed cases", 400, True)


def test_a_look_at_one_effect_is_none_at_another(platform):
    client = enter_as(platform)

    client.post(reverse(PROPOSE), SHORTER | {"seen": "closed cases:500"})

    assert not WindowChange.objects.exists()


def test_what_may_not_be_is_said_in_the_dialog(platform):
    response = enter_as(platform).post(reverse(PROPOSE), SHORTER | {"days": "364"})

    assert response.status_code == 422
    assert "Choose between 365 and 3650 days" in response.content.decode()


def test_the_second_person_sees_the_effect_and_puts_it_in_force(platform):
    closed_case(platform, days=500)
    change = WindowChangeFactory()
    client = enter_as(platform)

    assert "deletes 1 row of closed cases" in client.get(step(change, "approve")).content.decode()
    client.post(step(change, "approve"), SENT)

    assert registry.classes["closed cases"].days() == 400
    assert "Approved" in client.get(page_of(change)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_whoever_proposed_is_told_that_somebody_else_approves(platform):
    user = staff_user(platform, Role.ADMINISTRATOR)
    change = WindowChangeFactory(proposed_by=user.pk)

    response = enter(user).post(step(change, "approve"), SENT)

    assert response.status_code == 409
    assert "Somebody else than the person who proposed" in response.content.decode()
    assert registry.classes["closed cases"].days() == 730


def test_a_withdrawn_proposal_changes_nothing(platform):
    change = WindowChangeFactory()

    enter_as(platform).post(step(change, "withdraw"), SENT)

    change.refresh_from_db()
    assert (change.withdrawn_at, change.is_open) == (AT, False)
    assert registry.classes["closed cases"].days() == 730


def test_auditors_of_any_platform_see_who_changed_a_window(platform):
    change = WindowChangeFactory()
    enter_as(platform).post(step(change, "approve"), SENT)

    listed = enter_as(platform, Role.AUDITOR).get(list_of(AuditEntry)).content.decode()

    assert "windows.approve" in listed
    assert page_of(change) in listed
