"""Three times the clients that fill Accord: what is still taken, and how fast it is over."""

import json
import statistics
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle

from bench import client, data, state
from bench.client import Connection
from bench.ingest import CLIENTS, PATH
from bench.measuring import Figure
from bench.servers import Servers, Web

TIMES = 3
SIZE = 1_000
SECONDS = 8.0
# Distinct bodies of each client; their ids are made new for every request.
BODIES = 3
MARK = b"0123456789abcdef"
BACK_SECONDS = 30.0
# Back to normal: a request takes no longer than so many times what it took before.
NORMAL = 1.5


@dataclass
class Load:
    """What so many clients were answered, and how long each answer took."""

    events: int = 0
    shed: int = 0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def rate(self) -> float:
        return self.events / self.seconds


def measure(servers: Servers, *, at: datetime, rounds: int) -> list[Figure]:
    tokens = state.found(at=at, clients=CLIENTS * TIMES)
    bodies = [_body(at, seed) for seed in range(BODIES)]
    goodput, back, shed, slowest, normal = [], [], [], [], []
    with servers.connect() as database, servers.web() as web:
        state.save(database)
        _load(web, tokens[:CLIENTS], bodies, seconds=SECONDS / 2)
        for _ in range(max(2, rounds // 2)):
            state.restore(database)
            before = _load(web, tokens[:CLIENTS], bodies, seconds=SECONDS)
            during = _load(web, tokens, bodies, seconds=SECONDS)
            usual = statistics.median(before.waits)
            back.append(_until_normal(web, tokens[0], bodies[0], usual))
            goodput.append(during.rate / before.rate)
            shed.append(100 * during.shed / (during.shed + len(during.waits)))
            slowest.append(max(during.waits))
            normal.append(usual)
    return [
        Figure(
            f"goodput with {TIMES} × {CLIENTS} clients, batches of {SIZE:,}",
            f"{CLIENTS} clients",
            goodput,
            at_least=0.8,
            details={
                "refused with 503 or 429, %": shed,
                "longest answer, s": slowest,
                f"median with {CLIENTS} clients, s": normal,
            },
        ),
        Figure("back to normal after it", "", back, unit="s", at_most=BACK_SECONDS, is_worst=True),
    ]


def _body(at: datetime, seed: int) -> bytes:
    events = data.Events(at=at, seed=seed).take(SIZE)
    marked = [event | {"id": f"{MARK.decode()}-{number}"} for number, event in enumerate(events)]
    return data.batches(marked, SIZE)[0]


def _request(body: bytes, token: str, name: str) -> bytes:
    fresh = body.replace(MARK, f"{name:0>16}".encode())
    return client.post(PATH, fresh, media_type=data.NDJSON, token=token)


def _load(web: Web, tokens: list[str], bodies: list[bytes], *, seconds: float) -> Load:
    """Let each client send one request after the other, and wait when it is told to."""
    found, began = Load(), time.monotonic()
    run = f"{time.time_ns() % 10**8}"

    def work(number: int) -> None:
        connection = Connection(web.port)
        for count, body in enumerate(cycle(bodies)):
            request = _request(body, tokens[number], f"{run}{number:02}{count}")
            while time.monotonic() - began < seconds:
                started = time.monotonic()
                answer = connection.send(request)
                wait = time.monotonic() - started
                with found.lock:
                    if answer.status == 200:
                        found.events += json.loads(answer.body)["accepted"]
                        found.waits.append(wait)
                    else:
                        assert answer.status in (429, 503), answer.body[:300]
                        found.shed += 1
                if answer.status == 200:
                    break
                # As long as Retry-After says.
                time.sleep(1)
            else:
                connection.close()
                return

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(tokens))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.seconds = time.monotonic() - began
    return found


def _until_normal(web: Web, token: str, body: bytes, usual: float) -> float:
    """Return the seconds until one request takes as long as before the overload."""
    began = time.monotonic()
    with_one = Connection(web.port)
    for count in range(1000):
        started = time.monotonic()
        answer = with_one.send(_request(body, token, f"{time.time_ns() % 10**8}{count}"))
        now = time.monotonic()
        if answer.status == 200 and now - started <= NORMAL * usual:
            with_one.close()
            return now - began
    raise AssertionError("It never got back to normal.")
