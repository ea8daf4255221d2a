"""Run a command with a database and a broker that live as long as it does.

    python -m portal.embedded.run COMMAND …

The servers are made for tests: empty, fast, gone afterwards. DATABASE_URL and BROKER_URL are
passed on as they are if they are set. The exit status is the command's.
"""

import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import IO

from portal.embedded import console, servers
from portal.embedded.places import Refused, lock
from portal.embedded.processes import Tree, end_with_parent, signalled_when_parent_dies

CHECKOUT = Path(__file__).resolve().parents[2]


def main(command: Sequence[str]) -> int:
    if not command:
        console.say(__doc__ or "")
        return 2
    folder, _held = own_folder(CHECKOUT / ".accord" / "test")
    tree = Tree(folder / "processes.json")
    end_with_parent()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit)
    try:
        tree.end_leftovers()
        remove_data(folder)
        url = servers.start_database(tree, folder, durable=False, say=console.say)
        broker = servers.start_broker(tree, folder)
        # The command shares our terminal, so Ctrl-C reaches it directly; we wait for it to end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return run(command, os.environ | {"DATABASE_URL": url, "BROKER_URL": broker})
    except Refused as refused:
        console.say(str(refused))
        return 1
    finally:
        tree.stop()
        remove_data(folder)


def own_folder(parent: Path) -> tuple[Path, IO[str]]:
    """Return the first folder that no other run uses, and its lock."""
    for number in itertools.count(1):
        folder = parent / str(number)
        if held := lock(folder / "lock"):
            return folder, held
    raise AssertionError


def remove_data(folder: Path) -> list[str]:
    """Remove the servers' files; return the folders that had to be elsewhere."""
    elsewhere = []
    for server in ("postgres", "valkey"):
        for note in ("outside", "socket-folder"):
            if (path := folder / server / note).exists():
                elsewhere.append(path.read_text())
                shutil.rmtree(elsewhere[-1], ignore_errors=True)
        shutil.rmtree(folder / server, ignore_errors=True)
    return elsewhere


def run(command: Sequence[str], env: dict[str, str]) -> int:
    ends_with_us = signalled_when_parent_dies(signal.SIGTERM)

    def as_a_foreground_program() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        ends_with_us()

    child = subprocess.Popen(command, env=env, preexec_fn=as_a_foreground_program)
    try:
        return child.wait()
    except SystemExit:
        child.terminate()
        child.wait()
        raise


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
