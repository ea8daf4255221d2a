import json
import threading
from base64 import b64encode
from contextlib import nullcontext

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from groups.models import Case, Evidence, Flag
from identity.models import Account
from portal.core.models import AuditEntry
from tests.factories.identity import ApiClientFactory
from tests.groups.place import make_place

pytestmark = pytest.mark.django_db
SECRET = "client-secret-of-the-tests"


def token_for(platform, scope="flags"):
    client = ApiClientFactory(platform=platform, client_secret=SECRET)
    basic = b64encode(f"{client.client_id}:{SECRET}".encode()).decode()
    answer = Client().post(
        "/api/oauth/token/",
        {"grant_type": "client_credentials", "scope": scope},
        headers={"Authorization": f"Basic {basic}"},
    )
    return answer.json()["access_token"]


@pytest.fixture
def place():
    return make_place()


@pytest.fixture
def send(place):
    token = token_for(place.platform)

    def post(token=token, key=None, without=(), **changes):
        body = {
            "id": "report-1",
            "group": "g-owls",
            "subject": place.member.external_id,
            "rule": "R-1",
            "statement": "They ask members for deposits.",
            "excerpts": ["Please transfer 50 first."],
            "reporter": place.reporter.external_id,
        } | changes
        body = {name: value for name, value in body.items() if name not in without}
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
        # Inside a test's transaction a refusal undoes its request, not the test.
        around = transaction.atomic() if connection.in_atomic_block else nullcontext()
        with around:
            return Client().post("/api/v1/flags", body, "application/json", headers=headers)

    return post


def nothing_kept():
    return (Case.objects.count(), Flag.objects.count(), Evidence.objects.count()) == (0, 0, 0)


def test_a_report_answers_201_with_reference_and_deadline(send, place):
    answer = send()

    case = Case.objects.get()
    flag = case.flags.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "flag": str(flag.pk),
            "case": {
                "reference": case.reference,
                "state": "WITH_OWNER",
                "due_at": case.due_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            },
        },
    )
    assert (flag.reporter, flag.source, flag.external_id) == (place.reporter, "NOTICE", "report-1")
    assert AuditEntry.objects.get(action="flags.send").actor_kind == "CLIENT"


def test_the_same_id_again_answers_200_and_the_same(send):
    first, again = send(), send(statement="Said differently.")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Flag.objects.count() == 1


def test_the_same_id_about_something_else_answers_409(send):
    send()

    answer = send(rule="R-2")

    assert (answer.status_code, answer.json()["code"]) == (409, "flag-id-reused")
    assert Flag.objects.count() == 1


def test_without_an_id_each_report_counts(send):
    assert [send(without=["id"]).status_code for _ in range(2)] == [201, 201]
    assert (Case.objects.count(), Flag.objects.count()) == (1, 2)


def test_an_idempotency_key_repeats_the_answer_byte_for_byte(send):
    answers = [send(key="k-1", without=["id"]) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Flag.objects.count() == 1
    assert send(key="k-1", statement="Other").status_code == 422


def test_a_report_about_the_group_has_no_subject(send):
    answer = send(subject=None, rule="R-6", source="PLATFORM", without=["reporter", "excerpts"])

    assert answer.status_code == 201
    case = Case.objects.get()
    assert (case.subject, case.flags.get().reporter) == (None, None)


def test_accounts_that_no_event_told_of_are_created(send, place):
    answer = send(subject="p-new", reporter="p-other")

    assert answer.status_code == 201
    case = Case.objects.get()
    assert (case.subject.external_id, case.flags.get().reporter.external_id) == ("p-new", "p-other")
    assert case.subject.platform == place.platform


@pytest.mark.parametrize(
    ("changes", "pointer", "said"),
    [
        ({"group": "g-nowhere"}, "#/group", "no group with this id"),
        ({"rule": "R-99"}, "#/rule", "R-1, R-2, R-3"),
        ({"group": ""}, "#/group", "blank"),
        ({"group": None}, "#/group", "null"),
        ({"statement": " "}, "#/statement", "blank"),
        ({"statement": "x" * 4001}, "#/statement", "4000"),
        ({"excerpts": ["x"] * 6}, "#/excerpts", "5"),
        ({"excerpts": ["x", "y" * 4001]}, "#/excerpts/1", "4000"),
        ({"excerpts": [""]}, "#/excerpts/0", "blank"),
        ({"source": "RUMOUR"}, "#/source", "not a valid choice"),
        ({"subject": "x" * 201}, "#/subject", "200"),
        ({"subject": ["p-1"]}, "#/subject", "Not a valid string"),
    ],
)
def test_each_problem_names_its_field_and_nothing_is_kept(send, changes, pointer, said):
    accounts = Account.objects.count()

    answer = send(**changes)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "validation-failed")
    assert answer["Content-Type"] == "application/problem+json"
    (error,) = problem["errors"]
    assert error["pointer"] == pointer
    assert said in error["detail"]
    assert nothing_kept()
    assert Account.objects.count() == accounts


@pytest.mark.parametrize("text", ["nul\0", "half \ud800"])
def test_what_cannot_be_stored_is_refused_whole(send, text):
    for field in ("id", "group", "subject", "statement", "reporter"):
        assert send(**{field: text}).status_code == 400
    assert nothing_kept()


def test_several_problems_are_named_at_once(send):
    answer = send(group="g-nowhere", rule="R-99")

    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/group", "#/rule"]


def test_a_group_of_another_platform_answers_like_a_missing_one(send, place):
    elsewhere = make_place()
    elsewhere.group.external_id = "g-elsewhere"
    elsewhere.group.save()

    def answered(group):
        body = send(group=group).json()
        return body | {"request_id": ""}

    assert answered("g-elsewhere") == answered("g-nowhere")
    assert nothing_kept()


def test_reports_of_two_platforms_under_one_id_are_two(send):
    elsewhere = make_place()
    send()

    answer = send(
        token=token_for(elsewhere.platform),
        subject=elsewhere.member.external_id,
        reporter=None,
    )

    assert answer.status_code == 201
    assert {case.platform_id for case in Case.objects.all()} >= {elsewhere.platform.pk}


@pytest.mark.parametrize("scope", ["events", "access", "groups"])
def test_another_scope_is_not_enough(send, place, scope):
    answer = send(token=token_for(place.platform, scope))

    assert answer.status_code == 403
    assert nothing_kept()


def test_without_a_token_nothing_happens(send):
    assert send(token="none").status_code == 401
    assert nothing_kept()


def test_the_answer_and_the_problems_do_not_repeat_what_was_reported(send):
    said = [send(statement="canary"), send(id="x", statement="canary", rule="R-99")]

    assert b"canary" not in b"".join(answer.content for answer in said)


def test_the_document_describes_it_with_examples():
    schema = json.loads(Client().get("/api/schema/?format=json").content)

    operation = schema["paths"]["/api/v1/flags"]["post"]
    assert operation["operationId"] == "send_flag"
    assert {"200", "201", "409", "422"} <= operation["responses"].keys()
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    assert len(examples) == 2


@pytest.mark.django_db(transaction=True)
def test_fifty_repeats_at_once_leave_one_report(send):
    statuses, barrier = [], threading.Barrier(50)

    def post():
        barrier.wait()
        statuses.append(send(key="k-1").status_code)
        connections.close_all()

    threads = [threading.Thread(target=post) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert (Flag.objects.count(), Case.objects.count()) == (1, 1)
