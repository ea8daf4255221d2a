"""The log of a group on the dashboard: of those who hold a role in it now."""

import json

import pytest
from django.urls import reverse

from groups.views import visitor
from portal.core.models import AuditEntry
from tests.factories.groups import GroupFactory
from tests.factories.identity import AccountFactory
from tests.factories.log import make_days, write
from tests.groups.views.reading import words


@pytest.fixture(autouse=True)
def days(noon):
    make_days()


def log_of(place):
    return reverse("groups:log", args=[place.group.pk])


def whats(page):
    return [row["what"] for row in page.context["rows"]]


def test_it_shows_the_events_of_the_group_with_the_platforms_ids(as_user, place):
    write(place.group, hours=1, subject=place.member, actor=place.manager, role="manager")
    write(place.group, hours=2, kind="member.removed", reason="<b>Spam</b>", old_role="owner")
    write(GroupFactory(platform=place.platform), hours=3, kind="group.archived")

    page = as_user(place.owner).get(log_of(place))

    assert whats(page) == ["Role granted", "Member removed"]
    assert place.member.external_id in words(page)
    assert place.manager.external_id in words(page)
    assert place.member.display_name not in words(page)
    assert "<b>Spam</b>" in words(page)


def test_what_a_platform_adds_for_its_staff_stays_away(as_user, place):
    write(place.group, attributes={"note": "canary"}, caused_by="c-1")
    client = as_user(place.manager)

    file = client.get(reverse("groups:log_file", args=[place.group.pk, "ndjson"]))

    event = json.loads(b"".join(file.streaming_content))
    assert event["data"] == {"caused_by": "c-1"}
    assert "canary" not in words(client.get(log_of(place)))


def test_filters_and_pages(as_user, place, monkeypatch):
    monkeypatch.setattr(visitor, "PAGE", 2)
    for hours in range(1, 4):
        write(place.group, hours=hours, subject=place.member)
    write(place.group, hours=5, kind="member.removed")
    client = as_user(place.owner)

    by_kind = client.get(log_of(place), {"kind": "member.removed"})
    first = client.get(log_of(place), {"account": place.member.external_id})
    second = client.get(log_of(place) + first.context["older_url"])

    assert whats(by_kind) == ["Member removed"]
    assert [len(whats(first)), len(whats(second))] == [2, 1]
    assert second.context["older_url"] == ""
    assert whats(client.get(log_of(place) + second.context["newer_url"])) == whats(first)


def test_an_account_that_nobody_has_answers_like_one_that_did_nothing_here(as_user, place):
    write(place.group, subject=place.member)
    foreign = AccountFactory(external_id="p-foreign")
    client = as_user(place.owner)

    pages = [
        words(client.get(log_of(place), {"account": name})).replace(name, "")
        for name in (place.reporter.external_id, foreign.external_id, "p-nobody")
    ]

    assert "Nothing fits the filter." in pages[0]
    assert pages == [pages[0]] * 3


def test_a_filter_that_cannot_be_is_explained(as_user, place):
    client = as_user(place.owner)

    for address in (log_of(place), reverse("groups:log_file", args=[place.group.pk, "csv"])):
        page = client.get(address, {"since": "yesterday", "kind": "message.sent"})

        assert page.status_code == 422
        assert "Give “From” as a date and a time." in words(page)
        assert "Choose “What happened” from the list." in words(page)
    assert client.get(log_of(place), {"cursor": "x"}).status_code == 400


def test_the_file_has_what_the_page_shows_and_is_recorded(as_user, place):
    write(place.group, hours=1, subject=place.member, reason="@home")
    write(place.group, hours=2, kind="member.removed")
    client = as_user(place.owner)
    page = client.get(log_of(place), {"kind": "role.granted"})
    assert f"{reverse('groups:log_file', args=[place.group.pk, 'csv'])}?kind=role.granted" in (
        page.content.decode()
    )

    file = client.get(
        reverse("groups:log_file", args=[place.group.pk, "csv"]), {"kind": "role.granted"}
    )
    lines = b"".join(file.streaming_content).decode().splitlines()

    assert file["Content-Disposition"] == (
        'attachment; filename="log_2026-11-02_group-g-owls_kind-role.granted.csv"'
    )
    assert len(lines) == 3
    assert "'@home" in lines[1]
    entry = AuditEntry.objects.get(action="log.export")
    assert (entry.actor_id, entry.platform_id) == (place.owner.user_id, place.platform.pk)
    assert entry.new["group_ids"] == [str(place.group.pk)]
    assert client.get(reverse("groups:log_file", args=[place.group.pk, "xml"])).status_code == 404
