from datetime import timedelta

import factory

from credit import models
from tests.factories.base import AT, RecordFactory
from tests.factories.core import PlatformFactory


def _default_document():
    from credit.policy import DEFAULT_DOCUMENT

    return DEFAULT_DOCUMENT


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
