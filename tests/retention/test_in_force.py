"""What somebody is still barred by, or a group is still closed by, can still be read."""

from datetime import timedelta

import pytest

from groups.actions import sweeps
from groups.models import Case, Measure
from portal.core.actions import purge
from portal.core.actors import Actor
from tests.groups.scene import (
    CLOSE,
    REVOKE_OWNING,
    SUSPEND_OWNING,
    WARN,
    decide_in_effect,
    make_scene,
)

pytestmark = pytest.mark.django_db(transaction=True)

SYSTEM = Actor.system("tests")
YEARS = timedelta(days=3 * 365)


def purged_after(years, *measures):
    scene = make_scene()
    decision = decide_in_effect(scene, *measures)
    closed_at = decision.effective_at + timedelta(days=60)
    assert sweeps.close_cases(by=SYSTEM, at=closed_at, limit=5) == 1
    purge.run(by=SYSTEM, at=decision.effective_at + years)
    return not Case.objects.filter(pk=scene.case.pk).exists()


@pytest.mark.parametrize("measure", [WARN, SUSPEND_OWNING])
def test_a_case_leaves_when_what_was_decided_has_ended(measure):
    assert purged_after(YEARS, measure)


@pytest.mark.parametrize("measure", [REVOKE_OWNING, CLOSE])
def test_a_case_stays_while_what_was_decided_is_in_force(measure):
    assert not purged_after(YEARS, measure)
    assert Measure.objects.get().kind == measure.kind
