"""Lists cost as many queries for ten rows as for one, and are paged."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories.groups import CaseFactory, GroupFactory, NoticeFactory, TenureFactory
from tests.groups.views import reading


def cost(client, url):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def add(place, number):
    for _ in range(number):
        place.report(code="R-1", subject=place.person())
        CaseFactory(
            platform=place.platform,
            group=place.group,
            state="DECIDED",
            decided_at=place.group.first_seen_at,
            owner_at_opening=place.owner,
        )
        TenureFactory(group=GroupFactory(platform=place.platform), account=place.owner)
        TenureFactory(group=place.group, account=place.person(), role="MANAGER")
        NoticeFactory(platform=place.platform, recipient=place.owner)


@pytest.mark.parametrize(
    "name", ["home", "list", "cases", "notices", "report", "group_cases", "people", "people_csv"]
)
def test_a_list_costs_the_same_for_one_row_and_for_ten(as_user, place, name):
    needs_group = name.startswith(("group_", "people"))
    url = reverse(f"groups:{name}", args=[place.group.pk] if needs_group else [])
    client = as_user(place.owner)
    add(place, 1)
    client.get(url)
    one = cost(client, url)

    add(place, 9)

    assert cost(client, url) == one


def test_notices_and_past_cases_come_in_pages(as_user, place):
    add(place, 26)
    client = as_user(place.owner)

    first = client.get(reverse("groups:notices"))
    assert len(first.context["notices"]) == 25
    second = client.get(reverse("groups:notices") + first.context["older_url"])
    shown = {notice.pk for notice in first.context["notices"]}
    assert not shown & {notice.pk for notice in second.context["notices"]}
    assert len(second.context["notices"]) == 25
    third = client.get(reverse("groups:notices") + second.context["older_url"])
    assert len(third.context["notices"]) == 2

    cases = client.get(reverse("groups:cases"))
    assert len(cases.context["past"]) == 25
    older = client.get(reverse("groups:cases") + cases.context["older_url"])
    assert len(older.context["past"]) == 1
    assert "Newer" in reading.words(older)


def test_my_groups_come_in_pages_by_name(as_user, place):
    for number in range(30):
        group = GroupFactory(platform=place.platform, name=f"Group {number % 3}")
        TenureFactory(group=group, account=place.owner)
    client, address = as_user(place.owner), reverse("groups:list")

    first = client.get(address)
    second = client.get(address + first.context["next_url"])

    assert (len(first.context["rows"]), len(second.context["rows"])) == (25, 6)
    shown = [role for page in (first, second) for role, _, _ in page.context["rows"]]
    assert len({role.pk for role in shown}) == 31
    assert [role.group.name for role in shown] == sorted(role.group.name for role in shown)
    assert second.context["next_url"] == ""
    assert "Back to the first" in reading.words(second)
    foreign = TenureFactory().pk
    for mark in (foreign, "x", "\0"):
        assert client.get(address, {"after": mark}).context["rows"] == first.context["rows"]


@pytest.mark.parametrize("mark", ["x", "-1", "9" * 40, "%00", "٣"])
def test_a_forged_place_in_a_list_shows_its_beginning(as_user, place, mark):
    client = as_user(place.owner)
    place.open_case()

    assert client.get(reverse("groups:cases"), {"before": mark}).status_code == 200
    assert client.get(reverse("groups:notices"), {"before": mark}).status_code == 200
