import pytest

from tests.authorisation.world import lasting_world


@pytest.fixture(scope="package")
def world(django_db_setup, django_db_blocker):
    """The world of these tests, made once; whoever changes it takes that back."""
    with lasting_world(django_db_blocker) as made:
        yield made
