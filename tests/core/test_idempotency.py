import threading
import time
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, connections
from django.test import Client

from portal.core import idempotency
from portal.core.models import IdempotencyRecord, OutboxEvent
from tests.core import api
from tests.factories.base import AT
from tests.factories.core import PlatformFactory

pytestmark = pytest.mark.urls("tests.core.api")

ONE = "0192e7a0-0000-7000-8000-000000000001"
TWO = "0192e7a0-0000-7000-8000-000000000002"


@pytest.fixture(autouse=True)
def no_hook(settings):
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    yield
    api.hooks.inside = None


@pytest.fixture
def post(client, platform):
    def send(key, subject="C-1", client_id=ONE, client=client, path="/api/v1/events"):
        headers = {"X-Client": client_id} | ({"Idempotency-Key": key} if key is not None else {})
        body = {"platform": str(platform.id), "subject": subject}
        return client.post(path, body, "application/json", headers=headers)

    return send


def test_ten_repeats_have_one_effect_and_the_same_bytes(post):
    answers = [post("a") for _ in range(10)]

    assert {answer.status_code for answer in answers} == {201}
    assert {answer.content for answer in answers} == {b'{"events":1}'}
    assert {answer["Content-Type"] for answer in answers} == {"application/json"}
    assert [answer.get("Idempotency-Replayed") for answer in answers] == [None] + ["true"] * 9
    assert OutboxEvent.objects.count() == 1


def test_without_a_key_each_request_has_its_effect(post):
    assert [post(None).content for _ in range(2)] == [b'{"events":1}', b'{"events":2}']
    assert IdempotencyRecord.objects.count() == 0


def test_another_body_or_address_under_the_same_key_is_422_and_changes_nothing(post):
    post("a")

    for answer in (post("a", subject="C-2"), post("a", path="/api/v1/events?dry=1")):
        assert answer.status_code == 422
        assert answer.json()["code"] == "idempotency-key-reused"
    assert OutboxEvent.objects.count() == 1


def test_keys_belong_to_the_client(post):
    assert post("a").content == b'{"events":1}'
    assert post("a", client_id=TWO).content == b'{"events":2}'
    assert post("a", subject="C-9", client_id=TWO).status_code == 422


def test_an_error_leaves_the_key_free(post):
    assert post("a", subject="").status_code == 422
    assert IdempotencyRecord.objects.count() == 0
    assert post("a").status_code == 201


def test_a_key_can_be_used_anew_after_a_day(post, at):
    with time_machine.travel(at, tick=False) as clock:
        post("a")
        clock.shift(timedelta(hours=24) - timedelta(seconds=1))
        assert post("a")["Idempotency-Replayed"] == "true"
        clock.shift(timedelta(seconds=1))
        assert post("a", subject="C-2").content == b'{"events":2}'


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\tb"])
def test_a_bad_key_is_refused_before_anything_happens(post, key):
    answer = post(key)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-idempotency-key")
    assert OutboxEvent.objects.count() == 0


def test_the_effect_is_undone_where_the_answer_cannot_be_stored(post, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("stored answer lost")

    monkeypatch.setattr(idempotency, "_store", fail)
    with pytest.raises(RuntimeError):
        post("a")

    assert OutboxEvent.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_crash_after_the_commit_leaves_the_answer_for_the_retry(post, monkeypatch):
    original = idempotency.transaction.atomic

    class CrashAfterCommit:
        def __init__(self):
            self.inner = original()

        def __enter__(self):
            return self.inner.__enter__()

        def __exit__(self, *info):
            self.inner.__exit__(*info)
            raise SystemExit("killed after COMMIT, before the response")

    monkeypatch.setattr(idempotency.transaction, "atomic", CrashAfterCommit)
    with pytest.raises(SystemExit):
        post("a")
    monkeypatch.undo()

    retry = post("a")
    assert (retry.status_code, retry.content) == (201, b'{"events":1}')
    assert retry["Idempotency-Replayed"] == "true"
    assert OutboxEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_dies_inside_leaves_neither_effect_nor_lock(post):
    def die(request):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    api.hooks.inside = die
    assert post("a").status_code == 503
    connection.close()
    api.hooks.inside = None

    assert OutboxEvent.objects.count() == 0
    assert post("a").content == b'{"events":1}'


@pytest.mark.django_db(transaction=True)
def test_a_request_that_still_runs_is_409_with_retry_after():
    platform = PlatformFactory()
    inside, go_on = threading.Event(), threading.Event()
    answers = []

    def pause(request):
        inside.set()
        go_on.wait(10)

    def send():
        body = {"platform": str(platform.id), "subject": "C-1"}
        headers = {"X-Client": ONE, "Idempotency-Key": "a"}
        answers.append(Client().post("/api/v1/events", body, "application/json", headers=headers))
        connections.close_all()

    api.hooks.inside = pause
    first = threading.Thread(target=send)
    first.start()
    assert inside.wait(10)
    send()
    go_on.set()
    first.join(10)

    second, original = answers
    assert second.status_code == 409
    assert second["Retry-After"] == "1"
    assert second.json()["code"] == "idempotency-key-in-use"
    assert original.status_code == 201
    assert OutboxEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_have_one_effect_and_the_same_bytes():
    platform = PlatformFactory(created_at=AT)
    barrier = threading.Barrier(50)
    answers = []

    def send():
        body = {"platform": str(platform.id), "subject": "C-1"}
        headers = {"X-Client": ONE, "Idempotency-Key": "a"}
        client = Client()
        barrier.wait(30)
        try:
            while True:
                answer = client.post("/api/v1/events", body, "application/json", headers=headers)
                if answer.status_code != 409:
                    answers.append((answer.status_code, answer.content))
                    return
                time.sleep(0.05)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert answers == [(201, b'{"events":1}')] * 50
    assert OutboxEvent.objects.count() == 1
