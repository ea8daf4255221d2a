"""`GET /api/v1/groups/{id}/responsible`: who answered for a group, and when."""

from datetime import timedelta

import pytest
import time_machine

from portal.core.ids import uuid7
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory, TenureFactory
from tests.factories.identity import AccountFactory, VerificationFactory
from tests.partners import bearer


@pytest.fixture(autouse=True)
def now(at):
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def group(platform):
    return GroupFactory(platform=platform, external_id="g-42")


@pytest.fixture
def get(client, platform):
    headers = bearer(platform, "groups")

    def ask(path, **query):
        return client.get(f"/api/v1/{path}", query, headers=headers)

    return ask


def hold(group, name, role="OWNER", since=100, until=None):
    account = AccountFactory(platform=group.platform, external_id=name, display_name="Ada Legal")
    TenureFactory(
        group=group,
        account=account,
        role=role,
        since=AT - timedelta(days=since),
        until=AT - timedelta(days=until) if until is not None else None,
    )
    return account


def test_the_owner_comes_first_then_the_others_by_seniority(get, group):
    hold(group, "p-3", "MANAGER", since=300)
    hold(group, "p-2", "CO_OWNER", since=50)
    hold(group, "p-1", "OWNER", since=40)
    hold(group, "p-0", "OWNER", since=90, until=40)

    answer = get(f"groups/{group.pk}/responsible").json()

    assert answer == {
        "group": {
            "id": str(group.pk),
            "external_id": "g-42",
            "state": "ACTIVE",
            "size": 120,
        },
        "at": "2026-11-02T12:00:00Z",
        "responsible": [
            {
                "account": name,
                "role": role,
                "since": (AT - timedelta(days=since)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "until": None,
                "verified": None,
            }
            for name, role, since in [
                ("p-1", "OWNER", 40),
                ("p-2", "CO_OWNER", 50),
                ("p-3", "MANAGER", 300),
            ]
        ],
    }


def test_an_earlier_instant_answers_as_it_was(get, group):
    hold(group, "p-1", since=40)
    hold(group, "p-0", since=90, until=40)

    before = get(f"groups/{group.pk}/responsible", at="2026-09-01T12:00:00+02:00").json()
    at_the_change = get(f"groups/{group.pk}/responsible", at="2026-09-23T12:00:00Z").json()

    assert before["at"] == "2026-09-01T10:00:00Z"
    assert [found["account"] for found in before["responsible"]] == ["p-0"]
    assert before["responsible"][0]["until"] == "2026-09-23T12:00:00Z"
    assert [found["account"] for found in at_the_change["responsible"]] == ["p-1"]


def test_the_highest_level_attested_at_that_time_is_told(get, group):
    account = hold(group, "p-1")
    VerificationFactory(account=account, level="SUBSTANTIAL")
    VerificationFactory(account=account, level="HIGH", verified_at=AT - timedelta(days=5))

    now = get(f"groups/{group.pk}/responsible").json()
    earlier = get(f"groups/{group.pk}/responsible", at="2026-10-20T00:00:00Z").json()

    assert now["responsible"][0]["verified"] == "HIGH"
    assert earlier["responsible"][0]["verified"] == "SUBSTANTIAL"


def test_no_name_is_told(get, group):
    hold(group, "p-1")

    assert "Ada Legal" not in get(f"groups/{group.pk}/responsible").content.decode()


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-11-02",
        "2026-11-02T12:00:00",
        "2026-13-02T12:00:00Z",
        "",
        "\0",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_a_bad_instant_is_a_problem_that_names_the_parameter(get, group, text):
    answer = get(f"groups/{group.pk}/responsible", at=text)

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["parameter"] == "at"


def test_a_group_of_another_platform_answers_like_a_missing_one(get):
    foreign = GroupFactory(platform=PlatformFactory(), external_id="g-foreign")

    answers = [
        get(f"groups/{foreign.pk}/responsible"),
        get(f"groups/{uuid7()}/responsible"),
        get("groups", external_id="g-foreign"),
        get("groups", external_id="g-missing"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    told = [answer.json() | {"request_id": ""} for answer in answers]
    assert told == [told[0]] * 4


def test_a_group_is_found_by_the_platforms_own_id(get, group):
    assert get("groups", external_id="g-42").json()["id"] == str(group.pk)


@pytest.mark.parametrize("query", [{}, {"external_id": ""}, {"external_id": "x" * 201}])
def test_a_search_without_a_usable_id_is_a_problem(get, query):
    answer = get("groups", **query)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "external_id"


def test_the_scope_is_needed(client, platform, group):
    path = f"/api/v1/groups/{group.pk}/responsible"

    assert client.get(path, headers=bearer(platform, "events")).status_code == 403
    assert client.get(path).status_code == 401


def test_ten_responsible_people_cost_as_many_queries_as_one(get, group, django_assert_num_queries):
    hold(group, "p-1")
    # Of the token, of the group and of who holds it.
    with django_assert_num_queries(3):
        get(f"groups/{group.pk}/responsible")

    for n in range(9):
        hold(group, f"q-{n}", "MANAGER")
    with django_assert_num_queries(3):
        get(f"groups/{group.pk}/responsible")
