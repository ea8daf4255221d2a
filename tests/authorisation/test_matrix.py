"""Bar 21: every route, admin page and dialog × method × role, executed."""

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from tests.authorisation import digests, routes
from tests.authorisation.asking import ask
from tests.authorisation.matrix import ROWS
from tests.authorisation.people import Who
from tests.authorisation.rows import Cell

pytestmark = pytest.mark.django_db
TO_SIGN_IN = ("/accounts/login/", "/accounts/2fa/", "/accounts/reauthenticate/")


def outcome(row, response):
    """Return what an answer amounts to, or its status where it amounts to nothing known."""
    status = response.status_code
    if status in (301, 302, 303):
        # Under accounts/ the pages of the second factor are pages like any other.
        asks = TO_SIGN_IN[:1] if row.route.startswith("accounts/") else TO_SIGN_IN
        return Cell.SIGN_IN if response.url.startswith(asks) else Cell.ALLOW
    known = {401: Cell.SIGN_IN, 403: Cell.DENY, 200: Cell.ALLOW}
    known |= {201: Cell.ALLOW, 204: Cell.ALLOW}
    known |= {row.hidden: Cell.HIDDEN, row.denied: Cell.DENY}
    return known.get(status, status)


def test_every_route_is_in_the_matrix():
    assert {route.pattern for route in routes.all_routes()} - {row.route for row in ROWS} == set()


def test_every_row_of_the_matrix_has_its_route():
    assert {row.route for row in ROWS} - {route.pattern for route in routes.all_routes()} == set()


def test_no_row_is_there_twice():
    assert len({str(row) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_meets_what_the_matrix_says(row, world):
    wrong = [error for who in Who if (error := _try(row, world, who))]
    assert not wrong, "\n".join(wrong)


def _try(row, world, who):
    """Ask as `who` and take it back. Return what was wrong, if anything."""
    cache.clear()
    with transaction.atomic():
        rows = world.rows
        if row.before:
            row.before(world, who)
            rows = digests.versions()
        written = digests.writes()
        # What an action refuses halfway is rolled back with it, as it would be in life.
        with transaction.atomic():
            response = ask(row, world, world.people[who], who)
        found, due = outcome(row, response), row.cells[who]
        moved = digests.writes() != written and digests.versions() != rows
        writes = who in row.changes if isinstance(row.changes, set) else row.changes
        if found is Cell.ALLOW and writes:
            connection.check_constraints()
        transaction.set_rollback(True)
    if found != due:
        return f"{who.name}: {found}, not {due.name} ({response.status_code})"
    if moved != (writes and due is Cell.ALLOW):
        return f"{who.name}: {'changed something' if moved else 'changed nothing'}"
    return None
