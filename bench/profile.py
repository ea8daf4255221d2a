"""Where the time of one ingest request goes: inside this process, through Django's test client."""

import cProfile
import io
import pstats
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from rich.console import Console

from bench import data, state

SIZES = (1_000, 10_000)
LINES = 30


def show(*, at: datetime, console: Console) -> None:
    from django.db import connection  # settings are named only now
    from django.test import Client

    token = state.found(at=at, clients=1)[0]
    web = Client(headers=state.HEADERS | {"authorization": f"Bearer {token}"})
    events = data.Events(at=at)

    def send(size: int) -> float:
        body = data.batches(events.take(size), size)[0]
        started = time.perf_counter()
        answer = web.post("/api/v1/events", body, content_type=data.NDJSON)
        assert answer.status_code == 200, answer.content[:300]
        return time.perf_counter() - started

    for size in SIZES:
        send(size)
        plain = [send(size) for _ in range(3)]
        statements = _Statements()
        with connection.execute_wrapper(statements):
            seconds = send(size)
        console.print(f"\n[bold]{size:,} events in one request[/]")
        console.print(f"  {min(plain) * 1e3:.1f} ms, without looking: {size / min(plain):,.0f}/s")
        console.print(
            f"  {sum(statements.seconds.values()) * 1e3:.1f} of {seconds * 1e3:.1f} ms in SQL"
            " (COPY is not counted here; see `copy` below)"
        )
        for text, spent in sorted(statements.seconds.items(), key=lambda pair: -pair[1])[:12]:
            times = statements.times[text]
            console.print(f"  {spent * 1e3:8.1f} ms {times:5} x  {text}", markup=False)
        profiler = cProfile.Profile()
        profiler.enable()
        send(size)
        profiler.disable()
        for order in ("cumulative", "tottime"):
            text = io.StringIO()
            pstats.Stats(profiler, stream=text).sort_stats(order).print_stats(LINES)
            console.print(text.getvalue(), markup=False)


class _Statements:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.times: dict[str, int] = defaultdict(int)

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            text = " ".join(sql.split())[:110]
            self.seconds[text] += time.perf_counter() - started
            self.times[text] += 1
