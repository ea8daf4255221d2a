"""A deadline, a claim, the platform and staff come to a group without an owner at once."""

from datetime import timedelta
from functools import partial

import pytest

from groups.actions import claims, ownerless, sweeps, templates
from groups.models import Group, OwnerlessStep, Tenure
from portal.core.actors import Actor
from tests.credit import findings
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.events import granted, revoked
from tests.factories.identity import AccountFactory, UserFactory, staff_user
from tests.groups.ingesting import BY, ingest
from tests.races import at_once
from tests.races.test_ownership import (
    empty_log,  # noqa: F401
    holds_together,
    only_conflicts,
    person,
)
from tests.sizes import size

DUE = AT + timedelta(days=30)
TRIALS = size(every_run=12, release=60)
pytestmark = pytest.mark.django_db(transaction=True)


def orphan():
    """A group whose owner left thirty days ago; its manager and a senior may act."""
    platform = PlatformFactory()
    templates.install_defaults(platform=platform, by=BY, at=AT)
    findings.active_policy(platform)
    manager = AccountFactory(platform=platform, external_id="p-2", user=UserFactory())
    ingest(platform, granted("p-1", days=-9), granted("p-2", "manager", days=-8))
    ingest(platform, revoked("p-1", days=0))
    return platform, Group.objects.get(platform=platform), manager, staff_user(platform, "SENIOR")


def sweep():
    sweeps.award_claimed(by=BY, at=DUE, limit=9)
    return sweeps.step_ownerless(by=BY, at=DUE, limit=9)


def reopen(group, senior):
    return partial(
        ownerless.reopen, group=group, reason="Talks go on.", by=Actor.user(senior), at=DUE
    )


def claim(group, manager):
    at = DUE - timedelta(seconds=1)
    return partial(claims.claim, group=group, account=manager, by=person(manager), at=at)


def test_an_owner_whom_the_platform_names_at_the_deadline_ends_all_of_it():
    for _ in range(TRIALS):
        platform, group, manager, senior = orphan()

        results = at_once.run(
            sweep,
            sweep,
            partial(ingest, platform, granted("p-9", days=0.003), at=DUE),
            reopen(group, senior),
            claim(group, manager),
        )

        only_conflicts(results)
        holds_together(group)
        assert (group.state, group.unclaimed_frozen_at) == ("ACTIVE", None)
        owner = Tenure.objects.current().get(group=group, role="OWNER")
        assert owner.account.external_id in ("p-9", "p-2")


def test_more_time_that_staff_give_at_the_deadline_stands_unless_somebody_owns_it():
    for _ in range(TRIALS):
        _, group, manager, senior = orphan()

        results = at_once.run(sweep, sweep, reopen(group, senior), claim(group, manager))

        only_conflicts(results)
        holds_together(group)
        kinds = list(OwnerlessStep.objects.filter(group=group).values_list("kind", flat=True))
        assert kinds.count("FROZEN") <= 1
        has_owner = Tenure.objects.current().filter(group=group, role="OWNER").exists()
        assert group.state == ("ACTIVE" if has_owner else "ORPHANED")
        assert group.claim_due_at == (None if has_owner else DUE + timedelta(days=30))
