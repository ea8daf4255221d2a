"""Dialogs of the records: holds and reports."""

import pytest
from django.urls import reverse

from identity.roles import Role
from portal.core.admin.panels import page_of
from portal.core.models import Hold
from reports.models import ReportRun
from tests.admin.entering import enter
from tests.factories.base import AT
from tests.factories.core import HoldFactory, PlatformFactory
from tests.factories.groups import CaseFactory, GroupFactory
from tests.factories.identity import AccountFactory, staff_user
from tests.factories.reports import ReportRunFactory

SENT = {"_form_submitted": "True"}
PLACED = SENT | {"matter": "File 12/26", "reason": "A court asked.", "review": "2026-12-01"}


def place(record):
    kind = f"{record._meta.app_label}_{record._meta.model_name}"
    return reverse(f"admin:{kind}_place_hold", args=[record.pk])


def step(hold, name):
    return reverse(f"admin:core_hold_{name}_hold", args=[hold.pk])


@pytest.mark.parametrize("factory", [AccountFactory, GroupFactory, CaseFactory])
def test_a_hold_is_placed_from_the_page_of_what_it_covers(platform, factory):
    record = factory(platform=platform)
    user = staff_user(platform, Role.SENIOR)

    response = enter(user).post(place(record), PLACED)

    assert response.status_code == 302
    hold = Hold.objects.get()
    assert (hold.scope, hold.scope_id, hold.placed_by) == (
        record._meta.model_name.upper(),
        record.pk,
        user.pk,
    )
    assert f"{hold.review_at:%Y-%m-%d %H:%M}" == "2026-12-01 23:59"


def test_a_hold_on_the_platform_is_placed_from_its_page(platform):
    enter(staff_user(platform, Role.ADMINISTRATOR)).post(place(platform), PLACED)

    assert Hold.objects.get().scope == Hold.Scope.PLATFORM


@pytest.mark.django_db(transaction=True)
def test_a_review_too_far_ahead_is_refused_in_the_dialog(platform):
    client = enter(staff_user(platform, Role.SENIOR))

    response = client.post(place(platform), PLACED | {"review": "2027-06-01"})

    assert response.status_code == 422
    assert "Review a hold within 90 days" in response.content.decode()
    assert "File 12/26" in response.content.decode()
    assert not Hold.objects.exists()


def test_with_script_the_dialog_leads_back_to_the_page(platform):
    group = GroupFactory(platform=platform)
    client = enter(staff_user(platform, Role.SENIOR), headers={"HX-Request": "true"})

    response = client.post(place(group), PLACED)

    assert response["HX-Redirect"] == page_of(group)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SENIOR, Role.ADMINISTRATOR}))
def test_roles_that_do_not_manage_holds_place_and_end_none(platform, role):
    hold = HoldFactory(platform=platform)
    client = enter(staff_user(platform, role))

    answers = [
        client.post(place(platform), PLACED),
        client.post(step(hold, "approve"), SENT),
        client.post(step(hold, "extend"), SENT | {"review": "2026-12-01"}),
        client.post(step(hold, "release"), SENT | {"reason": "Over."}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert Hold.objects.get() == hold
    hold.refresh_from_db()
    assert (hold.approved_at, hold.released_at, hold.reviewed_at) == (None, None, AT)


def test_a_foreign_hold_is_neither_seen_nor_ended(platform):
    hold = HoldFactory(platform=PlatformFactory())
    client = enter(staff_user(platform, *Role))

    assert client.post(step(hold, "release"), SENT | {"reason": "Over."}).status_code == 403
    hold.refresh_from_db()
    assert hold.released_at is None


def test_a_second_person_approves_and_a_reason_ends_a_hold(platform):
    hold = HoldFactory(platform=platform)
    client = enter(staff_user(platform, Role.SENIOR))

    client.post(step(hold, "approve"), SENT)
    client.post(step(hold, "extend"), SENT | {"review": "2027-01-15"})
    client.post(step(hold, "release"), SENT | {"reason": "The matter is closed."})

    hold.refresh_from_db()
    assert hold.approved_at == AT
    assert hold.release_reason == "The matter is closed."
    assert f"{hold.review_at:%Y-%m-%d}" == "2027-01-15"


@pytest.mark.django_db(transaction=True)
def test_whoever_placed_a_hold_does_not_approve_it(platform):
    user = staff_user(platform, Role.SENIOR)
    hold = HoldFactory(platform=platform, placed_by=user.pk)

    response = enter(user).post(step(hold, "approve"), SENT)

    assert response.status_code == 409
    assert "Somebody else than the person who placed a hold" in response.content.decode()
    hold.refresh_from_db()
    assert hold.approved_at is None


def test_a_report_is_asked_for_by_its_days(platform):
    user = staff_user(platform, Role.AUDITOR)
    days = {"first": "2026-10-01", "last": "2026-10-31"}

    enter(user).post(
        reverse("admin:reports_reportrun_run_report"),
        SENT | days | {"platform": str(platform.pk), "correction_note": ""},
    )

    run = ReportRun.objects.get()
    assert (run.requested_by, run.state) == (user, "WAITING")
    assert f"{run.period_from:%d %b} {run.period_to:%d %b}" == "01 Oct 01 Nov"


def test_a_report_of_another_platform_cannot_be_asked_for(platform):
    other = PlatformFactory()
    days = {"first": "2026-10-01", "last": "2026-10-31"}

    enter(staff_user(platform, Role.AUDITOR)).post(
        reverse("admin:reports_reportrun_run_report"),
        SENT | days | {"platform": str(other.pk), "correction_note": ""},
    )

    assert not ReportRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_period_that_ends_before_it_begins_is_refused(platform):
    days = {"first": "2026-10-31", "last": "2026-10-01"}

    response = enter(staff_user(platform, Role.AUDITOR)).post(
        reverse("admin:reports_reportrun_run_report"),
        SENT | days | {"platform": str(platform.pk), "correction_note": ""},
    )

    assert response.status_code == 422
    assert "Choose a period that has begun" in response.content.decode()


@pytest.mark.parametrize("role", list(Role))
def test_administrators_publish_a_finished_report(platform, role):
    run = ReportRunFactory(platform=platform)

    response = enter(staff_user(platform, role)).post(
        reverse("admin:reports_reportrun_publish_report", args=[run.pk]), SENT
    )

    run.refresh_from_db()
    allowed = role == Role.ADMINISTRATOR
    assert response.status_code == (302 if allowed else 403)
    assert run.published_at == (AT if allowed else None)
