import pytest

from tests.groups.scene import make_scene


@pytest.fixture
def scene():
    return make_scene()
