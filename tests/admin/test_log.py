"""The governance log: by keyset, with names, of the reader's platforms only."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from groups.actions import partitions
from groups.admin import log
from groups.models import LogEntry
from portal.core.actors import Actor
from tests.admin.entering import enter
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory, staff_user

LIST = reverse("admin:log")


@pytest.fixture(autouse=True)
def days(db):
    partitions.ensure(
        first=(AT - timedelta(days=3)).date(), last=AT.date(), by=Actor.system("tests"), at=AT
    )


def write(group, *, hours=1, kind="role.granted", subject=None):
    with fixture_rows():
        return LogEntry.objects.create(
            occurred_at=AT - timedelta(hours=hours),
            event_key=uuid4(),
            platform_id=group.platform_id,
            source="/relay",
            event_id="e-1",
            kind=kind,
            group_id=group.pk,
            subject_id=subject and subject.pk,
            reason="<b>spam</b>",
            received_at=AT,
        )


def events(page):
    return [row[1] for row in page.context["table"].rows]


def test_the_newest_event_comes_first_with_the_names_of_group_and_people(platform):
    group = GroupFactory(platform=platform, name="Night owls")
    write(group, hours=5, kind="member.banned")
    write(group, hours=1, subject=AccountFactory(platform=platform, display_name="Mats"))

    page = enter(staff_user(platform)).get(LIST)

    assert events(page) == ["Role granted", "Member banned"]
    shown = page.content.decode()
    assert "Night owls" in shown
    assert "Mats" in shown
    assert "<b>spam</b>" not in shown


def test_the_log_is_neither_counted_nor_skipped_through(platform):
    write(GroupFactory(platform=platform))
    client = enter(staff_user(platform))

    with CaptureQueriesContext(connection) as captured:
        client.get(LIST)

    asked = [query["sql"] for query in captured if "groups_logentry" in query["sql"]]
    assert len(asked) == 1
    assert "COUNT(" not in asked[0]
    assert "OFFSET" not in asked[0]


def test_pages_go_on_where_the_last_one_ended(platform, monkeypatch):
    monkeypatch.setattr(log, "SIZE", 2)
    group = GroupFactory(platform=platform)
    for hours in range(5):
        write(group, hours=hours, kind="group.updated" if hours % 2 else "group.created")
    client = enter(staff_user(platform))

    first = client.get(LIST)
    second = client.get(LIST + first.context["next_url"])
    third = client.get(LIST + second.context["next_url"])

    assert [len(events(page)) for page in (first, second, third)] == [2, 2, 1]
    assert third.context["next_url"] is None
    assert events(client.get(LIST + third.context["previous_url"])) == events(second)


def test_the_list_costs_the_same_for_many_events(platform):
    client = enter(staff_user(platform))
    write(GroupFactory(platform=platform), subject=AccountFactory(platform=platform))
    client.get(LIST)
    few = _queries(client)
    for hours in range(9):
        write(GroupFactory(platform=platform), hours=hours, subject=AccountFactory())

    assert _queries(client) == few


def _queries(client):
    with CaptureQueriesContext(connection) as captured:
        client.get(LIST)
    return len(captured)


def test_filters_narrow_the_log(platform):
    group, other = GroupFactory.create_batch(2, platform=platform)
    person = AccountFactory(platform=platform)
    write(group, kind="role.granted", subject=person)
    write(group, kind="member.removed")
    write(other, kind="group.archived")
    client = enter(staff_user(platform))

    def found(**wanted):
        return sorted(events(client.get(LIST, wanted)))

    everything = ["Group archived", "Member removed", "Role granted"]
    assert found(group=group.external_id) == ["Member removed", "Role granted"]
    assert found(group=str(other.pk)) == ["Group archived"]
    assert found(account=person.external_id) == ["Role granted"]
    assert found(kind="group.archived") == ["Group archived"]
    assert found(until="2026-11-01T00:00") == []
    assert found(kind="no.such.kind") == everything
    assert found(group="\0") == everything


def test_an_event_has_a_page_and_a_foreign_one_answers_like_a_missing_one(platform):
    own = write(GroupFactory(platform=platform))
    foreign = write(GroupFactory(platform=PlatformFactory()))
    client = enter(staff_user(platform))

    assert client.get(log.address(own)).status_code == 200
    assert client.get(log.address(foreign)).status_code == 404
    missing = reverse("admin:log_entry", args=[AT.isoformat(), uuid4()])
    assert client.get(missing).status_code == 404
    for when in ("yesterday", "2026-11-02", "2026-13-02T12:00:00Z"):
        assert client.get(reverse("admin:log_entry", args=[when, uuid4()])).status_code == 404


def test_events_of_other_platforms_are_not_listed(platform):
    write(GroupFactory(platform=PlatformFactory()))

    assert events(enter(staff_user(platform)).get(LIST)) == []


def test_a_made_up_cursor_is_refused(platform):
    assert enter(staff_user(platform)).get(f"{LIST}?cursor=x").status_code == 400


def test_the_log_takes_no_post(platform):
    assert enter(staff_user(platform)).post(LIST).status_code == 405
