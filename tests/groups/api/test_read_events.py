"""`GET /api/v1/events` and `/api/v1/events.{form}`: the log in pages, and as one file."""

import csv
import io
import json
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError

from groups.models import LogEntry
from groups.queries import log_pages
from portal.core.models import AuditEntry
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.factories.events import cloud_event
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory
from tests.factories.log import make_days, write
from tests.partners import bearer

URL = "/api/v1/events"


@pytest.fixture(autouse=True)
def now(at):
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture(autouse=True)
def days(db):
    make_days()


@pytest.fixture
def get(client, platform):
    headers = bearer(platform, "events")

    def ask(path=URL, **query):
        return client.get(path, query, headers=headers)

    return ask


@pytest.fixture
def group(platform):
    return GroupFactory(platform=platform, external_id="g-42")


def ids(answer):
    assert answer.status_code == 200, answer.json()
    return [event["id"] for event in answer.json()["results"]]


def whole(answer):
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_an_event_reads_as_it_was_sent(client, platform, get):
    sent = cloud_event(
        kind="group.updated", data={"role": None, "attributes": {"name": "Owls"}, "reason": "É"}
    )
    headers = bearer(platform, "events")
    client.post(URL, json.dumps(sent), content_type="application/json", headers=headers)

    answer = get().json()

    assert (answer["next"], answer["previous"]) == (None, None)
    assert answer["results"] == [
        {
            "specversion": "1.0",
            "id": sent["id"],
            "source": "relay/eu-1",
            "type": "accord.governance.group.updated.v1",
            "subject": "g-1",
            "time": "2026-11-01T12:00:00Z",
            "sequence": answer["results"][0]["sequence"],
            "recordedtime": "2026-11-02T12:00:00Z",
            "data": {
                "actor": "p-admin",
                "subject": "p-1",
                "reason": "É",
                "attributes": {"name": "Owls"},
            },
        }
    ]


def test_filters_narrow_what_is_read(get, platform, group):
    ada, bob = (AccountFactory(platform=platform, external_id=name) for name in ("ada", "bob"))
    other = GroupFactory(platform=platform, external_id="g-43")
    write(group, hours=1, subject=ada, actor=bob, event_id="e-1")
    write(group, hours=2, subject=bob, kind="member.removed", event_id="e-2")
    write(other, hours=3, actor=ada, subject=ada, event_id="e-3")

    assert ids(get()) == ["e-1", "e-2", "e-3"]
    assert ids(get(group="g-42")) == ["e-1", "e-2"]
    assert ids(get(account="ada")) == ["e-1", "e-3"]
    assert ids(get(account="bob", group="g-42")) == ["e-1", "e-2"]
    assert ids(get(account="ada", group="g-43")) == ["e-3"]
    assert ids(get(kind="member.removed")) == ["e-2"]
    assert ids(get(kind="member.removed", account="ada")) == []
    assert ids(get(since="2026-11-02T10:00:00Z", until="2026-11-02T11:00:00Z")) == ["e-2"]
    assert ids(get(since="2026-11-02T11:00:00+01:00")) == ["e-1", "e-2"]


def test_pages_lead_to_older_and_newer_events(get, client, platform, group):
    for hours in range(1, 6):
        write(group, hours=hours, event_id=f"e-{hours}")
    write(group, hours=6, kind="group.archived")

    first = get(limit=2, kind="role.granted", group="g-42")
    headers = bearer(platform, "events")
    second = client.get(first.json()["next"], headers=headers)
    write(group, hours=0, event_id="e-late")
    back = client.get(second.json()["previous"], headers=headers)

    assert [ids(first), ids(second), ids(back)] == [
        ["e-1", "e-2"],
        ["e-3", "e-4"],
        ["e-1", "e-2"],
    ]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"group": ""}, "group"),
        ({"group": "\0"}, "group"),
        ({"account": "x" * 201}, "account"),
        ({"kind": "message.sent"}, "kind"),
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-11-02T12:00:00"}, "until"),
        ({"since": "2026-11-02T12:00:00Z", "until": "2026-11-01T12:00:00Z"}, "until"),
    ],
)
def test_a_malformed_filter_is_a_problem_that_names_it(get, query, parameter):
    for path in (URL, f"{URL}.csv"):
        answer = get(path, **query)

        assert answer.status_code == 422
        assert answer["Content-Type"] == "application/problem+json"
        assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]
    assert not AuditEntry.objects.filter(action="log.export").exists()


@pytest.mark.parametrize("query", [{"cursor": "x"}, {"limit": "0"}, {"limit": "201"}])
def test_a_made_up_cursor_or_limit_is_a_problem(get, query):
    assert get(**query).status_code == 400


