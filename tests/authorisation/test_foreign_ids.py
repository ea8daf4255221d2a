"""Bar 22: on every address with an id, a foreign one answers exactly like a missing one.

The addresses come from the resolver, what is sent there from the matrix, and the foreign ids from
the same rows with the two platforms of the world changed over.
"""

import re
from dataclasses import replace
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import transaction

from identity.roles import Role
from portal.core.ids import uuid7
from tests import partners
from tests.authorisation import digests, routes
from tests.authorisation.asking import address, ask
from tests.authorisation.dialog_rows import WINDOW
from tests.authorisation.matrix import ROWS
from tests.authorisation.people import SCOPES, Person, Who
from tests.authorisation.rows import Cell
from tests.factories.identity import staff_user

pytestmark = pytest.mark.django_db
IDS = {"id", "pk", "object_id", "reference", "run_id", "event_key"}


def with_ids():
    return {route.pattern for route in routes.all_routes() if IDS & set(route.params)}


def tells_nothing(row):
    """Rows that name a record which is not everybody's to see."""
    cells = set(row.cells.values())
    return row.route in with_ids() and (Cell.ALLOW not in cells or len(cells) > 1)


PRIVATE = [row for row in ROWS if tells_nothing(row) and row.cells[Who.FOREIGN_STAFF] != Cell.ALLOW]


def test_every_route_with_an_id_is_tried_here():
    untried = with_ids() - {row.route for row in PRIVATE}
    # A bare id in the admin leads to the page of the record, whatever the id. Windows and purges
    # are of all platforms: no id of one is foreign.
    known = (
        "/<path:object_id>/",
        *(WINDOW + step for step in ("approve_window/", "withdraw_window/")),
        "admin/core/purgerun/<path:object_id>/start_purge/",
        "admin/core/purgerun/<uuid:run_id>/progress/",
    )
    assert {route for route in untried if not route.endswith(known)} == set()


@pytest.fixture(scope="module")
def insiders(world):
    """Who may do most on this platform: all roles, the owner of groups, all scopes."""
    platform = world.here.platform
    return {
        "staff": Person(user=staff_user(platform, *Role), has_factor=True),
        "owner": world.people[Who.OWNER],
        "client": Person(headers=partners.bearer(platform, SCOPES)),
    }


@pytest.mark.parametrize("row", PRIVATE, ids=str)
def test_a_foreign_id_answers_like_a_missing_one(row, world, insiders):
    elsewhere = replace(world, here=world.there, there=world.here)
    foreign = row.params(elsewhere)
    missing = {name: _missing(value) if name in IDS else value for name, value in foreign.items()}
    for name, person in insiders.items():
        answers = []
        before = digests.versions()
        for params in (foreign, missing):
            cache.clear()
            with transaction.atomic():
                url = address(row, elsewhere, **params)
                answers.append(_shape(ask(row, elsewhere, person, Who.OWNER, url), params))
                assert digests.versions() == before
                transaction.set_rollback(True)
        assert answers[0] == answers[1], name


def _missing(value):
    if isinstance(value, UUID):
        return uuid7()
    if isinstance(value, int):
        return value + 1_000_000
    prefix, number = value.split("-")
    return f"{prefix}-{'9' * len(number)}"


CHANGING = [
    re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"'),
    re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"),  # request ids
    re.compile(rb'nonce="[^"]+"'),
]
UNTOLD = {"Set-Cookie", "X-Request-ID", "Content-Security-Policy"}


def _shape(response, params):
    """Return what the asker can tell from the answer, without the id they sent themselves."""
    body = response.content
    for pattern in CHANGING:
        body = pattern.sub(b"", body)
    headers = {name: value for name, value in response.items() if name not in UNTOLD}
    for value in params.values():
        body = body.replace(str(value).encode(), b"[id]")
        headers = {name: text.replace(str(value), "[id]") for name, text in headers.items()}
    return response.status_code, headers, body
