import pytest
import time_machine
from django.core.cache import cache

from tests.factories.base import AT
from tests.groups.scene import make_scene


@pytest.fixture(autouse=True)
def noon():
    """The pages read the clock; here it stands at AT, and nothing is remembered between tests."""
    cache.clear()
    with time_machine.travel(AT, tick=False):
        yield
    cache.clear()


@pytest.fixture
def scene(db):
    return make_scene()
