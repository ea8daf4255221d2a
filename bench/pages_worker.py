"""Asks for pages of the log in a process of its own, and times them and their statements."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

# Of one visit the median of so many requests is kept.
TIMES = 5
DEEP = timedelta(days=120)
CURSOR = "cursor"
GROUP, ACCOUNT, KIND = "g-000000", "p-000000", "member.removed"
QUIET_GROUP, QUIET_ACCOUNT = "g-001900", "p-019000"
# By name: the surface, the filters, and whether the page lies deep.
PAGES: dict[str, tuple[str, dict[str, str], bool]] = {
    "admin, page 1": ("admin", {}, False),
    "admin, deep page": ("admin", {}, True),
    "admin, by group": ("admin", {"group": GROUP}, False),
    "admin, by account": ("admin", {"account": ACCOUNT}, False),
    "admin, by kind": ("admin", {"kind": KIND}, False),
    "dashboard, page 1": ("dashboard", {}, False),
    "dashboard, deep page": ("dashboard", {}, True),
    "dashboard, by account": ("dashboard", {"account": ACCOUNT}, False),
    "dashboard, by kind": ("dashboard", {"kind": KIND}, False),
    "API, page 1": ("api", {}, False),
    "API, deep page": ("api", {}, True),
    "API, by group": ("api", {"group": GROUP}, False),
    "API, by account": ("api", {"account": ACCOUNT}, False),
    "API, by kind": ("api", {"kind": KIND}, False),
}
# Pages that few rows of many fit.
RARE: dict[str, tuple[str, dict[str, str], bool]] = {
    "admin, by a quiet group": ("admin", {"group": QUIET_GROUP}, False),
    "admin, by a quiet account": ("admin", {"account": QUIET_ACCOUNT}, False),
    "admin, by a kind that never came": ("admin", {"kind": "group.migrated"}, False),
    "API, by a quiet account and kind": (
        "api",
        {"account": QUIET_ACCOUNT, "kind": "role.revoked"},
        False,
    ),
}


@dataclass(frozen=True, slots=True)
class Visit:
    """A page's time and that of its slowest statement in ms, or why there is none."""

    milliseconds: float = 0.0
    slowest_query: float = 0.0
    missing: str = ""


def serve(pipe: "Connection[Any, Any]", who: dict[str, str], at: datetime) -> None:
    """Answer names of pages with visits until the other end closes."""
    import django

    django.setup()
    surfaces = _surfaces(who)
    deep = _cursor(at - DEEP)
    known = PAGES | RARE
    while True:
        try:
            name = pipe.recv()
        except EOFError:
            return
        surface, filters, is_deep = known[name]
        query = filters | ({CURSOR: deep} if is_deep else {})
        pipe.send(_visit(surfaces[surface], query))


def _surfaces(who: dict[str, str]) -> dict[str, Callable[[dict[str, str]], Any]]:
    """Return for each surface what asks for its log page with a query."""
    from django.test import Client

    from groups.models import Group
    from identity.models import User

    group = Group.objects.get(external_id=GROUP)
    reviewer = _signed_in(User.objects.get(pk=who["reviewer"]))
    owner = _signed_in(User.objects.get(pk=who["owner"]))
    partner = Client(headers={"authorization": f"Bearer {who['token']}"})
    places = {
        "admin": (reviewer, "/admin/groups/log/"),
        "dashboard": (owner, f"/groups/{group.pk}/log/"),
        "api": (partner, "/api/v1/events"),
    }

    def asks(client: Client, path: str) -> Callable[[dict[str, str]], Any]:
        return lambda query: client.get(f"{path}?{urlencode(query)}", secure=True)

    return {name: asks(*place) for name, place in places.items()}


def _signed_in(user: Any) -> Any:
    """Return a client of a person who proved both factors."""
    from allauth.account.internal.flows.login import record_authentication
    from django.test import Client

    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    record_authentication(SimpleNamespace(session=session), user, "mfa", type="totp")
    session.save()
    return client


def _cursor(position: datetime) -> str:
    from uuid import UUID

    from groups.models import LogEntry
    from portal.core.pagination import FORWARD, Keyset

    keyset = Keyset("-occurred_at", "-event_key")
    row = LogEntry(occurred_at=position, event_key=UUID(int=0))
    return keyset._encode(FORWARD, row)


def _visit(ask: Callable[[dict[str, str]], Any], query: dict[str, str]) -> Visit:
    from django.db import connection

    ask(query)
    pages: list[float] = []
    slowest: list[float] = []
    for _ in range(TIMES):
        statements: list[float] = []
        with connection.execute_wrapper(_timed(statements)):
            started = time.perf_counter()
            answer = ask(query)
            pages.append((time.perf_counter() - started) * 1e3)
        if answer.status_code in (404, 405):
            return Visit(missing=f"it answers {answer.status_code}")
        if answer.status_code != 200:
            where = answer.headers.get("Location", answer.content[:300])
            raise AssertionError(f"{query}: {answer.status_code} {where!r}")
        slowest.append(max(statements, default=0.0))
    return Visit(statistics.median(pages), statistics.median(slowest))


def _timed(statements: list[float]) -> Callable[..., Any]:
    def wrapper(execute: Callable[..., Any], *arguments: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            statements.append((time.perf_counter() - started) * 1e3)

    return wrapper
