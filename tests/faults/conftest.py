import pytest
from django.conf import settings

from tests.faults.site import ROOT, site_of_our_own


@pytest.fixture(scope="session")
def shared_site():
    # Servers that somebody named in the environment are not ours to hurt, nor is their machine.
    if "host" not in settings.DATABASES["default"].get("OPTIONS", {}):
        pytest.skip("faults need the embedded PostgreSQL; the suite runs on another one")
    with site_of_our_own(ROOT / ".accord" / "test" / "faults") as site:
        yield site


@pytest.fixture
def site(shared_site):
    """The site, well before and after each test."""
    shared_site.wait_until_well()
    yield shared_site
    shared_site.wait_until_well()
