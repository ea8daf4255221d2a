import json
import logging
import time

import pytest
import structlog
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory

from portal.core import audit, errors, logs
from portal.core.actors import Actor
from portal.core.models import AuditEntry, Platform
from tests import production_logs
from tests.factories.base import AT
from tests.factories.core import PlatformFactory

CANARIES = {
    "ip": "203.0.113.77",
    "agent": "CanaryBrowser/9",
    "query": "canary-query",
    "body": "canary-body",
    "mail": "canary@example.org",
    "row": "canary-row",
    "path6": "2001:db8::77",
}


@pytest.fixture
def lines():
    with production_logs.caught() as stream:
        yield stream


def written(stream):
    text = stream.getvalue()
    for name, canary in CANARIES.items():
        assert canary not in text, f"{name} is in the logs"
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.urls("tests.core.api")
@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/pages/bug/", "/pages/conflict/", "/api/v1/fails/bug", "/no/"])
def test_requests_leave_a_request_id_and_nobody_s_data(lines, path):
    client = Client(
        raise_request_exception=False,
        REMOTE_ADDR=CANARIES["ip"],
        HTTP_USER_AGENT=CANARIES["agent"],
        HTTP_X_FORWARDED_FOR=CANARIES["path6"],
        HTTP_REFERER=f"https://x.example/?{CANARIES['query']}",
        HTTP_X_REQUEST_ID=CANARIES["query"],
    )

    body = {"text": CANARIES["body"], "mail": CANARIES["mail"]}
    response = client.post(
        f"{path}?q={CANARIES['query']}&mail={CANARIES['mail']}", body, "application/json"
    )

    found = written(lines)
    assert found
    ids = {line["request_id"] for line in found if "request" in line}
    assert len(ids) == 1
    assert response.get("X-Request-ID") in ids
    assert {line["request"] for line in found if "request" in line} == {f"POST {path}"}


@pytest.mark.django_db
def test_a_failed_sign_in_does_not_say_whose_or_from_where(lines):
    request = RequestFactory().post(
        "/accounts/login/", REMOTE_ADDR=CANARIES["ip"], HTTP_USER_AGENT=CANARIES["agent"]
    )

    for _ in range(6):
        authenticate(request, username=CANARIES["mail"], password=CANARIES["body"])

    written(lines)


@pytest.mark.django_db
def test_a_broken_constraint_is_named_without_its_row(lines):
    PlatformFactory(slug=CANARIES["row"])
    log = structlog.get_logger("tests")

    try:
        with transaction.atomic():
            Platform.objects.create(slug=CANARIES["row"], name="x", created_at=AT)
    except IntegrityError:
        log.exception("failed")

    [line] = [line for line in written(lines) if line["event"] == "failed"]
    assert "23505 core_platform_slug_" in line["traceback"][0]
    assert "test_logs.py" in line["traceback"][0]


def test_messages_of_unknown_errors_are_withheld_and_ours_are_kept(lines):
    log = logging.getLogger("some.library")
    for error in (ValueError(CANARIES["body"]), errors.Conflict("C-1 was decided.")):
        try:
            raise error
        except (ValueError, errors.Conflict):
            log.exception("failed for %s", CANARIES["mail"])

    first, second = written(lines)
    assert first["traceback"][0].startswith("ValueError: <withheld> [")
    assert second["traceback"][0].startswith("Conflict: C-1 was decided. [")
    assert first["event"] == "failed for <mail>"


@pytest.mark.urls("tests.core.api")
@pytest.mark.parametrize("path", ["/pages/database/", "/api/v1/fails/database"])
def test_a_database_that_is_away_is_logged_once_with_its_cause(lines, db, path):
    Client().get(path, headers={"X-Client": "0192e7a0-0000-7000-8000-000000000001"})

    [line] = [line for line in written(lines) if line["event"] == "database_unavailable"]
    assert line["level"] == "error"
    assert line["request_id"]
    assert "OperationalError: connection to <address> refused [" in line["traceback"][0]


@pytest.mark.parametrize("key", sorted(logs.DROPPED))
def test_keys_that_carry_personal_data_are_dropped_wherever_they_are(lines, key):
    log = structlog.get_logger("tests")
    canary = CANARIES["body"]

    log.info("event", **{key: canary}) if key != "name" else log.info("event", name=canary)
    log.info("nested", inner={key: canary, "kept": 1}, many=[{key: canary}])

    found = {line["event"]: line for line in written(lines)}
    assert key not in found["event"]
    assert found["nested"]["inner"] == {"kept": 1}
    assert found["nested"]["many"] == [{}]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("from 203.0.113.77:443", "from <address>:443"),
        ("from 2001:db8::77", "from <address>"),
        ("to canary@example.org.", "to <mail>."),
        ("by 203.0.113.77.", "by <address>."),
        ("GET /a/b?token=1 done", "GET /a/b done"),
        ("at 12:30:45 in 1.2.3", "at 12:30:45 in 1.2.3"),
        ("really? yes", "really? yes"),
    ],
)
def test_addresses_and_query_strings_are_masked_in_texts(lines, text, masked):
    structlog.get_logger("tests").info(text)

    assert written(lines)[0]["event"] == masked


@pytest.mark.parametrize("letter", "a:1@.")
def test_a_long_text_is_cut_and_costs_little(lines, letter):
    started = time.process_time()
    structlog.get_logger("tests").info("GET /" + 60_000 * letter + "/canary@example.org")

    # Seconds of this process, not of the clock: it took eleven before texts were cut.
    assert time.process_time() - started < 1
    assert written(lines)[0]["event"] == "GET …"


def test_a_cut_leaves_no_part_of_an_address(lines):
    structlog.get_logger("tests").info("x " * 994 + "canary@example.org " * 9)

    assert written(lines)[0]["event"].rstrip("…").split()[-1] == "x"


def test_a_task_carries_the_request_id_of_whoever_woke_it(lines):
    from django_structlog.celery.receivers import CeleryReceiver

    headers = {"id": "t", "task": "x"}
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        CeleryReceiver().receiver_before_task_publish(headers=headers, body={})

    assert headers["__django_structlog__"] == {"request_id": "r-1", "parent_task_id": None} or (
        headers["__django_structlog__"]["request_id"] == "r-1"
    )


@pytest.mark.django_db
def test_an_audit_entry_names_the_request_that_caused_it(platform):
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        audit.record(action="tests.note", record=platform, by=Actor.system("tests"), at=AT)

    entry = AuditEntry.objects.get()
    assert entry.request_id == "r-1"
    assert (entry.record_type, entry.record_id) == ("core.Platform", str(platform.pk))
