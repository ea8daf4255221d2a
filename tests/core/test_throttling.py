import pytest
import time_machine
from django.core.cache import cache

from tests.factories.base import AT

pytestmark = [pytest.mark.urls("tests.core.api"), pytest.mark.django_db]

ONE = {"X-Client": "0192e7a0-0000-7000-8000-000000000001"}
TWO = {"X-Client": "0192e7a0-0000-7000-8000-000000000002"}


@pytest.fixture(autouse=True)
def sixty_a_minute(settings):
    cache.clear()
    settings.API_REQUESTS_PER_MINUTE = 60
    yield
    cache.clear()


def test_a_client_over_its_rate_waits_as_long_as_it_is_told_and_others_do_not(client):
    with time_machine.travel(AT, tick=False) as clock:
        statuses = [client.get("/api/v1/events", headers=ONE).status_code for _ in range(11)]
        refused = client.get("/api/v1/events", headers=ONE)
        other = client.get("/api/v1/events", headers=TWO)

        assert statuses == [200] * 10 + [429]
        assert refused["Retry-After"] == "1"
        assert refused.json()["code"] == "throttled"
        assert other.status_code == 200

        clock.shift(int(refused["Retry-After"]))
        assert client.get("/api/v1/events", headers=ONE).status_code == 200
        assert client.get("/api/v1/events", headers=ONE).status_code == 429


def test_the_rate_holds_over_a_minute(client):
    with time_machine.travel(AT, tick=False) as clock:
        passed = 0
        for _ in range(240):
            passed += client.get("/api/v1/events", headers=ONE).status_code == 200
            clock.shift(0.25)

    assert 68 <= passed <= 70


def test_a_low_rate_still_lets_one_through(client, settings):
    settings.API_REQUESTS_PER_MINUTE = 1

    assert client.get("/api/v1/events", headers=ONE).status_code == 200
    refused = client.get("/api/v1/events", headers=ONE)
    assert refused.status_code == 429
    assert 55 <= int(refused["Retry-After"]) <= 60


def test_a_clock_that_is_set_back_locks_nobody_out(client):
    with time_machine.travel(AT, tick=False) as clock:
        assert client.get("/api/v1/events", headers=ONE).status_code == 200
        clock.shift(-3600)
        assert client.get("/api/v1/events", headers=ONE).status_code == 200
