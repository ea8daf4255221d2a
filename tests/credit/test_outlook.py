"""What a person is told will come: each line holds when its day or its finding comes."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit import outlook, queries
from credit.models import Privilege
from tests.credit import findings
from tests.factories.base import AT
from tests.factories.identity import AccountFactory

pytestmark = pytest.mark.django_db
SEVERITIES = ["LOW", "MEDIUM", "HIGH", "CRITICAL"]


@pytest.fixture
def account(platform):
    findings.active_policy(platform)
    return AccountFactory(platform=platform)


def ahead(account, at=AT):
    return outlook.of_record(queries.get_record(account=account, at=at), at=at)


def test_somebody_without_findings_is_told_what_a_first_one_costs(account):
    found = ahead(account)

    assert (found.score, found.tier, found.best, found.steps) == (12, "Good standing", 12, ())
    assert [(one.points_lost, one.penalty.is_warning, one.tier) for one in found.next_findings] == [
        (0, True, "Good standing"),
        (2, False, "Good standing"),
        (4, False, "Under watch"),
        (10, False, "Suspended"),
    ]
    assert found.next_findings[2].lost == ()
    assert found.next_findings[3].lost == tuple(Privilege)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    story=st.lists(st.tuples(st.integers(0, 700), st.sampled_from(SEVERITIES)), max_size=6),
    severity=st.sampled_from(SEVERITIES),
)
def test_every_line_of_the_outlook_comes_true(platform, story, severity):
    findings.active_policy(platform)
    account = AccountFactory(platform=platform)
    for days, which in sorted(story, reverse=True):
        at = AT - timedelta(days=days)
        cost = queries.get_penalty(account=account, severity=which, at=at)
        findings.penalty(account, severity=which, points=cost.points, at=at)

    found = ahead(account)

    standing = queries.get_standing(account=account, at=AT)
    assert (found.score, found.tier) == (standing.score, standing.tier)
    for step in found.steps:
        then = queries.get_standing(account=account, at=step.at)
        assert (then.score, then.tier) == (step.score, step.tier.name)
        before = queries.get_standing(account=account, at=step.at - timedelta(microseconds=1))
        assert before.score != step.score
    one = next(one for one in found.next_findings if one.severity == severity)
    findings.penalty(account, severity=severity, points=one.penalty.points, at=AT)
    after = queries.get_standing(account=account, at=AT)
    assert (after.score, after.tier) == (one.score, one.tier)
    assert after.entries[-1].expires_at == one.penalty.expires_at
