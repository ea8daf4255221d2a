"""An account stays while any record names it, also one without a foreign key."""

from datetime import timedelta

import pytest

from groups.models import HeldLogEntry
from identity.models import Account
from portal.core.actions import purge
from portal.core.actors import Actor
from tests.factories.base import AT
from tests.factories.core import HoldFactory
from tests.factories.events import event
from tests.factories.groups import GroupFactory, TenureFactory
from tests.factories.identity import AccountFactory
from tests.groups.ingesting import ingest
from tests.retention import log_days

pytestmark = pytest.mark.django_db(transaction=True)
BY = Actor.system("tests")


@pytest.fixture(autouse=True)
def no_days_left():
    yield
    log_days.drop_all()


def test_who_is_named_by_the_log_stays_and_who_is_named_by_nothing_goes(platform):
    long_ago = AT - timedelta(days=200)
    acted, suffered, kept, forgotten = (
        AccountFactory(platform=platform, created_at=long_ago) for _ in range(4)
    )
    ingest(
        platform,
        event("content.removed", suffered.external_id, actor=acted.external_id, days=-1),
    )
    HeldLogEntry.objects.create(
        hold=HoldFactory(platform=platform, scope="GROUP", scope_id=GroupFactory().pk),
        platform_id=platform.pk,
        subject_id=kept.pk,
        occurred_at=long_ago,
        event_key="00000000-0000-4000-8000-000000000001",
        row={},
        copied_at=AT,
    )

    purge.run(by=BY, at=AT)

    left = Account.objects.filter(pk__in=[acted.pk, suffered.pk, kept.pk, forgotten.pk])
    assert set(left) == {acted, suffered, kept}


def test_an_erased_account_goes_with_the_next_purge_once_nothing_names_it(platform):
    erased, named = (
        AccountFactory(platform=platform, created_at=AT, display_name="", erased_at=AT)
        for _ in range(2)
    )
    TenureFactory(account=named, group=GroupFactory(platform=platform))

    purge.run(by=BY, at=AT)

    assert set(Account.objects.filter(pk__in=[erased.pk, named.pk])) == {named}
