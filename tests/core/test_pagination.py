from datetime import timedelta

import pytest
from django.core.exceptions import FieldError

from portal.core import pagination
from portal.core.models import OutboxEvent
from portal.core.pagination import Keyset
from tests.factories.base import AT
from tests.factories.core import OutboxEventFactory

CLIENT = {"X-Client": "0192e7a0-0000-7000-8000-000000000001"}


@pytest.fixture
def events(platform):
    """Eleven events, of which groups of three share their time."""
    times = [AT + timedelta(seconds=n // 3) for n in range(11)]
    return [OutboxEventFactory(platform=platform, created_at=time) for time in times]


def walk(keyset, size, cursor=None, way="next"):
    pages = []
    while True:
        page = keyset.page(OutboxEvent.objects.all(), cursor=cursor, size=size)
        pages.append([row.id for row in page.rows])
        cursor = getattr(page, way)
        if cursor is None:
            return pages, page


@pytest.mark.parametrize("size", [1, 2, 3, 4, 10, 11, 12])
@pytest.mark.parametrize("fields", [("created_at", "id"), ("-created_at", "-id"), ("id",)])
def test_pages_forward_and_back_hold_every_row_once_and_in_order(events, fields, size):
    keyset = Keyset(*fields)
    expected = list(OutboxEvent.objects.order_by(*fields).values_list("id", flat=True))

    forward, last = walk(keyset, size)
    assert [row for page in forward for row in page] == expected
    assert all(len(page) == size for page in forward[:-1])

    if last.previous:
        back, first = walk(keyset, size, last.previous, "previous")
        assert [row for page in reversed(back) for row in page] == expected[: -len(last.rows)]
        assert first.previous is None


def test_rows_that_arrive_on_earlier_pages_move_nothing(events, platform):
    keyset = Keyset("-created_at", "-id")
    page = keyset.page(OutboxEvent.objects.all(), cursor=None, size=4)
    OutboxEventFactory(platform=platform, created_at=AT + timedelta(days=1))

    following = keyset.page(OutboxEvent.objects.all(), cursor=page.next, size=4)

    newest_first = sorted(events, key=lambda e: (e.created_at, e.id), reverse=True)
    assert following.rows == newest_first[4:8]


def test_a_page_is_one_query_and_no_offset(events, django_assert_num_queries):
    keyset = Keyset("created_at", "id")
    cursor = keyset.page(OutboxEvent.objects.all(), cursor=None, size=4).next

    with django_assert_num_queries(1) as queries:
        keyset.page(OutboxEvent.objects.all(), cursor=cursor, size=4)

    assert "OFFSET" not in queries[0]["sql"]


def test_a_keyset_may_follow_relations(events):
    keyset = Keyset("platform__slug", "id")

    pages, _ = walk(keyset, 5)

    assert [len(page) for page in pages] == [5, 5, 1]


def test_a_keyset_runs_in_one_direction():
    with pytest.raises(FieldError):
        Keyset("-created_at", "id")


def test_a_cursor_of_another_list_or_a_changed_one_is_refused(events):
    cursor = Keyset("id").page(OutboxEvent.objects.all(), cursor=None, size=2).next
    changed = ("A" if cursor[0] != "A" else "B") + cursor[1:]

    for keyset, bad in [(Keyset("created_at", "id"), cursor), (Keyset("id"), changed)]:
        with pytest.raises(pagination.BadCursor):
            keyset.page(OutboxEvent.objects.all(), cursor=bad, size=2)


@pytest.mark.urls("tests.core.api")
def test_the_api_links_its_pages(events, client):
    subjects, url = [], "/api/v1/events?limit=4"
    while url:
        page = client.get(url, headers=CLIENT).json()
        subjects += page["results"]
        url = page["next"]

    in_order = sorted(events, key=lambda event: (event.created_at, event.id))
    assert subjects == [event.subject for event in in_order]
    assert page["previous"].startswith("http://testserver/api/v1/events?limit=4&cursor=")


@pytest.mark.urls("tests.core.api")
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("cursor=x", "bad-cursor"),
        ("cursor=%00", "bad-cursor"),
        ("limit=0", "bad-limit"),
        ("limit=201", "bad-limit"),
        ("limit=-1", "bad-limit"),
        ("limit=000200999999999", "bad-limit"),
        ("limit=99999999999999999999", "bad-limit"),
        ("limit=%D9%A3", "bad-limit"),
    ],
)
def test_a_bad_cursor_or_limit_is_a_problem(client, db, query, code):
    response = client.get(f"/api/v1/events?{query}", headers=CLIENT)

    assert (response.status_code, response.json()["code"]) == (400, code)
