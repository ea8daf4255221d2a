"""Where embedded servers keep their files, and how they are reached."""

import fcntl
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import IO

# sun_path holds 108 bytes on Linux, 104 elsewhere, with the closing zero.
LONGEST_SOCKET_PATH = 100


class Refused(Exception):
    """Something about this machine stands in the way; the message says what to do."""


def first_free_port(wanted: int, *, tries: int = 100) -> int:
    """Return `wanted`, or the next port on which nobody on 127.0.0.1 listens."""
    for port in range(wanted, wanted + tries):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # As the web server does, so that a port in TIME_WAIT counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Refused(
        f"The ports {wanted} to {wanted + tries - 1} are all taken. Set ACCORD_PORT to a free one."
    )


def socket_folder(folder: Path, *, longest_name: str) -> Path:
    """Return a private folder for a socket: in `folder`, or in /tmp if that path is too long."""
    place = folder / "run"
    if len(os.fsencode(place / longest_name)) > LONGEST_SOCKET_PATH:
        note = folder / "socket-folder"
        if note.exists():
            shutil.rmtree(note.read_text(), ignore_errors=True)
        place = Path(tempfile.mkdtemp(prefix="accord-"))
        note.write_text(str(place))
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def lock(path: Path) -> IO[str] | None:
    """Take a lock that the kernel lets go of when we end, in whatever way. None: it is taken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def require_space(folder: Path, *, megabytes: int) -> None:
    free = shutil.disk_usage(folder).free // 2**20
    if free < megabytes:
        raise Refused(
            f"Only {free} MB are free on the disk of {folder}; this needs {megabytes} MB. "
            "Free some space, or put the checkout on another disk."
        )
