"""Points that cost a privilege wait for a second person, also where they cost it only later."""

from datetime import timedelta

import pytest

from credit import queries
from groups.queries import decisions as decision_queries
from tests.credit import findings
from tests.factories.base import AT
from tests.groups.scene import WARN, decide, make_scene

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def suspended(account):
    findings.penalty(account, severity="HIGH")
    findings.sanction(account, days=7)


def revoked(account):
    findings.penalty(account, severity="HIGH")
    findings.sanction(account, kind="REVOKE")


def critical_until_tomorrow(account):
    findings.penalty(account, severity="CRITICAL", at=AT - 729 * DAY)


def two_high_until_tomorrow(account):
    for _ in range(2):
        findings.penalty(account, severity="HIGH", at=AT - 364 * DAY)


LATER = ("The points would cost the person a privilege later.",)
NOW = ("The points would cost the person a privilege.",)


@pytest.mark.parametrize(
    ("severity", "before", "reasons"),
    [
        ("MEDIUM", suspended, LATER),
        ("MEDIUM", revoked, LATER),
        ("CRITICAL", critical_until_tomorrow, LATER),
        # Owning goes now, and creating would have come back tomorrow.
        ("CRITICAL", two_high_until_tomorrow, NOW),
    ],
)
def test_points_that_withhold_a_privilege_at_any_instant_are_held(severity, before, reasons):
    scene = make_scene(severity=severity)
    before(scene.owner)
    said = decision_queries.preview(case=scene.case, outcome="MEASURES", measures=[WARN], at=AT)

    decision = decide(scene.case, scene.staff(), WARN)

    assert decision.is_held
    assert said.approval_reasons == reasons
    # What is said to go at once is what goes at once.
    assert bool(said.standing.lost) == (reasons == NOW)


def suspended_in_good_standing(account):
    findings.sanction(account, days=7)


def critical_for_longer(account):
    findings.penalty(account, severity="CRITICAL")


@pytest.mark.parametrize("before", [suspended_in_good_standing, critical_for_longer])
def test_points_that_withhold_nothing_at_any_instant_are_not_held(before):
    scene = make_scene(severity="MEDIUM")
    before(scene.owner)

    decision = decide(scene.case, scene.staff(), WARN)

    assert not decision.is_held
    assert queries.get_record(account=scene.owner, at=AT).entries[-1].points == -2
