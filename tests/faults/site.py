"""An Accord of our own to be hurt: a PostgreSQL that keeps what it acknowledges, and granian."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from operator import itemgetter
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psutil
import psycopg

from portal.embedded import places, postgres, valkey
from portal.embedded.processes import Tree
from portal.embedded.run import own_folder, remove_data

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "accord_faults"
PATIENCE = 60
TOKEN = "token-of-the-fault-tests"
NDJSON = "application/x-ndjson"
FOUND = f"""
from datetime import timedelta
from django.utils import timezone
from oauth2_provider.models import get_access_token_model
from identity.models import ApiClient
from portal.core.models import Platform
platform = Platform.objects.create(slug="relay", name="Relay", created_at=timezone.now())
client = ApiClient.objects.create(platform=platform, client_type="confidential",
    authorization_grant_type="client-credentials", client_secret="secret-of-the-fault-tests")
get_access_token_model().objects.create(application=client, token="{TOKEN}", scope="events groups",
    expires=timezone.now() + timedelta(days=1))
"""


class Site:
    def __init__(self, folder):
        self.folder = folder
        self.tree = Tree(folder / "processes.json")
        self.url = self.broker = ""
        self.port = 0
        self.web = None

    def start(self):
        self.tree.end_leftovers()
        remove_data(self.folder)
        self.start_database()
        self.broker = valkey.start(self.tree, self.folder / "valkey")
        self._manage("migrate", "--verbosity", "0")
        self._manage("shell", "--verbosity", "0", "--command", FOUND)
        self.start_web()

    def stop(self):
        self.tree.stop()
        remove_data(self.folder)

    def start_database(self):
        self.url = postgres.start(
            self.tree, self.folder / "postgres", database=DATABASE, durable=True, say=lambda _: None
        )

    def stop_database_at_once(self):
        """Stop PostgreSQL as a power cut does: no session ends in order, nothing is written."""
        child = next(child for child in self.tree.children if child.name == "PostgreSQL")
        child.popen.send_signal(signal.SIGQUIT)
        child.popen.wait(PATIENCE)
        self.tree.children.remove(child)

    def start_web(self, application="portal.wsgi:application", workers=2):
        # granian shares its port, so that two sites that begin at the same moment would too.
        number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        self.port = places.first_free_port(19_000 + 100 * number)
        options = ["--interface", "wsgi", "--workers", str(workers), "--blocking-threads", "4"]
        options += ["--host", "127.0.0.1", "--port", str(self.port), "--http", "1", "--no-ws"]
        options += ["--respawn-failed-workers", "--respawn-interval", "0.1"]
        # A worker that was started again does not always stop when it is asked to.
        options += ["--workers-kill-timeout", "5"]
        self.application = application
        command = [sys.executable, "-m", "granian", application, *options]
        log = self.folder / "web.log"
        self.web = self.tree.start("Web", command, log=log, env=self._env(), cwd=ROOT)
        self.wait_until_well()

    def stop_web(self):
        self.web.popen.terminate()
        self.web.popen.wait(PATIENCE)
        self.tree.children.remove(self.web)

    def have_replaced(self, pid):
        """Wait until another worker took the place of a killed one.

        granian forgets that now and then; then it is started anew, as a supervisor would.
        """
        deadline = time.monotonic() + 10
        while pid in (pids := {worker.pid for worker in self.workers()}) or len(pids) < 2:
            if time.monotonic() > deadline:
                self.stop_web()
                self.start_web(self.application)
                return
            time.sleep(0.05)

    def workers(self):
        """The processes that answer requests, the oldest first."""
        found = []
        for child in psutil.Process(self.web.popen.pid).children():
            # A killed one is still listed for a moment; Python's tracker of resources always is.
            with suppress(psutil.Error):
                if "resource_tracker" not in " ".join(child.cmdline()):
                    found.append((child.create_time(), child))
        return [child for _, child in sorted(found, key=itemgetter(0))]

    def is_well(self):
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return answer.status == 200
        except (HTTPError, URLError, OSError, http.client.HTTPException):
            return False

    def wait_until_well(self):
        wait_until(self.is_well, f"The site is not well. Its log ends:\n{self.web.tail()}")

    def connect(self):
        return psycopg.connect(self.url, autocommit=True)

    def client(self):
        return Client(self.port)

    def _env(self):
        return os.environ | {
            "ACCORD_MODE": "test",
            "DATABASE_URL": self.url,
            "BROKER_URL": self.broker,
            "CACHE_URL": self.broker,
            "API_REQUESTS_PER_MINUTE": "10000000",
            "LOG_LEVEL": "ERROR",
            "PYTHONWARNINGS": "ignore",
        }

    def _manage(self, *arguments):
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self._env(), capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


class Client:
    """One kept-alive connection of a partner, opened anew when it is lost."""

    def __init__(self, port):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def send(self, events, **headers):
        """Send a batch; return its status, headers and body, or None where there was no answer."""
        body = b"\n".join(json.dumps(event).encode() for event in events)
        return self.ask("POST", "/api/v1/events", body, content_type=NDJSON, **headers)

    def ask(self, method, path, body=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"authorization": f"Bearer {TOKEN}"}
        try:
            self.http.request(method, path, body, named)
            answer = self.http.getresponse()
            return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException):
            self.http.close()
            return None

    def close(self):
        self.http.close()


@contextmanager
def site_of_our_own(parent):
    folder, held = own_folder(parent)
    site = Site(folder)
    try:
        site.start()
        yield site
    finally:
        site.stop()
        held.close()


def wait_until(condition, otherwise, *, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)
