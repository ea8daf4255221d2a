from datetime import timedelta

import factory

from credit import models
from tests.factories.base import AT, RecordFactory
from tests.factories.core import PlatformFactory
from tests.factories.identity import AccountFactory, UserFactory


def _default_document():
    from credit.policy import DEFAULT_DOCUMENT

    return DEFAULT_DOCUMENT


class AdjustmentFactory(RecordFactory):
    class Meta:
        model = models.Adjustment

    account = factory.SubFactory(AccountFactory)
    platform = factory.LazyAttribute(lambda adjustment: adjustment.account.platform)
    points = 1
    reason = "The finding rested on a wrong clock."
    proposed_by = factory.SubFactory(UserFactory)
    proposed_at = AT
    expires_at = factory.LazyAttribute(
        lambda adjustment: adjustment.proposed_at + timedelta(days=30)
    )


class SimulationFactory(RecordFactory):
    """A finished one of a draft, compared with itself."""

    class Meta:
        model = models.Simulation

    policy = factory.SubFactory("tests.factories.credit.PolicyFactory")
    platform = factory.LazyAttribute(lambda made: made.policy.platform)
    document = factory.LazyAttribute(lambda made: made.policy.document)
    against = factory.LazyAttribute(lambda made: made.policy)
    as_of = AT
    state = models.Simulation.State.DONE
    requested_by = factory.SubFactory(UserFactory)
    requested_at = AT
    finished_at = AT
    findings = factory.LazyFunction(lambda: {"cells": []})


class PolicyFactory(RecordFactory):
    """The shipped policy, active."""

    class Meta:
        model = models.Policy

    platform = factory.SubFactory(PlatformFactory)
    version = factory.Sequence(lambda n: n + 1)
    state = models.Policy.State.ACTIVE
    document = factory.LazyFunction(_default_document)
    drafted_at = AT - timedelta(days=700)
    active_from = AT - timedelta(days=700)
