import html
import json

import pytest
from django.db import OperationalError
from django.test import Client

from portal.core import error_catalogue, errors, problems

pytestmark = [pytest.mark.urls("tests.core.api"), pytest.mark.django_db]

CLIENT = {"X-Client": "0192e7a0-0000-7000-8000-000000000001"}


@pytest.fixture
def lenient():
    """A client that sees the answer to an unforeseen error instead of the error."""
    return Client(raise_request_exception=False)


def get(client, path, **headers):
    response = client.get(path, headers=CLIENT | headers)
    assert response["Content-Type"] == "application/problem+json"
    return response, response.json()


def test_an_expected_error_is_a_problem_with_its_sentence_and_params(client, settings):
    settings.PUBLIC_URL = "https://accord.example"

    response, problem = get(client, "/api/v1/fails/conflict")

    assert response.status_code == 409
    request_id = problem.pop("request_id")
    assert len(request_id) == 36
    assert response["X-Request-ID"] == request_id
    assert problem == {
        "type": "https://accord.example/problems/conflict/",
        "title": "The record has changed or does not allow this now",
        "status": 409,
        "detail": "C-1 was decided meanwhile.",
        "code": "conflict",
        "state": "DECIDED",
        "at": "2026-11-02T12:00:00Z",
    }


def test_params_never_replace_what_every_problem_says():
    problem = problems.document(errors.Conflict("Sentence.", status=1, detail="x"))

    assert (problem["status"], problem["detail"]) == (409, "Sentence.")


def test_each_field_is_named_by_json_pointer(client):
    body = {"platform": "x", "subject": "", "tags": [{"a/b~c": 1}, {"a/b~c": "no"}]}
    response = client.post("/api/v1/events", body, "application/json", headers=CLIENT)

    assert response.status_code == 422
    problem = response.json()
    assert problem["code"] == "validation-failed"
    assert problem["detail"] == (
        "3 fields are not valid. Correct what `errors` names and send it again."
    )
    assert [error["pointer"] for error in problem["errors"]] == [
        "#/platform",
        "#/subject",
        "#/tags/1/a~1b~0c",
    ]


def test_a_body_that_is_no_object_points_at_the_whole(client):
    response = client.post("/api/v1/events", [1], "application/json", headers=CLIENT)

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "#"


def test_a_validation_error_of_a_read_names_the_parameter(client):
    response, problem = get(client, "/api/v1/fails/validation")

    assert response.status_code == 422
    assert problem["errors"] == [{"parameter": "name", "detail": "Too long."}]


