"""Who gets in, and that only pages which keep to platforms are served."""

import pytest
from django.contrib import admin
from django.urls import reverse

from identity.actions import staff
from identity.models import PlatformUserObjectPermission, StaffAssignment
from portal.core.actors import Actor
from portal.core.admin.base import RecordAdmin
from tests.admin.entering import enter
from tests.factories.base import fixture_rows
from tests.factories.identity import UserFactory, staff_user

HOME = reverse("admin:index")


def test_staff_with_an_assignment_and_a_second_factor_get_in(platform):
    assert enter(staff_user(platform)).get(HOME).status_code == 200


def test_staff_without_an_assignment_are_told_so(platform):
    response = enter(UserFactory(is_staff=True)).get(HOME)

    assert response.status_code == 403
    assert "You are not assigned to a platform" in response.content.decode()


def test_an_ended_assignment_closes_the_admin_at_the_next_request(platform, at):
    user = staff_user(platform)
    client = enter(user)
    by = Actor.user(staff_user(platform, "ADMINISTRATOR"))

    staff.end(assignment=StaffAssignment.objects.get(user=user), by=by, at=at)

    assert client.get(HOME).status_code == 403


def test_people_who_are_no_staff_are_turned_away(platform):
    assert enter(UserFactory()).get(HOME).status_code == 403


def test_staff_who_did_not_prove_a_second_factor_are_sent_to_it(platform, client):
    client.force_login(staff_user(platform), backend="django.contrib.auth.backends.ModelBackend")

    response = client.get(HOME)

    assert response.status_code == 302
    assert response.url.startswith(reverse("mfa_index"))


def test_a_superuser_sees_nothing_that_their_roles_do_not_bring(platform):
    user = UserFactory(is_staff=True, is_superuser=True)

    assert enter(user).get(HOME).status_code == 403
    assert not PlatformUserObjectPermission.objects.filter(user=user).exists()


def test_disabling_somebody_closes_the_admin_at_the_next_request(platform):
    user = staff_user(platform)
    client = enter(user)
    with fixture_rows():
        user.is_active = False
        user.save(update_fields=["is_active"])

    response = client.get(HOME)

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("model_admin", admin.site._registry.values(), ids=str)
def test_every_served_page_keeps_to_platforms_and_changes_nothing(model_admin):
    assert isinstance(model_admin, RecordAdmin)
    assert not model_admin.has_add_permission(None)
    assert not model_admin.has_change_permission(None)
    assert not model_admin.has_delete_permission(None)
    served = {url.name.rsplit("_", 1)[-1] for url in model_admin.get_urls() if url.name}
    assert not served & {"add", "delete", "history"}
