"""Whom a platform makes responsible is told so, and who loses a role by it."""

import pytest

from groups.actions import templates
from groups.models import Notice, NoticeTemplate
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.events import event, granted, revoked
from tests.factories.identity import AccountFactory, UserFactory
from tests.groups.ingesting import BY, ingest, verdicts

pytestmark = pytest.mark.django_db


@pytest.fixture
def platform():
    made = PlatformFactory(name="Relay")
    templates.install_defaults(platform=made, by=BY, at=AT)
    return made


@pytest.fixture
def person(platform):
    def make(name, **fields):
        return AccountFactory(platform=platform, external_id=name, user=UserFactory(**fields))

    return make


def told():
    return list(Notice.objects.order_by("pk").values_list("recipient__external_id", "kind"))


def test_who_becomes_owner_or_manager_is_told_by_mail_and_in_the_dashboard(platform, person):
    person("p-1")
    person("p-2")

    ingest(platform, granted("p-1", days=-3), granted("p-2", "manager", days=-2))

    assert sorted(told()) == [("p-1", "TENURE_BEGAN"), ("p-2", "TENURE_BEGAN")]
    notice = Notice.objects.get(recipient__external_id="p-1")
    assert notice.mail_due_at == AT
    assert "Since 30 October 2026" in notice.body
    assert f"/groups/{notice.group_id}/people/" in notice.body


def test_the_co_owner_who_succeeds_is_told_and_the_one_who_was_put_out(platform, person):
    person("p-1")
    person("p-2")
    ingest(platform, granted("p-1", days=-5), granted("p-2", days=-4))
    Notice.objects.all().delete()

    ingest(platform, revoked("p-1", days=-1))

    assert sorted(told()) == [("p-1", "TENURE_ENDED"), ("p-2", "TENURE_BEGAN")]


def test_who_left_or_never_signs_in_is_not_told(platform, person):
    person("p-1")
    person("p-2", is_active=False)
    ingest(platform, granted("p-1", days=-5), granted("p-2", "manager", days=-4))
    ingest(platform, granted("p-3", "manager", days=-4), event("member.left", "p-1", days=-1))

    assert told() == [("p-1", "TENURE_BEGAN")]


def test_a_role_that_is_over_and_history_are_no_news(platform, person):
    person("p-1")

    ingest(platform, granted("p-1", days=-9), event("member.left", "p-1", days=-2))
    ingest(platform, granted("p-1", days=-900, group="g-2"), history=True)

    assert told() == []


def test_a_platform_without_words_for_it_still_has_its_events_taken(platform, person):
    person("p-1")
    NoticeTemplate.objects.filter(kind="TENURE_BEGAN").update(retired_at=AT)

    assert verdicts(ingest(platform, granted("p-1", days=-1))) == [("ACCEPTED", None)]
    assert told() == []


def test_sending_the_same_again_tells_nobody_twice(platform, person):
    person("p-1")
    batch = [granted("p-1", days=-3)]
    ingest(platform, *batch)
    ingest(platform, *batch)

    assert told() == [("p-1", "TENURE_BEGAN")]
