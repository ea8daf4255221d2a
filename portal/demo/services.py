"""The servers of the demo and the environment that everything in it runs with."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

from portal.demo import home
from portal.embedded import servers
from portal.embedded.console import say
from portal.embedded.places import Refused
from portal.embedded.processes import Child, Tree, signalled_when_parent_dies

WEB_SECONDS = 60


class Demo:
    def __init__(self, *, servers: Tree, accord: Tree) -> None:
        self.servers = servers
        self.accord = accord
        self.port = 8000
        self.issuer_port = 8090
        self.is_external = bool(os.environ.get("DATABASE_URL"))
        self.database_url = ""
        self.broker_url = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def issuer_url(self) -> str:
        return f"http://127.0.0.1:{self.issuer_port}"

    def end_leftovers(self) -> list[str]:
        return self.accord.end_leftovers() + self.servers.end_leftovers()

    def first_ended(self) -> Child | None:
        return self.accord.first_ended() or self.servers.first_ended()

    def stop(self) -> None:
        """Stop Accord first: it has to finish what it does in the database."""
        self.accord.stop()
        self.servers.stop()

    def start_database(self) -> None:
        self.database_url = servers.start_database(self.servers, home.HOME, durable=True, say=say)

    def start_broker(self) -> None:
        self.broker_url = servers.start_broker(self.servers, home.HOME)

    def settings(self) -> dict[str, str]:
        """Return what makes a process part of this demo. No mail leaves the machine."""
        home.MAIL.mkdir(exist_ok=True)
        return {
            "ACCORD_MODE": "demo",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "DATABASE_URL": self.database_url,
            "BROKER_URL": self.broker_url,
            # What the web processes have to know of each other, such as who looks at a case.
            "CACHE_URL": os.environ.get("CACHE_URL") or self._cache_url(),
            "PUBLIC_URL": self.url,
            "DEMO_ISSUER_URL": self.issuer_url,
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            # The first slash after // would be taken for the end of a host.
            "EMAIL_URL": f"filemail:///{home.MAIL}",
        }

    def _cache_url(self) -> str:
        return "" if self.broker_url.startswith("amqp") else self.broker_url

    def start_accord(self) -> None:
        """Start web, worker and beat, and wait until the web answers."""
        celery = [sys.executable, "-m", "celery", "-A", "portal"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        schedule = ["--schedule", str(home.HOME / "beat-schedule"), "--pidfile="]
        web = self._start("Web", [*_granian(), "--port", str(self.port)])
        issuer = [sys.executable, "-m", "portal.demo.issuer", "--port", str(self.issuer_port)]
        self._start("Issuer", issuer)
        self._start("Worker", [*celery, "worker", "--concurrency", "2", *quiet])
        self._start("Beat", [*celery, "beat", *schedule])
        deadline = time.monotonic() + WEB_SECONDS
        while not self._answers():
            if web.popen.poll() is not None or time.monotonic() > deadline:
                raise Refused(f"The web server did not start. Its log ends:\n{web.tail()}")
            time.sleep(0.1)

    def manage(self, *arguments: str) -> None:
        """Run manage.py in our own session, so that its bars show and Ctrl-C reaches it too."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=home.ROOT,
            env=os.environ | self.settings(),
            preexec_fn=signalled_when_parent_dies(signal.SIGTERM),
            check=False,
        )
        if done.returncode:
            raise Refused(
                f"`manage.py {arguments[0]}` failed; it says why above. "
                "`make demo-clean` and `make demo` start over."
            )

    def publish_environment(self) -> None:
        """Let manage.py in other terminals find this demo."""
        home.ADDRESS.write_text(self.url)
        home.ENVIRONMENT.touch(mode=0o600)
        home.ENVIRONMENT.write_text(json.dumps(self.settings()))

    def _start(self, name: str, command: list[str]) -> Child:
        log = home.LOGS / f"{name.lower()}.log"
        env = os.environ | self.settings() | {"PYTHONUNBUFFERED": "1"}
        return self.accord.start(name, command, log=log, env=env, cwd=home.ROOT)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def _granian() -> list[str]:
    options = ["--interface", "wsgi", "--workers", "2", "--blocking-threads", "10", "--no-ws"]
    options += ["--backpressure", "64", "--respawn-failed-workers"]
    # Only this machine: the logins are printed for everybody to read.
    options += ["--host", "127.0.0.1", "--http", "1", "--workers-kill-timeout", "5"]
    return [sys.executable, "-m", "granian", "portal.wsgi:application", *options]
