"""Processes that end together, however we end.

1. Each child leads a session of its own: Ctrl-C reaches us alone, and we stop them.
2. The kernel signals each child when we die, so that killing us leaves no orphan.
3. A file names every child with the time it began, and what they start themselves inherits a
   mark. Whoever starts next ends what is left of both; a process id that was given to somebody
   else since is recognised by the time.
"""

import contextlib
import ctypes
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 10.0
MARK = "ACCORD_PROCESS_TREE"


@dataclass(frozen=True, slots=True)
class Child:
    name: str
    popen: subprocess.Popen[bytes]
    stop_signal: signal.Signals
    log: Path

    def tail(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Tree:
    def __init__(self, record: Path) -> None:
        self.record = record
        self.children: list[Child] = []

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        owner: pwd.struct_passwd | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> Child:
        """Start a child that writes to `log`; `owner` is the user that it runs as, if not us."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            popen = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**(os.environ if env is None else env), MARK: str(self.record)},
                cwd=cwd,
                start_new_session=True,
                preexec_fn=signalled_when_parent_dies(stop_signal),
                user=owner and owner.pw_uid,
                group=owner and owner.pw_gid,
                extra_groups=[] if owner else None,
            )
        child = Child(name, popen, stop_signal, log)
        self.children.append(child)
        self._write_record()
        return child

    def first_ended(self) -> Child | None:
        return next((child for child in self.children if child.popen.poll() is not None), None)

    def stop(self) -> None:
        """Ask all children to end; kill what does not in time, and what they left behind."""
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                if child.popen.poll() is None:
                    child.popen.send_signal(child.stop_signal)
        deadline = time.monotonic() + GRACE_SECONDS
        while self.children:
            child = self.children[-1]
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.popen.wait(max(0.0, deadline - time.monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.popen.pid, signal.SIGKILL)
            child.popen.wait()
            _wait_for_group(child.popen.pid)
            self.children.pop()
        self.record.unlink(missing_ok=True)

    def end_leftovers(self) -> list[str]:
        """End what a killed predecessor left running; return the names of its children."""
        children = list(self._leftovers())
        for _, process in children:
            _end(process)
        for process in psutil.process_iter():
            if _mark_of(process) == str(self.record):
                _end(process)
        self.record.unlink(missing_ok=True)
        return [name for name, _ in children]

    def _write_record(self) -> None:
        rows = []
        for child in self.children:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(child.popen.pid)
                rows.append([child.name, process.pid, process.create_time()])
        self.record.parent.mkdir(parents=True, exist_ok=True)
        draft = self.record.with_suffix(".new")
        draft.write_text(json.dumps(rows))
        draft.replace(self.record)

    def _leftovers(self) -> Iterator[tuple[str, psutil.Process]]:
        try:
            rows = json.loads(self.record.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return
        for name, pid, created in rows:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                if abs(process.create_time() - created) < 0.02:
                    yield name, process


def signalled_when_parent_dies(number: signal.Signals) -> Callable[[], None]:
    """Return what a child runs before its program, so that our death reaches it as `number`."""
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def prepare() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            # We died between the fork and the line above.
            os._exit(1)

    return prepare


def end_with_parent() -> None:
    """Have the kernel send us SIGTERM when the process that started us dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))


def _mark_of(process: psutil.Process) -> str | None:
    if process.pid == os.getpid():
        return None
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None


def _wait_for_group(leader: int) -> None:
    """Wait until nothing of a killed process group runs: a signal sent is not yet a death."""
    deadline = time.monotonic() + GRACE_SECONDS
    while _runs(leader) and time.monotonic() < deadline:
        time.sleep(0.01)


def _runs(leader: int) -> bool:
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getpgid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False


def _end(process: psutil.Process) -> None:
    """Ask a process that is no child of ours to end, then kill it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        try:
            process.wait(GRACE_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(GRACE_SECONDS)
