"""What all web processes count together, against a real Redis or Valkey."""

import os
import pickle
import socket
import subprocess
import sys

import pytest
import redis
from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from portal.core import caches
from portal.core.caches import SharedCache
from portal.embedded import places

KEYS = "accord-cache:1:tests-*"


def configured(cache_url="", broker_url="redis://127.0.0.1:1/0", *, is_production=True):
    found = caches.configuration(cache_url, broker_url=broker_url, is_production=is_production)
    return found["default"]


def connect(url):
    config = configured(url)
    return SharedCache(config["LOCATION"], config)


@pytest.fixture
def server():
    """The broker of the tests itself, as an installation has it that sets nothing else."""
    location = configured(broker_url=settings.BROKER_URL)["LOCATION"]
    client = redis.Redis.from_url(location)
    yield client
    for key in client.scan_iter("*tests-*"):
        client.delete(key)


@pytest.fixture(autouse=True)
def asked_again():
    SharedCache._away_until = 0.0
    yield
    SharedCache._away_until = 0.0


def test_two_processes_count_together(server):
    """As a one-time code is remembered: who adds it first may use it, nobody after."""
    ours = connect(settings.BROKER_URL)
    script = (
        "import sys\n"
        "from portal.core import caches\n"
        "found = caches.configuration('', broker_url=sys.argv[1], is_production=True)['default']\n"
        "cache = caches.SharedCache(found['LOCATION'], found)\n"
        "print(cache.add('tests-code', True, timeout=60))\n"
    )
    theirs = subprocess.run(
        [sys.executable, "-c", script, settings.BROKER_URL],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert theirs.stdout == "True\n"
    assert ours.add("tests-code", True, timeout=60) is False
    assert ours.get("tests-code") is True


def test_every_method_reaches_the_server(server):
    cache = connect(settings.BROKER_URL)
    cache.set("tests-a", {"n": 1}, timeout=60)
    cache.set_many({"tests-b": 2, "tests-c": 3}, timeout=60)

    assert pickle.loads(server.get("accord-cache:1:tests-a")) == {"n": 1}
    assert server.ttl("accord-cache:1:tests-b") > 50
    assert cache.get_many(["tests-a", "tests-c"]) == {"tests-a": {"n": 1}, "tests-c": 3}
    assert cache.incr("tests-b") == 3
    assert cache.touch("tests-b", timeout=5)
    assert server.ttl("accord-cache:1:tests-b") <= 5
    assert "tests-b" in cache
    assert cache.delete("tests-b")
    cache.delete_many(["tests-a", "tests-c"])
    assert not list(server.scan_iter(KEYS))


def test_clearing_leaves_what_is_not_ours(server):
    """The queues of Celery are in the same database."""
    cache = connect(settings.BROKER_URL)
    server.set("tests-queue", "waiting", ex=60)
    cache.set("tests-ours", 1)

    cache.clear()

    assert cache.get("tests-ours") is None
    assert server.get("tests-queue") == b"waiting"


def test_without_the_server_each_process_counts_by_itself(server):
    """Nothing listens there: every call answers at once, and the server is asked again later."""
    cache = connect(f"redis://127.0.0.1:{places.first_free_port(20000)}/0")

    assert cache.add("tests-code", True)
    assert not cache.add("tests-code", True)
    assert cache.get("tests-code") is True
    assert SharedCache._away_until > 0

    again = connect(settings.BROKER_URL)
    again.set("tests-while-away", 1)
    assert not list(server.scan_iter(KEYS))
    SharedCache._away_until = 0.0
    again.set("tests-later", 1)
    assert list(server.scan_iter(KEYS)) == [b"accord-cache:1:tests-later"]


def test_a_server_that_does_not_answer_costs_seconds_once():
    """Somebody listens, takes the connection and stays silent."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        cache = connect(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")

        assert cache.get("tests-silent", "nothing") == "nothing"
        assert SharedCache._away_until > 0


@pytest.mark.parametrize(
    ("broker", "location"),
    [
        ("redis://cache.internal/0", "redis://cache.internal/0"),
        (
            "rediss://user:secret@cache.internal:6380/2",
            "rediss://user:secret@cache.internal:6380/2",
        ),
        ("redis+socket:///run/valkey.sock", "unix:///run/valkey.sock?db=0"),
        ("redis+socket:///run/valkey.sock?virtual_host=3", "unix:///run/valkey.sock?db=3"),
        ("redis://one/0;redis://two/0", "redis://one/0"),
    ],
)
def test_the_broker_is_the_cache_where_it_can_be(broker, location):
    assert configured(broker_url=broker)["LOCATION"] == location
    assert configured(broker, broker_url="amqp://mq.internal//")["LOCATION"] == location


def test_rabbitmq_alone_stops_the_start_and_says_what_to_set():
    with pytest.raises(ImproperlyConfigured, match=r"^CACHE_URL is not set.*createcachetable"):
        configured(broker_url="amqp://mq.internal//")

    found = configured("dbcache://accord_cache", broker_url="amqp://mq.internal//")
    assert found["BACKEND"] == "django.core.cache.backends.db.DatabaseCache"
    assert (found["LOCATION"], found["KEY_PREFIX"]) == ("accord_cache", "accord-cache")


@pytest.mark.parametrize(
    ("url", "said"),
    [("", ["accord.W001"]), ("locmemcache://", ["accord.W001"]), ("redis://cache.internal/0", [])],
)
def test_the_check_of_a_deployment_warns_of_a_cache_per_process(url, said):
    with override_settings(CACHES={"default": configured(url, is_production=False)}):
        found = run_checks(tags=["caches"], include_deployment_checks=True)

    assert [message.id for message in found if message.id.startswith("accord")] == said
