"""The governance log: by keyset, with names, of the reader's platforms only."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from groups.admin import log
from identity.actions import staff
from portal.core.actors import Actor
from portal.core.admin.panels import page_of
from portal.core.models import AuditEntry
from tests.admin.entering import enter
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory, staff_user
from tests.factories.log import make_days, write

LIST = reverse("admin:log")


@pytest.fixture(autouse=True)
def days(db):
    make_days()


def events(page):
    return [row[1] for row in page.context["table"].rows]


def test_the_newest_event_comes_first_with_the_names_of_group_and_people(platform):
    group = GroupFactory(platform=platform, name="Night owls")
    write(group, hours=5, kind="member.banned", reason="<b>spam</b>")
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
    # The window, in stretches that grow.
    assert 1 <= len(asked) <= 12
    assert not [sql for sql in asked if "COUNT(" in sql or "OFFSET" in sql]
    assert all("LIMIT" in sql for sql in asked)


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
    assert found(kind="group.archived", group=other.external_id) == ["Group archived"]
    assert found(since="2026-11-02T00:00") == everything
    assert found(until="2026-11-01T00:00") == []


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"kind": "no.such.kind"}, "Choose “Kind” from the list."),
        ({"group": "\0"}, "Null characters are not allowed"),
        ({"group": "x" * 201}, "at most 200 characters"),
        ({"group": "g-nowhere"}, "There is no group with this id"),
        ({"account": str(uuid4())}, "There is no account with this id"),
        ({"until": "yesterday"}, "Give “Before” as a date and a time."),
        ({"since": "2026-11-02T00:00", "until": "2026-11-01T00:00"}, "Give a moment that is after"),
    ],
)
def test_a_filter_that_cannot_be_is_explained_and_shows_nothing(platform, wanted, said):
    write(GroupFactory(platform=platform))
    client = enter(staff_user(platform))

    for address in (LIST, reverse("admin:log_file", args=["csv"])):
        page = client.get(address, wanted)

        assert page.status_code == 422
        assert said in page.content.decode()
        assert events(page) == []
    assert not AuditEntry.objects.filter(action="log.export").exists()


def test_a_group_or_an_account_of_another_platform_cannot_be_looked_for(platform):
    foreign = GroupFactory(platform=PlatformFactory())
    person = AccountFactory(platform=foreign.platform)
    write(foreign, subject=person)
    client = enter(staff_user(platform))

    for wanted in ({"group": foreign.external_id}, {"group": foreign.pk}, {"account": person.pk}):
        page = client.get(LIST, wanted)
        assert (page.status_code, events(page)) == (422, [])


def test_who_works_for_two_platforms_reads_both_in_one_order(platform):
    other = PlatformFactory()
    user = staff_user(platform)
    staff.assign(user=user, platform=other, role="REVIEWER", by=Actor.system("tests"), at=AT)
    for hours in range(4):
        write(GroupFactory(platform=(platform, other)[hours % 2]), hours=hours, reason=f"n{hours}")

    shown = enter(user).get(LIST).context["table"].rows

    assert [row[-1] for row in shown] == ["n0", "n1", "n2", "n3"]


def test_what_the_filter_shows_is_taken_out_as_a_file_and_recorded(platform):
    group, person = GroupFactory(platform=platform), AccountFactory(platform=platform)
    write(group, subject=person, reason="=HYPERLINK(1)")
    write(group, kind="member.removed")
    user = staff_user(platform)
    client = enter(user)
    page = client.get(LIST, {"account": person.external_id, "since": "2026-11-01T00:00"})
    links = dict(page.context["files"])

    answer = client.get(links["CSV"])
    lines = b"".join(answer.streaming_content).decode().split("\r\n")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    name = f"log_2026-11-02_account-{person.external_id}_since-2026-11-01T0000.csv"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert lines[0].startswith("time,kind,group,actor,subject,role,old_role,reason,until,")
    assert len(lines) == 4
    assert f"{group.external_id},,{person.external_id},,,'=HYPERLINK(1)," in lines[1]
    # An empty line ends what is whole.
    assert lines[2:] == ["", ""]
    entry = AuditEntry.objects.get(action="log.export")
    assert (entry.actor_id, entry.platform_id) == (user.pk, platform.pk)
    assert entry.new == {
        "format": "csv",
        "account_ids": [str(person.pk)],
        "since": "2026-11-01T00:00:00+00:00",
    }
    assert client.get(reverse("admin:log_file", args=["xml"])).status_code == 404


def test_the_pages_of_a_group_and_of_an_account_show_their_last_lines(platform):
    group, person = GroupFactory(platform=platform), AccountFactory(platform=platform)
    write(group, hours=2, kind="member.removed", subject=person)
    write(group, hours=1, kind="group.archived")
    write(GroupFactory(platform=platform), hours=3, kind="role.granted", actor=person)
    client = enter(staff_user(platform))

    def lines(record):
        panels = client.get(page_of(record)).context["panels"]
        panel = next(panel for panel in panels if panel.title == "Log")
        assert events(client.get(panel.more_url)) == [row[1] for row in panel.rows]
        return [row[1] for row in panel.rows]

    assert lines(group) == ["Group archived", "Member removed"]
    assert lines(person) == ["Member removed", "Role granted"]


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
