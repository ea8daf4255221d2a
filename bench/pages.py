"""Pages of the log over 10 million rows, against the same pages over 10,000 rows.

Two databases of one server, each with a process of its own that asks Accord's real views through
Django's test client and times every statement.
"""

import multiprocessing
import os
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

import psycopg

from bench import rows, state
from bench.measuring import Figure, interleave
from bench.pages_worker import PAGES, RARE, Visit, serve
from bench.servers import DATABASE, Servers

BIG, SMALL = 10_000_000, 10_000
BIG_DATABASE = f"{DATABASE}_big"
# All of the window, up to yesterday; both databases have the same partitions.
DAYS = 182
LOADERS = 2
SLOWEST_MS = 20.0
# Zipf: the place of a group or an account is exp(a random part of ln(count)).
GENERATE = """
INSERT INTO {table} ({columns})
SELECT %(day)s::timestamptz + (n + random()) * interval '1 second' * (86399.0 / %(rows)s),
    gen_random_uuid(), %(platform)s, 'bench/eu-1', md5(n::text || %(day)s::text), kind,
    CASE WHEN kind NOT LIKE 'account.%%' THEN
        (%(groups)s::uuid[])[floor(exp(random() * ln(%(group_count)s)))::int] END,
    (%(people)s::uuid[])[floor(exp(random() * ln(%(people_count)s)))::int],
    CASE WHEN kind NOT LIKE 'group.%%' THEN
        (%(people)s::uuid[])[floor(exp(random() * ln(%(people_count)s)))::int] END,
    NULL, NULL, CASE WHEN n %% 2 = 0 THEN 'Spam' END, NULL, NULL, NULL, n, %(day)s
FROM (
    SELECT n, CASE
        WHEN dice < 0.55 THEN 'content.removed' WHEN dice < 0.67 THEN 'member.removed'
        WHEN dice < 0.72 THEN 'member.banned' WHEN dice < 0.80 THEN 'member.restricted'
        WHEN dice < 0.86 THEN 'group.size' WHEN dice < 0.90 THEN 'group.updated'
        WHEN dice < 0.92 THEN 'group.policy_changed' WHEN dice < 0.935 THEN 'account.suspended'
        WHEN dice < 0.95 THEN 'account.restored' WHEN dice < 0.98 THEN 'role.granted'
        ELSE 'role.revoked' END AS kind
    FROM (SELECT n, random() AS dice FROM generate_series(0, %(rows)s - 1) n) thrown
) told
"""


def measure(servers: Servers, *, at: datetime, rounds: int) -> list[Figure]:
    from django.db import connections  # settings are named only now

    token = state.found(at=at, clients=1)[0]
    who = people(at)
    connections.close_all()
    with servers.connect(database="postgres") as database:
        database.execute(f"CREATE DATABASE {BIG_DATABASE} TEMPLATE {DATABASE}")
    started = time.monotonic()
    _fill(servers, DATABASE, SMALL, at=at)
    _fill(servers, BIG_DATABASE, BIG, at=at)
    seconds = time.monotonic() - started
    size = _bytes_of_a_row(servers)
    with (
        _visitor(servers, DATABASE, who | {"token": token}, at) as small,
        _visitor(servers, BIG_DATABASE, who | {"token": token}, at) as big,
    ):
        figures = [_compare(name, big, small, rounds) for name in PAGES]
        figures += [_look(name, big, rounds) for name in RARE]
    slowest = [figure.details[SLOWEST] for figure in figures if SLOWEST in figure.details]
    worst = max(slowest, key=statistics.median) if slowest else []
    return [
        *figures,
        Figure(
            f"slowest query of any of these pages over {BIG:,} rows",
            "",
            worst,
            unit="ms",
            at_most=SLOWEST_MS,
            note=f"loading both took {seconds:.0f} s; a row takes {size} bytes with its indexes",
        ),
    ]


SLOWEST = "slowest query, ms"


