"""Tables of roles become role events; tenures follow from those."""

from datetime import UTC, datetime, timedelta

import pytest

from groups.models import Group, RoleEvent, Tenure
from identity.models import Account
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import TenureFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def counts(upload):
    return upload.added, upload.changed, upload.unchanged, upload.refused


def held():
    rows = Tenure.objects.order_by("period", "account__external_id")
    return [
        (tenure.account.external_id, tenure.role, tenure.since, tenure.until)
        for tenure in rows.select_related("account")
    ]


def test_roles_become_tenures_by_way_of_role_events(registered, taken):
    table = (
        "group,account,role,since,until\n"
        "g-1,u-1,owner,2024-01-01,2025-01-01T12:00Z\n"
        "g-1,u-2,Owner,2024-06-01T00:00+02:00,\n"
        "g-1,u-3,manager,,\n"
    )

    assert counts(taken("ROLES", table)) == (3, 0, 0, 0)

    first, ended = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, 12, tzinfo=UTC)
    second = datetime(2024, 5, 31, 22, tzinfo=UTC)
    assert held() == [
        ("u-1", "OWNER", first, ended),
        ("u-2", "CO_OWNER", second, ended),
        ("u-2", "OWNER", ended, None),
        ("u-3", "MANAGER", AT, None),
    ]
    assert RoleEvent.objects.count() == 4
    # The one without a moment is held now, and so known.
    assert counts(taken("ROLES", table)) == (0, 0, 3, 0)
    assert RoleEvent.objects.count() == 4


def test_the_preview_says_who_answers_for_which_group_then(registered, platform, plan_of):
    group = Group.objects.get()
    TenureFactory(group=group, account=Account.objects.get(external_id="u-1"), role="MANAGER")
    known = set(RoleEvent.objects.values_list("pk"))

    plan = plan_of("ROLES", "group,account,role,since\ng-1,u-2,owner,2024-01-01\n")

    assert list(plan.consequences) == ["g-1: u-2 answers for it, so far nobody."]
    assert Tenure.objects.get().role == "MANAGER"
    assert set(RoleEvent.objects.values_list("pk")) == known


def test_a_role_that_goes_on_is_ended_by_its_until(registered, taken):
    taken("ROLES", "group,account,role,since\ng-1,u-1,manager,2024-01-01\n")

    upload = taken(
        "ROLES", "group,account,role,since,until\ng-1,u-1,manager,2024-01-01,2024-03-01\n"
    )

    assert counts(upload) == (0, 1, 0, 0)
    assert held()[0][3] == datetime(2024, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("g-9,u-1,owner,,", "There is no group g-9 here yet. Bring the groups first."),
        ("g-1,u-9,owner,,", "There is no account u-9 here yet. Bring the accounts first."),
        ("g-1,u-1,king,,", "“role” is neither owner nor manager."),
        ("g-1,u-1,owner,soon,", "“since” is no moment, such as 2025-03-31T14:00Z or 2025-03-31."),
        ("g-1,u-1,owner,0001-01-01,", "“since” lies outside the calendar."),
        ("g-1,u-1,owner,2999-01-01,", "“since” has not come yet."),
        ("g-1,u-1,owner,2024-01-01,2999-01-01", "“until” has not come yet."),
        ("g-1,u-1,owner,,2024-01-01", "“until” without “since”."),
        ("g-1,u-1,owner,2024-01-02,2024-01-01", "“until” is not after “since”."),
        ("g-1,u-2,owner,2020-01-01,2022-01-01", "It ended on 2021-01-01 00:00 UTC already"),
    ],
)
def test_a_role_that_cannot_be_is_named(registered, taken, row, problem):
    taken("ROLES", "group,account,role,since,until\ng-1,u-2,owner,2020-01-01,2021-01-01\n")

    upload = taken("ROLES", f"group,account,role,since,until\n{row}\ng-1,u-3,manager,,\n")

    assert counts(upload) == (1, 0, 0, 1)
    assert problem in upload.body


def test_what_came_before_the_kept_past_is_refused_as_changing_nothing(registered, taken):
    with fixture_rows():
        Group.objects.update(known_from=AT - 30 * DAY)

    upload = taken("ROLES", "group,account,role,since\ng-1,u-1,owner,2020-01-01\n")

    assert counts(upload) == (0, 0, 0, 1)
    assert "It would change nothing" in upload.body
    assert held() == []
