"""Bringing tables as an administrator of a platform."""

import pytest

from groups.actions import registry
from portal.core.actors import Actor
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory, staff_user


@pytest.fixture
def platform(db):
    return PlatformFactory()


@pytest.fixture
def by(platform):
    return Actor.user(staff_user(platform, "ADMINISTRATOR"))


@pytest.fixture
def bring(platform, by):
    def upload(table, text, *, form="CSV"):
        body = text if isinstance(text, bytes) else text.encode()
        return registry.upload(
            platform=platform, table=table, form=form, name="t.csv", body=body, by=by, at=AT
        )

    return upload


@pytest.fixture
def plan_of(bring, by):
    return lambda table, text, **more: registry.foresee(
        upload=bring(table, text, **more), by=by, at=AT
    )


@pytest.fixture
def taken(bring, by):
    """Bring a table and confirm what the preview shows."""

    def take(table, text, **more):
        upload = bring(table, text, **more)
        seen = registry.foresee(upload=upload, by=by, at=AT).mark
        return registry.take(upload=upload, seen=seen, by=by, at=AT)

    return take


@pytest.fixture
def registered(platform):
    GroupFactory(platform=platform, external_id="g-1", name="Night owls")
    for name in ("u-1", "u-2", "u-3"):
        AccountFactory(platform=platform, external_id=name)
