"""An embedded PostgreSQL and Valkey that keep what they acknowledge, and granian as in production.

`running` names them in the environment before Django reads its settings.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil
import psycopg

from bench.client import Connection
from portal.embedded import places, postgres, valkey
from portal.embedded.console import say
from portal.embedded.processes import Child, Tree, end_with_parent
from portal.embedded.run import own_folder, remove_data

ROOT = Path(__file__).resolve().parents[1]
DATABASE = "accord_bench"
NEEDED_MEGABYTES = 12_000
WEB_SECONDS = 60
# More than portal.core.shedding gives places for batches, so that a refusal does not wait.
THREADS = 10
# Made-up secrets: nothing here outlives the run.
PRODUCTION = {
    "ACCORD_MODE": "production",
    "DJANGO_SETTINGS_MODULE": "bench.settings",
    "SECRET_KEY": "bench-only-9f1c4e7ab2d8305c6e1f4a7b9d2c8e5f3a6b1d4c7e0f9a2b5c8d1e4f",
    "FIELD_KEYS": "bench:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "SIGNING_KEY": "HwAeAR0CHAMbBBoFGQYYBxcIFgkVChQLEwwSDREOEA8=",
    "ALLOWED_HOSTS": "127.0.0.1,testserver",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "PUBLIC_URL": "https://accord.example",
    # The clients of the bench send more than a partner may; counting them still costs.
    "API_REQUESTS_PER_MINUTE": "100000000",
    # Of our own process; the web server logs what it does by default.
    "LOG_LEVEL": "WARNING",
}


@dataclass
class Web:
    """A running granian."""

    child: Child
    port: int

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.child.popen.pid).children(recursive=True)

    def spread(self, connections: list[Connection]) -> list[int]:
        """Return how many of the connections each worker serves."""
        ours = {connection.port for connection in connections}
        counts = []
        for worker in self.workers():
            found = worker.net_connections(kind="tcp")
            counts.append(sum(1 for one in found if one.raddr and one.raddr.port in ours))
        return sorted(counts, reverse=True)

    def connect(self, count: int) -> list[Connection]:
        """Open `count` connections that the workers share evenly.

        The workers race for each new connection, and with few of them one may get all; a real
        platform opens more, and its load balancer spreads them.
        """
        connections: list[Connection] = []
        for _ in range(200):
            connections = [Connection(self.port) for _ in range(count)]
            time.sleep(0.02)
            spread = self.spread(connections)
            if spread and max(spread) - min(spread) <= 1:
                return connections
            for connection in connections:
                connection.close()
        raise places.Refused(f"The web workers never shared {count} connections evenly.")


@dataclass
class Servers:
    tree: Tree
    folder: Path
    database_url: str
    broker_url: str
    _webs: list[Child] = field(default_factory=list)

    def connect(self, *, database: str | None = None) -> psycopg.Connection:
        """Open a connection of our own, in autocommit."""
        url = self.database_url
        if database:
            url = url.replace(f"/{DATABASE}?", f"/{database}?")
        return psycopg.connect(url, autocommit=True)

    @contextmanager
    def web(self, *, workers: int = 2) -> Iterator[Web]:
        """Serve Accord until the block ends."""
        port = places.first_free_port(18_000)
        options = ["--interface", "wsgi", "--workers", str(workers)]
        options += ["--blocking-threads", str(THREADS), "--host", "127.0.0.1", "--port", str(port)]
        options += ["--http", "1", "--no-ws", "--workers-kill-timeout", "5"]
        command = [sys.executable, "-m", "granian", "portal.wsgi:application", *options]
        env = os.environ | {"LOG_LEVEL": "INFO"}
        child = self.tree.start("Web", command, log=self.folder / "web.log", env=env, cwd=ROOT)
        try:
            _wait_until_it_answers(child, port)
            yield Web(child, port)
        finally:
            child.popen.terminate()
            child.popen.wait()
            self.tree.children.remove(child)


@contextmanager
def running(*, memory: str = "128MB") -> Iterator[Servers]:
    """Start them; `memory` is what PostgreSQL keeps pages in."""
    folder, _held = own_folder(ROOT / ".accord" / "bench")
    places.require_space(folder, megabytes=NEEDED_MEGABYTES)
    tree = Tree(folder / "processes.json")
    end_with_parent()
    try:
        tree.end_leftovers()
        remove_data(folder)
        place = folder / "postgres"
        url = postgres.start(tree, place, database=DATABASE, durable=True, say=say, memory=memory)
        broker = valkey.start(tree, folder / "valkey")
        os.environ |= PRODUCTION | {
            "DATABASE_URL": url,
            "BROKER_URL": broker,
            "CACHE_URL": broker,
        }
        manage("migrate", "--verbosity", "0")
        yield Servers(tree, folder, url, broker)
    finally:
        tree.stop()
        remove_data(folder)


def manage(*arguments: str) -> None:
    command = [sys.executable, "-W", "ignore", "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


def _wait_until_it_answers(child: Child, port: int) -> None:
    deadline = time.monotonic() + WEB_SECONDS
    request = Request(f"http://127.0.0.1:{port}/healthz", headers={"X-Forwarded-Proto": "https"})
    while True:
        try:
            with urlopen(request, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            pass
        if child.popen.poll() is not None or time.monotonic() > deadline:
            raise places.Refused(f"The web server did not start. Its log ends:\n{child.tail()}")
        time.sleep(0.1)