def test_what_belongs_to_another_platform_answers_like_what_is_missing(get):
    foreign = GroupFactory(platform=PlatformFactory(), external_id="g-foreign")
    person = AccountFactory(platform=foreign.platform, external_id="p-foreign")
    write(foreign, subject=person)

    answers = [
        get(path, **query)
        for path in (URL, f"{URL}.ndjson")
        for query in (
            {"group": "g-foreign"},
            {"group": "g-missing"},
            {"account": "p-foreign"},
            {"account": "p-missing"},
        )
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({json.dumps(answer.json() | {"request_id": ""}) for answer in answers}) == 1
    assert ids(get()) == []
    assert whole(get(f"{URL}.ndjson")) == b"\n"


def test_the_scope_is_needed(client, platform):
    for path in (URL, f"{URL}.csv"):
        assert client.get(path, headers=bearer(platform, "groups")).status_code == 403
        assert client.get(path).status_code == 401


def test_what_is_exported_can_be_sent_to_another_platform(client, platform, get):
    sent = [
        cloud_event("group.created", None, data={"role": None, "attributes": {"name": "=Öwls"}}),
        cloud_event("role.granted", "p-1"),
        cloud_event("role.granted", "p-2", data={"role": "manager"}),
        cloud_event("role.revoked", "p-2", data={"role": "manager", "reason": "Left\nus"}),
        cloud_event("member.banned", "p-3", data={"until": "2026-12-01T00:00:00+01:00"}),
        cloud_event("account.suspended", "p-4", group="", days=0),
    ]

    def send(to, body):
        answer = client.post(
            URL, body, content_type="application/x-ndjson", headers=bearer(to, "events")
        )
        return [verdict["verdict"] for verdict in answer.json()["verdicts"]]

    send(platform, "\n".join(map(json.dumps, sent)))
    exported = whole(get(f"{URL}.ndjson"))
    other = PlatformFactory()

    assert send(other, exported) == ["ACCEPTED"] * 6
    assert send(platform, exported) == ["DUPLICATE"] * 6
    again = client.get(f"{URL}.ndjson", headers=bearer(other, "events"))
    assert sorted(whole(again).splitlines()) == sorted(exported.splitlines())


def test_the_csv_has_the_same_events_and_no_formula(get, platform, group):
    person = AccountFactory(platform=platform, external_id="@ada")
    write(group, hours=2, actor=person, reason='+1, "really"', attributes={"size": 3}, sequence=-7)
    write(group, hours=1, kind="group.archived")

    answer = get(f"{URL}.csv", group="g-42", until="2026-11-02T12:00:00Z")
    rows = list(csv.reader(io.StringIO(whole(answer).decode(), newline="")))

    assert answer["Content-Disposition"] == (
        'attachment; filename="log_2026-11-02_group-g-42_until-2026-11-02T12-00-00Z.csv"'
    )
    assert rows[-1] == []
    assert len(rows) == 4
    first = dict(zip(rows[0], rows[1], strict=True))
    assert first["actor"] == "'@ada"
    assert first["reason"] == '\'+1, "really"'
    assert first["attributes"] == '{"size":3}'
    assert first["time"] == "2026-11-02T10:00:00Z"
    assert first["subject"] == first["until"] == ""


def test_an_export_is_recorded_before_its_first_byte(get, platform, group):
    answer = get(f"{URL}.csv", kind="role.granted", group="g-42")

    entry = AuditEntry.objects.get(action="log.export")
    assert (entry.actor_kind, entry.platform_id) == ("CLIENT", platform.pk)
    assert entry.new == {"format": "csv", "kind": "role.granted", "group_ids": [str(group.pk)]}
    assert not answer.closed


def test_a_file_that_was_cut_off_has_no_empty_line_at_its_end(get, group, monkeypatch):
    for hours in range(1, 6):
        write(group, hours=hours)
    monkeypatch.setattr(log_pages.list_chunks, "__kwdefaults__", {"size": 2})
    found, walk = [], log_pages._walk

    def lose_the_database(*args, **options):
        if len(found) == 2:
            raise OperationalError("gone")
        found.append(walk(*args, **options))
        return found[-1]

    monkeypatch.setattr(log_pages, "_walk", lose_the_database)

    received = []
    with pytest.raises(OperationalError):
        received.extend(get(f"{URL}.ndjson").streaming_content)

    text = b"".join(received)
    assert text.count(b"\n") == 4
    assert text.endswith(b"}\n")
    assert [json.loads(line)["id"] for line in text.splitlines()]


def test_another_format_is_missing(get):
    assert get(f"{URL}.xml").status_code == 404


def test_events_that_arrive_meanwhile_move_nothing_in_a_file(get, group):
    for hours in range(1, 4):
        write(group, hours=hours)
    expected = list(LogEntry.objects.order_by("occurred_at").values_list("event_id", flat=True))

    answer = get(f"{URL}.ndjson")
    write(group, hours=0, occurred_at=AT + timedelta(hours=6))

    lines = whole(answer).splitlines()
    assert [json.loads(line)["id"] for line in lines if line] == expected
