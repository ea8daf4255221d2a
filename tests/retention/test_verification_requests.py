"""A refusal stays as long as its appeal; then both leave, the appeal first."""

from datetime import timedelta

import pytest

from identity.models import VerificationRequest
from portal.core.actions import purge
from portal.core.actors import Actor
from tests.factories.base import AT
from tests.factories.identity import AccountFactory, UserFactory, VerificationRequestFactory

pytestmark = pytest.mark.django_db(transaction=True)
BY = Actor.system("tests")
DAY = timedelta(days=1)


def test_a_refusal_leaves_with_its_appeal_and_not_before(platform):
    refused = VerificationRequestFactory(
        account=AccountFactory(platform=platform),
        state="DECLINED",
        reason="It was misread.",
        decided_by=UserFactory(),
        requested_at=AT - 150 * DAY,
        decided_at=AT - 140 * DAY,
        due_at=AT - 136 * DAY,
    )
    VerificationRequestFactory(
        account=refused.account,
        provider=refused.provider,
        appeals=refused,
        state="EXPIRED",
        requested_at=AT - 110 * DAY,
        due_at=AT - 96 * DAY,
    )

    counts = []
    for days in (-7, 0):
        purge.run(by=BY, at=AT + days * DAY)
        counts.append(VerificationRequest.objects.count())

    assert counts == [2, 0]
