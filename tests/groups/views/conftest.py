import pytest
import time_machine
from django.test import Client

from tests.factories.base import AT
from tests.groups import place as places
from tests.groups import scene as scenes

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def noon(db):
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def place():
    return places.make_place()


@pytest.fixture
def scene():
    return scenes.make_scene()


@pytest.fixture
def as_user():
    """A client of somebody who signed in, or of an account's person."""

    def make(person):
        client = Client()
        client.force_login(getattr(person, "user", person), backend=BACKEND)
        return client

    return make
