"""The constraints and triggers of core's tables, each broken once and refused by its name."""

from datetime import timedelta

import pytest
from django.db import connection

from portal.core.ids import uuid7
from portal.core.models import (
    AuditEntry,
    Hold,
    IdempotencyRecord,
    PurgeCertificate,
    PurgeRun,
    WebhookDelivery,
)
from tests.credit.breaking import Breaks
from tests.factories.base import AT, fixture_rows
from tests.factories.core import (
    HoldFactory,
    OutboxEventFactory,
    PlatformFactory,
    WebhookEndpointFactory,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
RELEASED = {"released_by": uuid7(), "released_at": AT, "release_reason": "The court is done."}
RUN_STATES = ("WAITING", "RUNNING", "DONE", "FAILED")
UNDER_WAY = ("WAITING", "RUNNING")
RUN_STEPS = {("WAITING", "RUNNING"), ("RUNNING", "DONE"), ("RUNNING", "FAILED")}


def change(row, **fields):
    with fixture_rows():
        assert type(row).objects.filter(pk=row.pk).update(**fields) == 1


def make(model, **fields):
    with fixture_rows():
        return model.objects.create(**fields)


def purge_run(state="DONE", **fields):
    values = {
        "is_dry": False,
        "state": state,
        "as_of": AT,
        "started_at": None if state == "WAITING" else AT,
        "finished_at": None if state in UNDER_WAY else AT,
        "run_by": "tests",
    }
    return make(PurgeRun, **(values | fields))


def delivery(**fields):
    endpoint = WebhookEndpointFactory()
    values = {
        "event": OutboxEventFactory(platform=endpoint.platform),
        "endpoint": endpoint,
        "next_attempt_at": AT,
    }
    return make(WebhookDelivery, **(values | fields))


def answer(**fields):
    values = {
        "client_id": uuid7(),
        "key": "key-1",
        "method": "POST",
        "path": "/api/v1/flags/",
        "request_sha256": bytes(32),
        "status": 201,
        "body": b"{}",
        "created_at": AT,
        "expires_at": AT + DAY,
    }
    return make(IdempotencyRecord, **(values | fields))


@pytest.mark.parametrize("fields", [{"approved_by": uuid7()}, {"approved_at": AT}])
def test_hold_is_approved_by_whom_and_when(fields):
    with Breaks("hold_is_approved_by_whom_and_when"):
        HoldFactory(**fields)


@pytest.mark.parametrize("left_out", [*({name: None} for name in RELEASED), {"release_reason": ""}])
def test_hold_ends_only_with_who_and_why(left_out):
    hold = HoldFactory()
    with Breaks("hold_ends_only_with_who_and_why"):
        change(hold, **(RELEASED | left_out))


@pytest.mark.parametrize("after", [timedelta(0), -DAY, 90 * DAY + MOMENT])
def test_hold_is_reviewed_within_ninety_days(after):
    HoldFactory(review_at=AT + MOMENT)
    HoldFactory(review_at=AT + 90 * DAY)

    with Breaks("hold_is_reviewed_within_ninety_days"):
        HoldFactory(review_at=AT + after)


@pytest.mark.parametrize("left_out", ["matter", "reason"])
def test_hold_states_its_matter_and_reason(left_out):
    with Breaks("hold_states_its_matter_and_reason"):
        HoldFactory(**{left_out: ""})


@pytest.mark.parametrize(
    "fields",
    [
        {"scope": "GROUP"},
        {"scope_id": uuid7()},
        {"matter": "Another matter"},
        {"reason": "Another reason."},
        {"placed_by": uuid7()},
        {"placed_at": AT - DAY},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_hold_keeps_its_scope(fields):
    hold = HoldFactory()
    with Breaks("hold_keeps_its_scope"):
        change(hold, **fields)


def test_hold_keeps_its_platform():
    hold, other = HoldFactory(), PlatformFactory()
    with Breaks("hold_keeps_its_scope"):
        change(hold, platform=other)


@pytest.mark.parametrize(
    "fields",
    [
        dict.fromkeys(RELEASED),
        {"released_by": uuid7()},
        {"released_at": AT + DAY},
        {"release_reason": "Another reason."},
    ],
    ids=["reopened", "by", "at", "reason"],
)
def test_released_hold_stays_released(fields):
    hold = HoldFactory()
    change(hold, **RELEASED)

    with Breaks("released_hold_stays_released"):
        change(hold, **fields)


def test_idempotency_key_is_used_once_by_a_client():
    first = answer()
    answer()
    answer(client_id=first.client_id, key="key-2")

    with Breaks("idempotency_key_is_used_once_by_a_client"):
        answer(client_id=first.client_id, path="/api/v1/groups/")


@pytest.mark.parametrize(
    ("state", "finished_at"), [("RUNNING", AT), ("DONE", None), ("FAILED", None)]
)
def test_purge_run_ends_when_it_finishes(state, finished_at):
    with Breaks("purge_run_ends_when_it_finishes"):
        purge_run(state, finished_at=finished_at)


@pytest.mark.parametrize(
    ("before", "after"), [(a, b) for a in RUN_STATES for b in RUN_STATES if a != b]
)
def test_purge_run_moves_forward_only(before, after):
    run = purge_run(before)
    times = {
        "started_at": None if after == "WAITING" else AT,
        "finished_at": None if after in UNDER_WAY else AT,
    }

    if (before, after) in RUN_STEPS:
        change(run, state=after, **times)
        assert PurgeRun.objects.get().state == after
    else:
        with Breaks("purge_run_moves_forward_only"):
            change(run, state=after, **times)


@pytest.mark.parametrize(("state", "started_at"), [("WAITING", AT), ("RUNNING", None)])
def test_a_purge_that_waits_has_not_started(state, started_at):
    with Breaks("a_purge_that_waits_has_not_started"):
        purge_run(state, started_at=started_at)


def test_one_purge_waits_at_a_time():
    purge_run("WAITING")

    with Breaks("one_purge_waits_at_a_time"):
        purge_run("WAITING", is_dry=True)


def test_only_a_real_purge_follows_a_dry_run():
    dry = purge_run(is_dry=True)
    purge_run("WAITING", follows=dry)

    with Breaks("only_a_real_purge_follows_a_dry_run"):
        purge_run(is_dry=True, follows=purge_run(is_dry=True))


def certificate():
    return make(
        PurgeCertificate,
        run=purge_run(),
        deleted=3,
        kept=1,
        document={"deleted": 3},
        sha256="0" * 64,
        signature="A" * 88,
        key_id="tests",
        public_key="0" * 64,
        issued_at=AT,
    )


@pytest.mark.parametrize(
    "write",
    [lambda rows: rows.update(deleted=2), lambda rows: rows._raw_delete("default")],
    ids=["update", "delete"],
)
def test_certificate_is_append_only(write):
    certificate()
    with Breaks("certificate_is_append_only"):
        write(PurgeCertificate.objects.all())


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (AuditEntry, "audit_is_never_truncated"),
        (PurgeCertificate, "certificate_is_never_truncated"),
    ],
)
def test_a_record_is_never_truncated(model, name):
    with Breaks(name), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {model._meta.db_table}")


def test_endpoint_url_is_registered_once():
    first = WebhookEndpointFactory()
    WebhookEndpointFactory(url=first.url)

    with Breaks("endpoint_url_is_registered_once"):
        WebhookEndpointFactory(platform=first.platform, url=first.url)


def test_event_reaches_an_endpoint_once():
    first = delivery()
    delivery(event=first.event)
    delivery(endpoint=first.endpoint)

    with Breaks("event_reaches_an_endpoint_once"):
        delivery(event=first.event, endpoint=first.endpoint)


@pytest.mark.parametrize(
    ("state", "delivered_at"), [("DELIVERED", None), ("WAITING", AT), ("PARKED", AT)]
)
def test_delivered_means_a_delivery_time(state, delivered_at):
    with Breaks("delivered_means_a_delivery_time"):
        delivery(state=state, delivered_at=delivered_at)


def test_every_guard_of_these_models_is_broken_here():
    with open(__file__) as source:
        text = source.read()
    for model in (Hold, IdempotencyRecord, PurgeRun, PurgeCertificate, WebhookDelivery):
        guards = [*model._meta.constraints, *getattr(model._meta, "triggers", [])]
        # Four eyes have their own tests.
        missing = [
            guard.name
            for guard in guards
            if f'"{guard.name}"' not in text and guard.name != "hold_is_approved_by_another_person"
        ]
        assert not missing, f"{model.__name__}: {missing}"
