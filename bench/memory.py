"""What one ingest worker keeps in memory while batches of 10 MiB come without a pause."""

import time
from datetime import datetime
from secrets import token_hex

import msgspec
import psutil

from bench import client, data, state
from bench.ingest import PATH
from bench.measuring import Figure
from bench.servers import Servers

LINES = 10_000
BODY_BYTES = 10 * 1024 * 1024
FULL_SECONDS, SHORT_SECONDS = 300.0, 60.0
# The log is emptied after so many batches, or it would fill the disk.
EMPTY_AFTER = 20
MIB = 2**20


def measure(servers: Servers, *, at: datetime, seconds: float) -> list[Figure]:
    token = state.found(at=at, clients=1)[0]
    template, mark = _template(at)
    with servers.connect() as database, servers.web(workers=1) as web:
        state.save(database)
        worker = max(web.workers(), key=lambda process: process.memory_info().rss)
        connection = client.Connection(web.port)
        # One small request first: what every worker loads once is no growth.
        small = data.batches(data.Events(at=at).take(100), 100)[0]
        client.drive([connection], [[_post(small, token)]])
        start = worker.memory_info().rss
        sizes: list[tuple[float, int]] = []
        began = time.monotonic()
        sent = 0
        while time.monotonic() - began < seconds:
            body = template.replace(mark, token_hex(len(mark) // 2).encode())
            client.drive([connection], [[_post(body, token)]])
            sizes.append((time.monotonic() - began, _rss(worker)))
            sent += 1
            if sent % EMPTY_AFTER == 0:
                state.restore(database)
        connection.close()
    largest = max(size for _, size in sizes)
    half = sizes[len(sizes) // 2 :]
    return [
        Figure(
            f"memory of one ingest worker, 10 MiB batches for {seconds:.0f} s",
            "its start",
            [(largest - start) / MIB],
            unit="MiB more",
            at_most=64,
            details={
                "start, MiB": [start / MIB],
                "after 3 batches, MiB": [sizes[min(2, len(sizes) - 1)][1] / MIB],
                "largest, MiB": [largest / MIB],
                "batches": [float(sent)],
                "events/s": [sent * LINES / sizes[-1][0]],
            },
        ),
        Figure(
            "the same, growth over its second half",
            "",
            [_slope(half) / MIB * 60],
            unit="MiB a minute",
            at_most=1,
        ),
    ]


def _post(body: bytes, token: str) -> bytes:
    return client.post(PATH, body, media_type=data.NDJSON, token=token)


def _rss(worker: psutil.Process) -> int:
    size: int = worker.memory_info().rss
    return size


def _template(at: datetime) -> tuple[bytes, bytes]:
    """Return a body of 10,000 events with a mark in every id, and the mark."""
    mark = b"0123456789abcdef"
    lines = []
    for number, event in enumerate(data.Events(at=at).take(LINES)):
        lines.append(event | {"id": f"{mark.decode()}-{number:05d}"})
    plain = sum(len(msgspec.json.encode(line)) + 1 for line in lines)
    filler = "x" * max(0, (BODY_BYTES - plain) // LINES - len(',"attributes":{"note":""}') - 30)
    for line in lines:
        attributes = line["data"].get("attributes", {})
        line["data"] = line["data"] | {"attributes": attributes | {"note": filler}}
    body = data.batches(lines, LINES)[0]
    assert len(body) <= BODY_BYTES, len(body)
    assert len(body) > 0.95 * BODY_BYTES, len(body)
    return body, mark


def _slope(points: list[tuple[float, int]]) -> float:
    """Return the slope of the least-squares line, in bytes a second."""
    if len(points) < 2:
        return 0.0
    middle = sum(x for x, _ in points) / len(points)
    level = sum(y for _, y in points) / len(points)
    above = sum((x - middle) * (y - level) for x, y in points)
    below = sum((x - middle) ** 2 for x, _ in points)
    return above / below if below else 0.0
