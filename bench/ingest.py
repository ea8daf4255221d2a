"""Batches over HTTP against COPY, against Django's ordinary way, and against being sent again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import psycopg

from bench import client, data, rows, state
from bench.measuring import Figure, interleave, ratios
from bench.servers import Servers, Web

CLIENTS = 4
PATH = "/api/v1/events"
# Events of a round, by the size of the batches; the same number of batches for each client.
EVENTS = {1_000: 80_000, 10_000: 120_000}
# By this the ordinary way takes seconds.
ORDINARY_EVENTS = 16_000
REACH = {1_000: 0.7, 10_000: 1.0}


@dataclass(frozen=True, slots=True)
class Scene:
    database: psycopg.Connection
    web: Web
    tokens: list[str]
    events: list[data.Any]

    def posts(self, size: int) -> list[list[bytes]]:
        """Prepare the requests of each client."""
        bodies = data.batches(self.events[: EVENTS[size]], size)
        return [
            [client.post(PATH, body, media_type=data.NDJSON, token=token) for body in mine]
            for token, mine in zip(self.tokens, _deal(bodies), strict=True)
        ]

    def send(self, requests: list[list[bytes]], *, afresh: bool = True) -> float:
        """Send the requests of all clients; return the seconds."""
        if afresh:
            state.restore(self.database)
        connections = self.web.connect(len(requests))
        try:
            return client.drive(connections, requests)
        finally:
            for connection in connections:
                connection.close()


def measure(servers: Servers, *, at: datetime, rounds: int) -> list[Figure]:
    tokens = state.found(at=at, clients=CLIENTS)
    events = data.Events(at=at).take(max(EVENTS.values()))
    with servers.connect() as database, servers.web() as web:
        state.save(database)
        scene = Scene(database, web, tokens, events)
        return [
            figure
            for size in EVENTS
            for figure in _batches(scene, size, rounds=rounds, with_ordinary=size == 1_000)
        ]


def _batches(scene: Scene, size: int, *, rounds: int, with_ordinary: bool) -> list[Figure]:
    events = scene.events[: EVENTS[size]]
    requests = scene.posts(size)
    scene.send(requests)
    lines = rows.lines_of(scene.database, events)
    pieces = [b"".join(lines[n : n + size]) for n in range(0, len(lines), size)]
    whole = b"".join(pieces)
    count = len(events)

    def first() -> float:
        return count / scene.send(requests)

    def again() -> float:
        return count / scene.send(requests, afresh=False)

    measures: list[Callable[[], float]] = [
        lambda: _both(first, again),
        lambda: count / _copy(scene.database, [whole]),
        lambda: count / _copy(scene.database, pieces),
    ]
    replays: list[float] = []

    def _both(first: Callable[[], float], again: Callable[[], float]) -> float:
        rate = first()
        replays.append(again())
        return rate

    if with_ordinary:
        bodies = [rows.as_json(lines[n : n + size]) for n in range(0, ORDINARY_EVENTS, size)]
        ordinary = [
            [client.post("/bench/rows", body, media_type="application/json") for body in mine]
            for mine in _deal(bodies)
        ]
        measures.append(lambda: ORDINARY_EVENTS / scene.send(ordinary))
    ingest, copy, copies, *others = interleave(rounds, *measures)
    del replays[0]  # the warm-up
    what = f"ingest over HTTP, {CLIENTS} clients, batches of {size:,}"
    details = {"events/s": ingest}
    figures = [
        Figure(
            what,
            "text COPY of prepared bytes, one statement",
            ratios(ingest, copy),
            at_least=REACH[size],
            details=details | {"COPY, rows/s": copy},
        ),
        Figure(
            what,
            f"text COPY of prepared bytes, {size:,} rows a statement",
            ratios(ingest, copies),
            details=details | {"COPY, rows/s": copies},
            note="each statement durable by itself, as each batch is",
        ),
    ]
    if others:
        figures.append(
            Figure(
                what,
                "DRF ListSerializer + bulk_create",
                ratios(ingest, others[0]),
                at_least=6,
                details=details | {"DRF, rows/s": others[0]},
            )
        )
    replay = Figure(
        f"replay of batches of {size:,} already stored",
        "first time",
        ratios(replays, ingest),
        at_least=1,
        details={"events/s": replays},
    )
    return [*figures, replay]


def _copy(database: psycopg.Connection, pieces: list[bytes]) -> float:
    state.restore(database)
    started = time.perf_counter()
    for piece in pieces:
        with database.cursor().copy(rows.COPY_IN) as copy:
            copy.write(piece)
    return time.perf_counter() - started


def _deal(bodies: list[bytes]) -> list[list[bytes]]:
    return [bodies[number::CLIENTS] for number in range(CLIENTS)]
