"""Settings in processes of their own, with the environment of a deployment."""

import json
import os
import subprocess
import sys

import pytest

COMPLETE = {
    "ACCORD_MODE": "production",
    "SECRET_KEY": "for-this-test-only-0123456789-abcdefghijklmnopqrstuvwxyz",
    "FIELD_KEYS": "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "SIGNING_KEY": "HwAeAR0CHAMbBBoFGQYYBxcIFgkVChQLEwwSDREOEA8=",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "PUBLIC_URL": "https://accord.example",
    "ALLOWED_HOSTS": "accord.example",
}
OPTIONAL = ("ACCORD_MODE", "ALLOWED_HOSTS")
ROUTES = """
import json, django
django.setup()
from django.conf import settings
from django.core.management import get_commands
from django.urls import Resolver404, resolve
def is_served(path):
    try: resolve(path)
    except Resolver404: return False
    return True
paths = ["/demo/mail/", "/demo/webhooks/", "/demo/webhooks/receive/", "/healthz"]
print(json.dumps({
    "served": [path for path in paths if is_served(path)],
    "demo apps": [app for app in settings.INSTALLED_APPS if "demo" in app],
    "demo commands": [name for name, app in get_commands().items() if app == "portal.demo"],
}))
"""


def run(script, **environment):
    names = {*COMPLETE, "CI_DATABASE_URL", "CI_BROKER_URL", "CACHE_URL", "METRICS_TOKEN"}
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "-c", script],
        env={**inherited, "DJANGO_SETTINGS_MODULE": "portal.settings", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY",
        "FIELD_KEYS",
        "SIGNING_KEY",
        "DATABASE_URL",
        "BROKER_URL",
        "EMAIL_URL",
        "PUBLIC_URL",
    ],
)
def test_an_unset_secret_stops_the_start_and_says_what_to_set(name):
    environment = {key: value for key, value in COMPLETE.items() if key != name}
    result = run("import django; django.setup()", **environment)

    assert result.returncode == 1
    assert f"{name} is not set. Set it to " in result.stderr.splitlines()[-1]


def test_rabbitmq_alone_needs_a_cache_and_says_which():
    result = run("import django; django.setup()", **COMPLETE | {"BROKER_URL": "amqp://127.0.0.1//"})

    assert result.returncode == 1
    assert "CACHE_URL is not set" in result.stderr.splitlines()[-1]


def test_production_is_what_you_get_without_asking():
    environment = {key: value for key, value in COMPLETE.items() if key != "ACCORD_MODE"}
    result = run(
        "from django.conf import settings as s; print(s.IS_PRODUCTION, s.DEBUG)", **environment
    )

    assert result.stdout == "True False\n"


def test_nothing_of_the_demo_is_in_production():
    result = run(ROUTES, **COMPLETE)

    assert json.loads(result.stdout) == {
        "served": ["/healthz"],
        "demo apps": [],
        "demo commands": [],
    }


def test_the_demo_has_its_pages():
    result = run(ROUTES, ACCORD_MODE="demo")

    assert json.loads(result.stdout)["served"] == [
        "/demo/mail/",
        "/demo/webhooks/",
        "/demo/webhooks/receive/",
        "/healthz",
    ]
