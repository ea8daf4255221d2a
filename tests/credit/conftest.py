import pytest

from tests.credit import findings
from tests.factories.identity import AccountFactory


@pytest.fixture
def policy(platform):
    return findings.active_policy(platform)


@pytest.fixture
def account(platform, policy):
    return AccountFactory(platform=platform)
