"""A process of its own that takes the whole corpus, and measures what each case costs.

It reads {"database", "authorization", "platform"} from its input, and writes one JSON line a case,
then one of what honest JSON costs here. The memory of a case is how far the resident size rose
above where it stood before.
"""

import ctypes
import gc
import json
import os
import sys
import tempfile
import time
from collections import Counter
from io import StringIO
from pathlib import Path

import django
import time_machine

YARDSTICK = "honest JSON"


def main():
    told = json.loads(sys.stdin.read())
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment

    from tests.factories.base import AT
    from tests.hostile.corpus import BODIES, FILES

    setup_test_environment()
    connection.settings_dict["NAME"] = told["database"]
    with time_machine.travel(AT, tick=False), tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        # What the first request loads and keeps is nobody's.
        send(BODIES["line: a number"], told)
        for name, body in BODIES.items():
            tell(name, body, send, told)
        for name, file in FILES.items():
            tell(name, file, load, told)
        tell(YARDSTICK, None, read_honest, told)


def tell(name, case, take, told):
    costs = {}
    found = take(case, told, costs)
    sys.stdout.write(json.dumps({"name": name, **found, **costs}) + "\n")


def read_honest(_case, _told, costs):
    """Read five times the most that a body may hold with the library that every Python has."""
    from tests.hostile.lines import MIB, good

    event = good()
    body = b"[" + b",".join([event] * (10 * MIB // len(event))) + b"]"
    with Measured(costs):
        for _ in range(5):
            json.loads(body)
    return {}


class Measured:
    def __init__(self, costs):
        self.costs = costs

    def __enter__(self):
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
        self.before = resident("VmHWM")
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def __exit__(self, *raised):
        self.costs["cpu"] = time.process_time() - self.cpu
        self.costs["wall"] = time.perf_counter() - self.wall
        self.costs["mib"] = (resident("VmHWM") - self.before) / 1024


def resident(name):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise LookupError(name)


def send(case, told, costs=None):
    from django.test import Client

    client = Client(raise_request_exception=False)
    content = case.make()
    extra = {
        name if name.isupper() else "HTTP_" + name.upper().replace("-", "_"): value
        for name, value in case.headers.items()
    }
    with Measured({} if costs is None else costs):
        answer = client.generic(
            "POST",
            "/api/v1/events",
            content,
            content_type=case.media_type,
            HTTP_AUTHORIZATION=told["authorization"],
            **extra,
        )
    is_json = "json" in answer.get("Content-Type", "")
    told_of = answer.json() if is_json else {}
    verdicts = told_of.get("verdicts") if isinstance(told_of, dict) else None
    return {
        "status": answer.status_code,
        "media_type": answer.get("Content-Type", ""),
        "codes": None if verdicts is None else [verdict["code"] for verdict in verdicts],
    }


def load(case, told, costs):
    from django.core.management import CommandError, call_command

    from groups.models import ImportRun

    is_gzip = (content := case.make()).startswith(b"\x1f\x8b")
    file = Path(f"{time.perf_counter_ns()}.jsonl{'.gz' if is_gzip else ''}")
    file.write_bytes(content)
    del content
    rejects = file.with_suffix(".rejects")
    error = ""
    with Measured(costs):
        try:
            call_command(
                "import_events",
                file,
                platform=told["platform"],
                rejects=rejects,
                stdout=StringIO(),
            )
        except CommandError as caught:
            error = str(caught)
    run = ImportRun.objects.filter(file_name=file.name).order_by("pk").first()
    file.unlink()
    lines = rejects.read_text().splitlines() if rejects.exists() else []
    return {
        "error": error,
        "accepted": run.accepted if run else 0,
        "refused": Counter(json.loads(line)["code"] for line in lines),
    }


if __name__ == "__main__":
    main()
