"""A day leaves the log as a partition, against DELETE + VACUUM of the same rows, under inserts."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import psycopg

from bench import dropping, rows, state
from bench.measuring import Figure, interleave, ratios
from bench.servers import Servers

ROWS, FEW_ROWS = 1_000_000, 100_000
AGE = timedelta(days=200)
READER_SECONDS = 4.0
# It hardly varies.
WAL_ROUNDS = 2
INSERTERS = 2
GENERATED = "bench_day"
GENERATE = f"""
CREATE UNLOGGED TABLE {GENERATED} (LIKE groups_logentry);
INSERT INTO {GENERATED} ({", ".join(rows.COLUMNS)})
SELECT '{{day}}'::timestamptz + n * interval '1 second' * (86400.0 / {ROWS}), gen_random_uuid(),
    (SELECT id FROM core_platform), 'bench/eu-1', md5(n::text), 'content.removed',
    groups.ids[1 + n % array_length(groups.ids, 1)],
    people.ids[1 + (n * 7919) % array_length(people.ids, 1)],
    people.ids[1 + (n * 104729) % array_length(people.ids, 1)],
    NULL, NULL, 'Spam', NULL, NULL, NULL, n, '{{day}}'
FROM generate_series(0::bigint, {ROWS} - 1) n,
    (SELECT array_agg(id) AS ids FROM groups_group) groups,
    (SELECT array_agg(id) AS ids FROM identity_account) people;
