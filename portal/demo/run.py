"""The process tree of `make demo`: database, broker, migrations, data, and what runs on them.

1. One demo at a time per checkout: the kernel lets go of the lock however we end.
2. PostgreSQL and Valkey start as children, unless the environment names others.
3. Migrations run when there are new ones; demo data are loaded once.
4. Web, worker, beat and an invented identity provider start; the addresses and logins are printed.
5. Ctrl-C, SIGTERM, the death of `make` or the end of any child stops the rest in order. Should
   we be killed, the kernel stops the children, and the next start looks for what is left.
"""

import os
import shutil
import signal
import sys
import time
from types import FrameType

from portal.demo import banner, home, preparation
from portal.demo.services import Demo
from portal.embedded import places
from portal.embedded.console import say, step
from portal.embedded.places import Refused
from portal.embedded.processes import Tree, end_with_parent

NEEDED_MEGABYTES = 600
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked the demo to end."""


def main() -> int:
    for number in SIGNALS:
        signal.signal(number, _ask_to_stop)
    end_with_parent()
    home.HOME.mkdir(exist_ok=True)
    lock = places.lock(home.LOCK)
    if lock is None:
        return _say_where_it_runs()
    demo = Demo(servers=Tree(home.SERVERS), accord=Tree(home.PROCESSES))
    try:
        _start(demo)
        _watch(demo)
    except Stopped:
        say("\nStopping …")
    except Refused as refused:
        say(f"\n{refused}")
        return 1
    finally:
        _ignore_signals()
        home.ENVIRONMENT.unlink(missing_ok=True)
        demo.stop()
        lock.close()
    say("Stopped. The data stay in .accord; `make demo` goes on with them.")
    say("`make demo-clean` removes them.")
    return 0


def _start(demo: Demo) -> None:
    started = time.monotonic()
    places.require_space(home.HOME, megabytes=NEEDED_MEGABYTES)
    for name in demo.end_leftovers():
        say(f"  Ended {name}, left over from a demo that was killed.")
    wanted = int(os.environ.get("ACCORD_PORT", "8000"))
    demo.port = places.first_free_port(wanted)
    if demo.port != wanted:
        say(f"  Port {wanted} is taken; Accord takes {demo.port}.")
    demo.issuer_port = places.first_free_port(demo.port + 90)
    with step("Starting PostgreSQL"):
        demo.start_database()
    with step("Starting Valkey"):
        demo.start_broker()
    preparation.prepare(demo)
    shutil.rmtree(home.LOGS, ignore_errors=True)
    with step("Starting web, worker, beat and an issuer"):
        demo.start_accord()
    demo.publish_environment()
    say(f"  Ready in {time.monotonic() - started:.1f} s.\n")
    say(banner.text(banner.read(), url=demo.url))


def _watch(demo: Demo) -> None:
    """Return never: raise Stopped when asked to end, Refused when a child ended."""
    while True:
        if ended := demo.first_ended():
            raise Refused(f"{ended.name} ended, so everything stops. Its log ends:\n{ended.tail()}")
        time.sleep(0.5)


def _say_where_it_runs() -> int:
    address = home.ADDRESS.read_text() if home.ENVIRONMENT.exists() else ""
    if not address:
        say("The demo is starting in another terminal at this moment.")
        return 1
    say(
        f"The demo is already running. Stop it with Ctrl-C in its terminal.\n\n"
        f"{banner.text(banner.read(), url=address)}"
    )
    return 0


def _ask_to_stop(number: int, frame: FrameType | None) -> None:
    _ignore_signals()
    raise Stopped


def _ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
