"""Who is responsible, whose groups, and a night's work, over a million accounts and tenures."""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg

from bench import crowd
from bench.measuring import Figure, interleave, ratios
from bench.servers import Servers

# Of one round the median of so many reads is kept.
READS = 400
PAGES = 9
# Asked one by one, to know what the whole loop over MANY would take.
ASKED = 500
NIGHT_SECONDS = 10.0
SQL_MS = 2.0
PLAIN_JOIN = """
SELECT t.id, t.role, t.period, g.*, a.*, p.*
FROM groups_tenure t JOIN groups_group g ON g.id = t.group_id
    JOIN core_platform p ON p.id = g.platform_id
    JOIN identity_account a ON a.id = t.account_id
WHERE a.user_id = %s AND upper_inf(t.period)
ORDER BY g.name, t.id LIMIT 51
"""


def measure(servers: Servers, *, at: datetime, rounds: int) -> list[Figure]:
    started = time.monotonic()
    with servers.connect() as database:
        crowd.fill(database, at=at)
        seconds = time.monotonic() - started
        figures = [
            *_responsible(database, at, rounds),
            *_my_groups(rounds),
            *_nights(at, rounds),
        ]
    note = f"loading {crowd.ACCOUNTS:,} accounts and as many tenures took {seconds:.0f} s"
    return [*figures, Figure("a crowd", "", [], note=note)]


def _responsible(database: psycopg.Connection, at: datetime, rounds: int) -> list[Figure]:
    """Time the statements that the function sends, and the whole of it, in ms."""
    from groups.models import Group, Tenure
    from groups.queries import tenures

    groups = list(Group.objects.order_by("?")[:READS])
    keys = list(Tenure.objects.order_by("?").values_list("pk", flat=True)[:READS])
    choose = random.Random(1)
    instants = [at - timedelta(days=choose.random() * 890) for _ in groups]
    asked = list(zip(groups, instants, strict=True))
    statements = [
        tenures.list_held(group=group, at=instant).query.sql_with_params()
        for group, instant in asked
    ]

    def send(statement: tuple[str, Any]) -> None:
        database.execute(*statement).fetchall()

    def key(pk: Any) -> None:
        database.execute("SELECT * FROM groups_tenure WHERE id = %s", [pk]).fetchall()

    def ask(one: tuple[Group, datetime]) -> None:
        tenures.get_responsible(group=one[0], at=one[1])

    def get(pk: Any) -> None:
        Tenure.objects.select_related("account").get(pk=pk)

    ours, plain = _alternately(rounds, (send, statements), (key, keys))
    whole, got = _alternately(rounds, (ask, asked), (get, keys))
    what = f"who was responsible, over {crowd.ACCOUNTS:,} tenures"
    note = "one statement, planned once a connection, as the read by key is"
    return [
        Figure(f"{what}, its SQL", "", ours, unit="ms", at_most=SQL_MS, note=note),
        Figure(
            f"{what}, its SQL",
            "a read by primary key",
            ratios(ours, plain),
            at_most=1.5,
            details={"ours, ms": ours, "by key, ms": plain},
        ),
        Figure(
            f"{what}, in Python",
            "a read by primary key with its account, in Python",
            ratios(whole, got),
            details={"ours, ms": whole, "by key, ms": got},
        ),
    ]


def _my_groups(rounds: int) -> list[Figure]:
    from django.db import connection

    from groups.models import Group
    from groups.queries import dashboard
    from identity.models import Account

    account = Account.objects.select_related("user").get(external_id="a-1")
    few = Account.objects.select_related("user").get(external_id="a-21")
    user = account.user
    assert user
    assert few.user
    held = list(Group.objects.filter(tenures__account=account, tenures__ended=None)[:ASKED])

    def page(of: Any = user) -> None:
        list(dashboard.list_groups(user=of)[:51])

    def join() -> None:
        with connection.cursor() as cursor:
            cursor.execute(PLAIN_JOIN, [user.pk])
            cursor.fetchall()

    def loop() -> float:
        started = time.perf_counter()
        for group in held:
            user.has_perm("groups.answer_cases", group)
        return (time.perf_counter() - started) * 1e3 * crowd.MANY / ASKED

    with _listening() as many_heard:
        page()
    with _listening() as few_heard:
        page(few.user)
    ours, plain, asked = interleave(
        rounds, lambda: _times(PAGES, page), lambda: _times(PAGES, join), loop
    )
    what = f"my groups, one page of {crowd.MANY:,}"
    return [
        Figure(
            what,
            "the plain role join",
            ratios(ours, plain),
            at_most=1.5,
            details={"page, ms": ours, "join, ms": plain},
            note=f"{len(many_heard)} statement, {len(few_heard)} for a person with two groups",
        ),
        Figure(
            what,
            f"has_perm for each of the {crowd.MANY:,}, from {ASKED}",
            ratios(asked, ours),
            at_least=50,
            details={"page, ms": ours, "has_perm for each, ms": asked},
        ),
    ]