VACUUM ANALYZE {GENERATED};
"""
INSERT = f"""INSERT INTO groups_logentry ({", ".join(rows.COLUMNS)})
SELECT now(), %s, id, 'bench/eu-1', 'while-purging', 'account.restored',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, now() FROM core_platform"""


@dataclass
class Waits:
    """How long single inserts took, in milliseconds."""

    all: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        return max(self.all)


def measure(servers: Servers, *, at: datetime, rounds: int) -> list[Figure]:
    state.found(at=at, clients=1)
    day = (at - AGE).date()
    with servers.connect() as database:
        for statement in GENERATE.format(day=day).split(";")[:-1]:
            database.execute(statement)
        scene = Scene(servers, database, at, day)
        figures = _under_inserts(scene, rounds)
        figures += _wal(scene)
        return [*figures, _behind_a_reader(scene, rounds)]


@dataclass
class Scene:
    servers: Servers
    database: psycopg.Connection
    at: datetime
    day: date

    @property
    def table(self) -> str:
        return f"groups_logentry_{self.day:%Y%m%d}"

    def load(self, count: int) -> None:
        """Make the day with `count` rows: the indexes are built when it is attached."""
        begins = datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)
        run = self.database.execute
        run(f"DROP TABLE IF EXISTS {self.table}")
        dropping.forget_seals(self.database)
        run(
            f"CREATE TABLE {self.table}"
            " (LIKE groups_logentry INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
        )
        run(f"INSERT INTO {self.table} SELECT * FROM {GENERATED} LIMIT {count}")
        run(
            f"ALTER TABLE groups_logentry ATTACH PARTITION {self.table}"
            f" FOR VALUES FROM ('{begins.isoformat()}')"
            f" TO ('{(begins + timedelta(days=1)).isoformat()}')"
        )
        run(f"VACUUM ANALYZE {self.table}")
        run("CHECKPOINT")

    def drop(self) -> float:
        """Purge the day as the task does; return the seconds."""
        return dropping.purge(at=self.at, is_gone=self._is_gone)

    def delete(self) -> float:
        started = time.perf_counter()
        self.database.execute(
            "DELETE FROM groups_logentry WHERE occurred_at >= %s AND occurred_at < %s",
            [self.day, self.day + timedelta(days=1)],
        )
        self.database.execute(f"VACUUM {self.table}")
        return time.perf_counter() - started

    def wal(self, work: Callable[[], object]) -> float:
        """Return the bytes of WAL that `work` writes; nobody else may write meanwhile."""
        query = "SELECT pg_current_wal_insert_lsn() - '0/0'"
        before = self.database.execute(query).fetchone()
        work()
        after = self.database.execute(query).fetchone()
        assert before
        assert after
        return float(after[0] - before[0])

    @contextmanager
    def inserts(self) -> Iterator[Waits]:
        """Insert single rows of today over connections of their own until the block ends."""
        waits, ended = Waits(), threading.Event()

        def work() -> None:
            with self.servers.connect() as connection:
                while not ended.is_set():
                    started = time.perf_counter()
                    connection.execute(INSERT, [uuid4()], prepare=True)
                    waits.all.append((time.perf_counter() - started) * 1e3)
                    time.sleep(0.002)

        threads = [threading.Thread(target=work, daemon=True) for _ in range(INSERTERS)]
        for thread in threads:
            thread.start()
        try:
            time.sleep(0.2)
            waits.all.clear()
            yield waits
        finally:
            ended.set()
            for thread in threads:
                thread.join()

    @contextmanager
    def reader(self) -> Iterator[None]:
        """Hold the table as a long report does, for READER_SECONDS from now on."""
        holds = threading.Event()

        def work() -> None:
            with self.servers.connect() as connection, connection.transaction():
                connection.execute("SELECT FROM groups_logentry LIMIT 1")
                holds.set()
                time.sleep(READER_SECONDS)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        holds.wait()
        try:
            yield
        finally:
            thread.join()

    def _is_gone(self) -> bool:
        found = self.database.execute("SELECT to_regclass(%s)", [self.table]).fetchone()
        return found == (None,)


def _under_inserts(scene: Scene, rounds: int) -> list[Figure]:
    waits: list[float] = []
    idle: list[float] = []
    seals: list[float] = []

    def drop(count: int) -> float:
        scene.load(count)
        if count == ROWS and (spent := dropping.seal(at=scene.at)) is not None:
            seals.append(spent)
        with scene.inserts() as calm:
            time.sleep(0.5)
        with scene.inserts() as found:
            seconds = scene.drop()
            # Whoever began to wait at the end is counted too.
            time.sleep(0.1)
        if count == ROWS:
            waits.append(found.longest)
            idle.append(calm.longest)
        return seconds

    def delete() -> float:
        scene.load(ROWS)
        with scene.inserts():
            return scene.delete()

    dropped, few, deleted = interleave(rounds, lambda: drop(ROWS), lambda: drop(FEW_ROWS), delete)
    what = f"purge of a day of {ROWS:,} rows while inserts run"
    milliseconds = {
        "purge, ms": [value * 1e3 for value in dropped],
        "DELETE + VACUUM, ms": [value * 1e3 for value in deleted],
    }
    sealing = Figure(
        f"sealing a day of {ROWS:,} rows before",
        "",
        seals[1:],
        unit="s",
        note="" if seals else "not there: the purge counts and digests the rows itself",
    )
    return [
        Figure(
            f"{what}: time",
            "DELETE + VACUUM of the same rows",
            ratios(dropped, deleted),
            at_most=0.1,
            details=milliseconds,
        ),
        Figure(
            f"{what}: independent of rows",
            f"a day of {FEW_ROWS:,} rows",
            ratios(dropped, few),
            at_most=1.5,
            details={f"{FEW_ROWS:,} rows, ms": [value * 1e3 for value in few]},
        ),
        sealing,
        Figure(
            "longest wait of an insert during that purge",
            "",
            waits[1:],
            unit="ms",
            at_most=100,
            is_worst=True,
            details={"without a purge, ms": idle[1:]},
        ),
    ]


def _wal(scene: Scene) -> list[Figure]:
    def drop() -> float:
        scene.load(ROWS)
        dropping.seal(at=scene.at)
        return scene.wal(scene.drop)

    def delete() -> float:
        scene.load(ROWS)
        return scene.wal(scene.delete)

    dropped = [drop() for _ in range(WAL_ROUNDS)]
    deleted = [delete() for _ in range(WAL_ROUNDS)]
    return [
        Figure(
            f"purge of a day of {ROWS:,} rows: WAL",
            "DELETE + VACUUM of the same rows",
            ratios(dropped, deleted),
            at_most=0.01,
            details={
                "purge, KiB": [value / 1024 for value in dropped],
                "DELETE + VACUUM, KiB": [value / 1024 for value in deleted],
            },
        )
    ]


def _behind_a_reader(scene: Scene, rounds: int) -> Figure:
    waits, spent = [], []
    for _ in range(rounds):
        scene.load(FEW_ROWS)
        dropping.seal(at=scene.at)
        with scene.inserts() as found:
            with scene.reader():
                spent.append(scene.drop())
            time.sleep(0.1)
        waits.append(found.longest)
    return Figure(
        f"the same, with a reader that holds the table for {READER_SECONDS:.0f} s",
        "",
        waits,
        unit="ms",
        at_most=100,
        is_worst=True,
        details={"the purge took, s": spent},
    )
