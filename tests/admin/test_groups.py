"""Staff find groups at risk, and give one without an owner more time."""

from datetime import timedelta

import pytest
from django.urls import reverse

from groups.models import OwnerlessStep
from tests.admin.entering import enter
from tests.factories.base import AT
from tests.factories.groups import GroupFactory
from tests.groups import scene as scenes

SENT = {"_form_submitted": "True"}


@pytest.fixture
def scene(db):
    return scenes.make_scene()


def test_the_list_can_be_cut_down_to_the_groups_at_risk(scene):
    GroupFactory(platform=scene.platform, name="Night trains", at_risk_from=AT)
    GroupFactory(platform=scene.platform, name="Day trains")
    client = enter(scene.staff())

    every = client.get(reverse("admin:groups_group_changelist")).content.decode()
    some = client.get(reverse("admin:groups_group_changelist"), {"at_risk": "yes"})

    assert "Night trains" in every
    assert "Day trains" in every
    assert "Night trains" in some.content.decode()
    assert "Day trains" not in some.content.decode()


def test_more_time_wants_a_reason_and_reopens_the_group(scene):
    group = GroupFactory(
        platform=scene.platform,
        name="Night trains",
        state="FROZEN",
        orphaned_at=AT - timedelta(days=31),
        unclaimed_frozen_at=AT - timedelta(days=1),
        claim_due_at=AT + timedelta(days=29),
    )
    client = enter(scene.staff())
    url = reverse("admin:groups_group_give_more_time", args=[group.pk])

    client.post(url, SENT | {"reason": " "})
    assert not OwnerlessStep.objects.exists()
    assert client.post(url, SENT | {"reason": "Talks go on."}).status_code == 302

    group.refresh_from_db()
    assert (group.state, group.unclaimed_frozen_at) == ("ORPHANED", None)
    assert OwnerlessStep.objects.get().reason == "Talks go on."
    page = client.get(reverse("admin:groups_group_change", args=[group.pk])).content.decode()
    assert "Talks go on." in page