UNREADABLE = {
    "cut off": b"{",
    "not UTF-8": b"\xff",
    "lone surrogate": b'{"subject": "\\ud800"}',
    "NUL": b'{"subject": "a\\u0000"}',
    "duplicate member": b'{"a": 1, "a": 2}',
    "NaN": b'{"a": NaN}',
    "depth 100,000": b"[" * 100_000,
    "depth 21": b"[" * 21 + b"]" * 21,
    "5,000 digits": b'{"a": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_cannot_be_read_one_way_only_is_refused(client, body):
    response = client.post("/api/v1/events", body, "application/json", headers=CLIENT)

    assert response.status_code == 400
    assert response.json()["code"] == "malformed-request"


def test_twenty_levels_can_be_read(client):
    body = b"[" * 20 + b"]" * 20
    response = client.post("/api/v1/events", body, "application/json", headers=CLIENT)

    assert response.status_code == 422


def test_a_body_over_the_limit_is_413(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    headers = CLIENT | {"Idempotency-Key": "a"}
    response = client.post("/api/v1/events", {"a": "b" * 20}, "application/json", headers=headers)

    assert response.status_code == 413
    assert response.json()["code"] == "too-large"


def test_no_token_and_a_bad_token_are_401_and_say_how_to_sign_in(client):
    for headers in ({}, {"X-Client": "nobody"}):
        response = client.get("/api/v1/events", headers=headers)

        assert response.status_code == 401
        assert response["WWW-Authenticate"] == 'Bearer realm="accord"'
        assert response.json()["code"] == "not-authenticated"


def test_other_refusals_of_the_framework_are_problems_too(client):
    wrong = client.put("/api/v1/events", headers=CLIENT)
    xml = client.post("/api/v1/events", "<a/>", "text/xml", headers=CLIENT)
    picky = client.get("/api/v1/events", headers=CLIENT | {"Accept": "image/png"})

    assert [wrong.status_code, xml.status_code, picky.status_code] == [405, 415, 406]
    assert wrong["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert {r["Content-Type"] for r in (wrong, xml, picky)} == {"application/problem+json"}


def test_a_missing_record_and_a_missing_address_answer_alike(client):
    _, record = get(client, "/api/v1/fails/missing")
    _, address = get(client, "/api/v1/nothing-here")

    assert (record["status"], record["code"]) == (404, "not-found")
    assert (address["status"], address["code"]) == (404, "not-found")


def test_a_database_that_is_away_is_503_with_retry_after(client):
    response, problem = get(client, "/api/v1/fails/database")

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "10.0.0.7" not in response.content.decode()
    assert problem["code"] == "unavailable"


def test_an_error_may_name_its_own_delay(client):
    response, _ = get(client, "/api/v1/fails/slow")

    assert response["Retry-After"] == "7"


def test_an_unforeseen_error_has_a_request_id_and_no_internals(lenient):
    response, problem = get(lenient, "/api/v1/fails/bug")

    assert response.status_code == 500
    assert problem["code"] == "internal-error"
    assert len(problem["request_id"]) == 36
    assert "4711" not in response.content.decode()
    assert "RuntimeError" not in response.content.decode()


def test_no_text_can_break_the_encoding_of_a_problem():
    response = problems.as_response(errors.Invalid("lone \ud800 surrogate"))

    assert json.loads(response.content)["detail"] == "lone \ud800 surrogate"


def test_a_page_answers_with_the_same_sentence_and_status(client):
    response = client.get("/pages/conflict/")

    assert response.status_code == 409
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert "C-1 was decided meanwhile." in response.content.decode()
    assert "/problems/conflict/" in response.content.decode()


def test_htmx_gets_one_line_for_the_place_of_problems(client):
    response = client.get("/pages/conflict/", headers={"HX-Request": "true"})

    assert response.status_code == 409
    assert response["HX-Retarget"] == "#problem"
    assert response.content.decode().strip().startswith('<div role="alert"')
    assert "C-1 was decided meanwhile." in response.content.decode()


def test_a_page_without_database_is_503_and_needs_none(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/pages/database/")

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "10.0.0.7" not in response.content.decode()


def test_a_page_that_fails_says_the_request_id_and_nothing_else(lenient):
    response = lenient.get("/pages/bug/")

    assert response.status_code == 500
    assert response["X-Request-ID"] in response.content.decode()
    assert "4711" not in response.content.decode()


def test_a_database_that_is_away_outside_of_the_views_is_503_too(lenient, monkeypatch):
    def fail(*args):
        raise OperationalError("gone")

    monkeypatch.setattr(
        "django.contrib.messages.middleware.MessageMiddleware.process_request", fail
    )

    assert lenient.get("/pages/conflict/").status_code == 503
    assert lenient.get("/api/v1/events").status_code == 503


def test_a_missing_page_is_404_in_the_shell_of_the_pages(client):
    response = client.get("/pages/missing/")

    assert response.status_code == 404
    assert "There is nothing at this address" in response.content.decode()
    assert "<main" in response.content.decode()


def test_a_form_from_elsewhere_is_refused_with_what_to_do(settings):
    client = Client(enforce_csrf_checks=True)
    response = client.post("/accounts/login/", {"login": "a", "password": "b"})

    assert response.status_code == 403
    assert "Go back, reload the page and send it again." in response.content.decode()


def test_every_error_code_has_a_page_that_says_what_to_do(client):
    kinds = error_catalogue.kinds()
    assert {"conflict", "throttled", "stale-form", "idempotency-key-reused"} <= set(kinds)

    for code, kind in kinds.items():
        page = client.get(f"/problems/{code}/")
        assert page.status_code == 200
        text = html.unescape(page.content.decode())
        assert kind.title in text
        assert kind.advice in text

    index = client.get("/problems/").content.decode()
    assert all(f"/problems/{code}/" in index for code in kinds)


def test_an_unknown_problem_has_no_page(client):
    assert client.get("/problems/no-such-thing/").status_code == 404
