"""What a person is told will come: each line holds when its day or its finding comes."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit import outlook, queries
from credit.models import LedgerEntry, Privilege
from tests.credit import findings
from tests.credit.documents import DOCUMENTS, giving
from tests.factories.base import AT
from tests.factories.credit import PolicyFactory
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


def day(number):
    return AT + timedelta(days=number)


def said(account, *, at=AT):
    """Each day ahead, with what happens on it: a number of the ledger, and what comes back."""
    return [
        ((step.at - AT).days, [(cause.of.sequence, cause.comes_back_for) for cause in step.causes])
        for step in ahead(account, at).steps
    ]


class TestWhy:
    @pytest.fixture
    def account(self, platform):
        document = giving(HIGH=120, MEDIUM=60, LOW=40, duties=30)
        PolicyFactory(platform=platform, version=1, document=document)
        return AccountFactory(platform=platform)

    def test_a_point_comes_back_for_time_until_the_finding_stops_counting(self, account):
        findings.penalty(account, severity="HIGH")

        waited = "120 days without a further finding"
        assert said(account) == [
            (120, [(1, waited)]),
            (240, [(1, waited)]),
            (360, [(1, waited)]),
            (365, [(1, "")]),
        ]

    def test_all_that_happens_on_one_day_is_named_and_nothing_that_was_put_off(self, account):
        findings.penalty(account, severity="HIGH")
        findings.penalty(account, severity="MEDIUM", at=day(300))
        first, second = LedgerEntry.objects.filter(kind="PENALTY").order_by("sequence")

        # Of the first, two points came back and one was put off.
        assert said(account, at=day(300)) == [
            (360, [(second.sequence, "60 days without a further finding")]),
            (365, [(first.sequence, "")]),
            (420, [(second.sequence, "60 days without a further finding")]),
        ]

    def test_findings_that_end_on_one_day_are_both_named_and_a_warning_is_not(self, platform):
        account = AccountFactory(platform=platform)
        findings.penalty(account, severity="LOW", points=0)
        other = giving()
        other["severities"]["MEDIUM"]["lifetime_days"] = 90
        policy = findings.next_version(platform, other)
        findings.penalty(account, severity="MEDIUM", policy=policy)
        findings.penalty(account, severity="LOW", policy=policy)

        assert said(account) == [(90, [(2, ""), (3, "")])]

    def test_a_finding_that_was_reversed_or_that_gave_all_back_ends_unnoticed(self, account):
        findings.penalty(account, severity="MEDIUM")
        reversed_one = findings.penalty(account, severity="CRITICAL", at=day(1)).entry
        findings.reverse(reversed_one, at=day(2))

        assert said(account, at=day(2)) == [
            (60, [(1, "60 days without a further finding")]),
            (120, [(1, "60 days without a further finding")]),
        ]

    def test_what_staff_gave_back_ends_with_what_it_makes_up_for(self, account):
        findings.penalty(account, severity="CRITICAL")
        findings.give_back(account, 3, until=day(10))

        assert said(account) == [(10, [(2, "")]), (730, [(1, "")])]


def summed(entries):
    return sum(entry.points for entry in entries)


def worth(cause, counted):
    """What the score gains: a point, or all that the entry took and did not come back of it."""
    if cause.comes_back_for:
        return 1
    put_off = {entry.reverses_id for entry in counted}
    of_it = [e for e in counted if cause.of.pk in (e.pk, e.restores_id)]
    return -summed(e for e in of_it if e.pk not in put_off)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    document=st.sampled_from([*DOCUMENTS, giving(LOW=10, MEDIUM=60, HIGH=60, CRITICAL=73)]),
    story=st.lists(st.tuples(st.integers(0, 700), st.sampled_from(SEVERITIES)), max_size=6),
    severity=st.sampled_from(SEVERITIES),
)
def test_every_line_of_the_outlook_comes_true(document, story, severity):
    account = AccountFactory()
    PolicyFactory(platform=account.platform, version=1, document=document)
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
        explained = sum(worth(cause, before.entries) for cause in step.causes)
        assert explained == summed(then.entries) - summed(before.entries)
    one = next(one for one in found.next_findings if one.severity == severity)
    findings.penalty(account, severity=severity, points=one.penalty.points, at=AT)
    after = queries.get_standing(account=account, at=AT)
    assert (after.score, after.tier) == (one.score, one.tier)
    assert after.entries[-1].expires_at == one.penalty.expires_at