def _nights(at: datetime, rounds: int) -> list[Figure]:
    """Run one night after the other: each has its own share of what runs out and is due."""
    from groups.actions import claims, risks, sweeps, verification_notices
    from groups.queries import ending_verifications
    from identity.actions import verifications
    from portal.core.actors import Actor

    by, batch = Actor.system("bench"), 500
    times: dict[str, list[float]] = {}
    counts: dict[str, list[int]] = {}

    def until_done(act: Callable[..., int], now: datetime, **more: Any) -> int:
        done = 0
        while found := act(by=by, at=now, limit=batch, **more):
            done += found
        return done

    def remind(now: datetime) -> int:
        days = ending_verifications.REMINDERS
        return sum(until_done(verification_notices.remind, now, days=one) for one in days)

    steps: dict[str, Callable[[datetime], int]] = {
        "attestations that ran out": lambda now: until_done(verifications.note_expired, now),
        "claims awarded": lambda now: until_done(sweeps.award_claimed, now),
        "claims lapsed": lambda now: until_done(claims.expire, now),
        "groups frozen": lambda now: until_done(sweeps.step_ownerless, now),
        "managers told": lambda now: until_done(sweeps.remind_ownerless, now),
        "groups at risk": lambda now: sum(risks.note(by=by, at=now)),
    }
    besides = {"reminders of ends": remind}
    totals = []
    for night in range(rounds + 1):
        now, total = at + timedelta(days=night), 0.0
        for name, step in (steps | besides).items():
            started = time.perf_counter()
            count = step(now)
            seconds = time.perf_counter() - started
            total += seconds if name in steps else 0.0
            if night:
                times.setdefault(name, []).append(seconds)
                counts.setdefault(name, []).append(count)
        if night:
            totals.append(total)
    details = {f"{name} ({statistics.median(counts[name]):,.0f}), s": times[name] for name in times}
    what = f"a night's expiry and succession over {crowd.ACCOUNTS:,} accounts"
    return [Figure(what, "", totals, unit="s", at_most=NIGHT_SECONDS, details=details)]


@contextmanager
def _listening() -> Iterator[list[tuple[str, Any]]]:
    """Note every statement with its values."""
    from django.db import connection

    heard: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, values: Any, *rest: Any) -> Any:
        heard.append((sql, values))
        return execute(sql, values, *rest)

    with connection.execute_wrapper(note):
        yield heard


def _alternately(
    rounds: int, *reads: tuple[Callable[[Any], Any], Sequence[Any]]
) -> list[list[float]]:
    """Return the median time of each kind of read in ms, round by round, after one to warm up.

    One read of a kind follows one of another, so that a busy moment of the machine meets them all.
    """
    medians: list[list[float]] = [[] for _ in reads]
    for number in range(rounds + 1):
        times: list[list[float]] = [[] for _ in reads]
        for each in zip(*(what for _, what in reads), strict=True):
            for (read, _), one, kept in zip(reads, each, times, strict=True):
                started = time.perf_counter()
                read(one)
                kept.append((time.perf_counter() - started) * 1e3)
        if number:
            for median, kept in zip(medians, times, strict=True):
                median.append(statistics.median(kept))
    return medians


def _each(read: Callable[[Any], Any], what: Sequence[Any]) -> float:
    """Return the median time of a read, in ms."""
    times = []
    for one in what:
        started = time.perf_counter()
        read(one)
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times)


def _times(number: int, act: Callable[[], None]) -> float:
    return _each(lambda _: act(), range(number))