def people(at: datetime) -> dict[str, str]:
    """Create a member of staff and an owner; return their ids."""
    from allauth.mfa.totp.internal import auth

    from identity.actions import staff
    from identity.models import Account, User
    from portal.core.actors import Actor
    from portal.core.models import Platform

    reviewer = User.objects.create_user(
        "reviewer@bench.example", name="Reviewer", is_staff=True, joined_at=at
    )
    auth.TOTP.activate(reviewer, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    platform = Platform.objects.get()
    staff.assign(user=reviewer, platform=platform, role="REVIEWER", by=Actor.system("bench"), at=at)
    owner = User.objects.create_user("owner@bench.example", name="Owner", joined_at=at)
    Account.objects.filter(external_id="p-000000").update(user=owner)
    return {"reviewer": str(reviewer.pk), "owner": str(owner.pk)}


def _fill(servers: Servers, database: str, count: int, *, at: datetime) -> None:
    days = [(at - timedelta(days=n)).date() for n in range(DAYS, 0, -1)]
    with servers.connect(database=database) as connection:
        found = connection.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'groups_logentry'::regclass"
        )
        for (name,) in found.fetchall():
            connection.execute(f"DROP TABLE {name}")
        values = _values(connection)
    ends = [count * (n + 1) // DAYS for n in range(DAYS)]
    sizes = [end - begin for begin, end in zip([0, *ends], ends, strict=False)]
    work = list(zip(days, sizes, strict=True))
    failures: list[BaseException] = []

    def load(mine: Sequence[tuple[date, int]]) -> None:
        try:
            with servers.connect(database=database) as connection:
                for day, size in mine:
                    _load_day(connection, day, size, values)
        except psycopg.Error as error:
            failures.append(error)

    threads = [threading.Thread(target=load, args=(work[n::LOADERS],)) for n in range(LOADERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    with servers.connect(database=database) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _bytes_of_a_row(servers: Servers) -> int:
    with servers.connect(database=BIG_DATABASE) as connection:
        found = connection.execute(
            "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits"
            " WHERE inhparent = 'groups_logentry'::regclass"
        ).fetchone()
    assert found
    return round(found[0] / BIG)


def _values(connection: psycopg.Connection) -> dict[str, Any]:
    def ids(table: str) -> list[Any]:
        found = connection.execute(f"SELECT id FROM {table} ORDER BY external_id")
        return [pk for (pk,) in found]

    groups, accounts = ids("groups_group"), ids("identity_account")
    platform = connection.execute("SELECT id FROM core_platform").fetchone()
    assert platform
    return {
        "platform": platform[0],
        "groups": groups,
        "group_count": len(groups) + 1,
        "people": accounts,
        "people_count": len(accounts) + 1,
    }


def _load_day(
    connection: psycopg.Connection, day: date, count: int, values: dict[str, Any]
) -> None:
    """Fill a table of its own and attach it: the indexes are built at once, which is faster."""
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    table = f"groups_logentry_{day:%Y%m%d}"
    with connection.transaction():
        connection.execute(
            f"CREATE TABLE {table} (LIKE groups_logentry INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
        )
        generate = GENERATE.format(table=table, columns=", ".join(rows.COLUMNS))
        connection.execute(generate, values | {"day": begins, "rows": count})
    connection.execute(
        f"ALTER TABLE groups_logentry ATTACH PARTITION {table}"
        f" FOR VALUES FROM ('{begins.isoformat()}')"
        f" TO ('{(begins + timedelta(days=1)).isoformat()}')"
    )


class Visitor:
    """The process that asks for pages of one database."""

    def __init__(self, pipe: "Connection[Any, Any]") -> None:
        self._pipe = pipe

    def visit(self, name: str) -> Visit:
        self._pipe.send(name)
        found: Visit = self._pipe.recv()
        return found


@contextmanager
def _visitor(
    servers: Servers, database: str, who: dict[str, str], at: datetime
) -> Iterator[Visitor]:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    before = dict(os.environ)
    os.environ["DATABASE_URL"] = servers.database_url.replace(f"/{DATABASE}?", f"/{database}?")
    os.environ["LOG_LEVEL"] = "ERROR"
    process = spawn.Process(target=serve, args=(theirs, who, at), daemon=True)
    try:
        process.start()
    finally:
        os.environ.clear()
        os.environ |= before
    theirs.close()
    try:
        yield Visitor(ours)
    finally:
        ours.close()
        process.join()


def _compare(name: str, big: Visitor, small: Visitor, rounds: int) -> Figure:
    what, against = f"log page: {name}, {BIG:,} rows", f"{SMALL:,} rows"
    if missing := big.visit(name).missing:
        return Figure(what, against, [], at_most=1.3, note=f"not there: {missing}")
    slowest: list[float] = []

    def visit_big() -> float:
        visit = big.visit(name)
        slowest.append(visit.slowest_query)
        return visit.milliseconds

    large, little = interleave(rounds, visit_big, lambda: small.visit(name).milliseconds)
    return Figure(
        what,
        against,
        [one / other for one, other in zip(large, little, strict=True)],
        at_most=1.3,
        details={f"{BIG:,} rows, ms": large, f"{SMALL:,} rows, ms": little, SLOWEST: slowest[1:]},
    )


def _look(name: str, big: Visitor, rounds: int) -> Figure:
    """A page that 10,000 rows could not fill: only its own time."""
    what = f"log page: {name}, {BIG:,} rows"
    if missing := big.visit(name).missing:
        return Figure(what, "", [], unit="ms", note=f"not there: {missing}")
    visits = [big.visit(name) for _ in range(rounds)]
    return Figure(
        what,
        "",
        [visit.milliseconds for visit in visits],
        unit="ms",
        details={SLOWEST: [visit.slowest_query for visit in visits]},
    )
