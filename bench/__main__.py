"""`make bench`: run the topics, print what was reached, write bench/results.json."""

import argparse
import os
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import django
import psutil
from rich.console import Console
from rich.table import Table

import bench
from bench import results, servers
from bench.measuring import ROUNDS, Figure, short
from portal.embedded.places import Refused

TOPICS = ("ingest", "singles", "purge", "pages", "memory", "overload", "tenures", "standing")
# As the manual of PostgreSQL advises where the database is larger: a part of the machine's memory,
# here enough for the million accounts.
MEMORY = {"standing": "2GB"}
console = Console(width=None if sys.stdout.isatty() else 150, highlight=False)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=bench.__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=", ".join(TOPICS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--full", action="store_true", help="the long run of the memory topic")
    parser.add_argument("--profile", action="store_true", help="where one ingest request goes")
    options = parser.parse_args()
    if unknown := set(options.topics) - set(TOPICS):
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(TOPICS)}.")
    try:
        for topic in options.topics or TOPICS:
            _run(topic, options)
    except Refused as refused:
        console.print(str(refused))
        return 1
    return 0


def _run(topic: str, options: argparse.Namespace) -> None:
    """Each topic has servers of its own, in a process of its own: none warms up another."""
    if "ACCORD_BENCH_TOPIC" not in os.environ:
        arguments = [topic, "--rounds", str(options.rounds)]
        arguments += ["--full"] * options.full + ["--profile"] * options.profile
        command = [sys.executable, "-W", "ignore", "-m", "bench", *arguments]
        subprocess.run(command, env=os.environ | {"ACCORD_BENCH_TOPIC": topic}, check=False)
        return
    started = time.monotonic()
    load = psutil.getloadavg()[0]
    with servers.running(memory=MEMORY.get(topic, "128MB")) as running:
        django.setup()
        at = datetime.now(UTC) - timedelta(seconds=1)
        if options.profile:
            from bench import profile

            profile.show(at=at, console=console)
            return
        figures = _measure(topic, running, at, options)
    seconds = time.monotonic() - started
    _print(topic, figures, seconds)
    results.keep(TOPICS, topic, figures, seconds=seconds, load=load)


def _measure(
    topic: str, running: servers.Servers, at: datetime, options: argparse.Namespace
) -> list[Figure]:
    """Import late: Django's settings read the environment that `running` has set."""
    match topic:
        case "ingest":
            from bench import ingest

            return ingest.measure(running, at=at, rounds=options.rounds)
        case "tenures":
            from bench import tenures

            return tenures.measure(running, at=at, rounds=options.rounds)
        case "standing":
            from bench import standing

            return standing.measure(running, at=at, rounds=options.rounds)
        case "singles":
            from bench import singles

            return singles.measure(running, at=at, rounds=options.rounds)
        case "purge":
            from bench import purge

            return purge.measure(running, at=at, rounds=options.rounds)
        case "pages":
            from bench import pages

            return pages.measure(running, at=at, rounds=options.rounds)
        case "overload":
            from bench import overload

            return overload.measure(running, at=at, rounds=options.rounds)
        case _:
            from bench import memory

            seconds = memory.FULL_SECONDS if options.full else memory.SHORT_SECONDS
            return memory.measure(running, at=at, seconds=seconds)


def _print(topic: str, figures: list[Figure], seconds: float) -> None:
    table = Table(title=f"{topic} ({seconds:.0f} s)", title_justify="left")
    for head in ("what", "against", "median", "min–max", "reach", "", "measured"):
        table.add_column(head, justify="right" if head in ("median", "min–max") else "left")
    words = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}
    for figure in figures:
        spread = f"{short(min(figure.values))}–{short(max(figure.values))}" if figure.values else ""
        median = "–" if figure.median is None else f"{short(figure.median)} {figure.unit}"
        measured = [f"{name} {_spread(values)}" for name, values in figure.details.items()]
        table.add_row(
            figure.what,
            figure.against,
            median,
            spread,
            figure.goal,
            words[figure.is_reached],
            "\n".join(measured + ([figure.note] if figure.note else [])),
        )
    console.print(table)


def _spread(values: Any) -> str:
    middle = statistics.median(values)
    return f"{_number(middle)} ({_number(min(values))}–{_number(max(values))})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
