"""`POST /access/v1/evaluations`: many questions, each answered as by itself."""

import pytest
import time_machine

from tests import partners
from tests.credit import findings
from tests.factories.base import AT
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory

pytestmark = pytest.mark.django_db
ONE, MANY = "/access/v1/evaluation", "/access/v1/evaluations"


@pytest.fixture(autouse=True)
def noon(db):
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def send(client, platform):
    findings.active_policy(platform)
    headers = partners.bearer(platform, "access")

    def send(body, url=MANY, **more):
        return client.post(url, body, content_type="application/json", headers=headers | more)

    return send


def question(account, group="g-1", action="own_group"):
    return {
        "subject": {"type": "account", "id": account},
        "action": {"name": action},
        "resource": {"type": "group", "id": group},
    }


@pytest.fixture
def suspended(platform, send):
    account = AccountFactory(platform=platform, external_id="p-suspended")
    findings.penalty(account, severity="CRITICAL")
    return account.external_id


def decisions(answer):
    assert answer.status_code == 200
    return [one["decision"] for one in answer.json()["evaluations"]]


def test_each_is_answered_as_by_itself_and_in_order(send, suspended):
    asked = [question("p-new"), question(suspended), question("p-new", action="manage_group")]

    answer = send({"evaluations": asked})

    assert answer.json()["evaluations"] == [send(one, url=ONE).json() for one in asked]
    assert decisions(answer) == [True, False, True]


def test_what_a_question_leaves_out_stands_at_the_top(send, platform):
    GroupFactory(platform=platform, external_id="g-open")
    GroupFactory(
        platform=platform, external_id="g-closed", state="CLOSED", closed_at=AT, archived_at=AT
    )
    shared = question("p-new")
    shared.pop("resource")

    answer = send(
        shared
        | {
            "evaluations": [
                {"resource": {"type": "group", "id": "g-open"}},
                {"resource": {"type": "group", "id": "g-closed"}},
            ]
        }
    )

    assert decisions(answer) == [True, False]


@pytest.mark.parametrize(
    ("semantic", "expected"),
    [
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
def test_the_answers_may_end_with_the_first_no_or_yes(send, suspended, semantic, expected):
    answer = send(
        {
            "evaluations": [question("p-new"), question(suspended), question("p-new")],
            "options": {"evaluations_semantic": semantic},
        }
    )

    assert decisions(answer) == expected


def test_a_question_that_cannot_be_answered_is_a_no_that_says_why_and_stops_no_other(send):
    answer = send({"evaluations": [question("p-new"), {"subject": 7}, question("p-new")]})

    assert decisions(answer) == [True, False, True]
    error = answer.json()["evaluations"][1]["context"]["error"]
    assert (error["status"], error["code"]) == (400, "malformed-evaluation")
    assert error["errors"]
    assert answer["Cache-Control"] == "private, max-age=0"


def test_without_evaluations_it_is_one_question(send):
    for body in (question("p-new"), question("p-new") | {"evaluations": []}):
        assert send(body).json() == send(question("p-new"), url=ONE).json()
    assert send({"subject": 7}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"evaluations": 7},
        {"evaluations": [7]},
        {"evaluations": [question("p-new")] * 101},
        {"evaluations": [question("p")], "options": {"evaluations_semantic": "first"}},
    ],
)
def test_a_request_that_is_none_is_refused_whole(send, body):
    answer = send(body)

    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed-evaluation"


def test_the_request_id_comes_back_and_the_answer_may_be_kept(send):
    answer = send({"evaluations": [question("p-new")]}, **{"x-request-id": "r-1"})

    assert (answer["X-Request-ID"], answer["Cache-Control"]) == ("r-1", "private, max-age=60")
