import pytest

from tests.audit_guard import audit_guard  # noqa: F401
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.flushing import flush_past_the_guards  # noqa: F401
from tests.leftovers import django_db_setup  # noqa: F401
from tests.network import loopback_only  # noqa: F401


@pytest.fixture
def at():
    """The moment at which tests take place: Monday, 2 November 2026, noon UTC."""
    return AT


@pytest.fixture
def platform(db):
    return PlatformFactory()
