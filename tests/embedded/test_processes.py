"""Real supervisors in processes of their own: that is what has to die."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from portal.embedded.processes import Tree

# Starts a shell with a child of its own, says so, and waits to be ended.
SUPERVISOR = """
import signal, sys, time
from pathlib import Path
from portal.embedded.processes import Tree, end_with_parent

class Stop(Exception): ...
def stop(*_): raise Stop
for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, stop)
end_with_parent()
tree = Tree(Path(sys.argv[1]) / "processes.json")
try:
    child = tree.start("Sleeper", ["sh", "-c", "sleep 600 & wait"], log=Path(sys.argv[1]) / "log")
    print(child.popen.pid, flush=True)
    time.sleep(600)
except Stop: pass
finally: tree.stop()
"""


@pytest.fixture
def supervisor(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
def sleeper(supervisor):
    child = psutil.Process(int(supervisor.stdout.readline()))
    family = wait_for(lambda: [child, *child.children()] if child.children() else None)
    yield family
    for process in family:
        if process.is_running():
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_supervisor_that_is_asked_to_end_leaves_no_process(supervisor, sleeper, number):
    supervisor.send_signal(number)

    assert supervisor.wait(15) == 0
    assert alive(sleeper) == []


def test_the_kernel_ends_the_children_of_a_killed_supervisor(supervisor, sleeper):
    supervisor.kill()

    wait_for(lambda: not alive(sleeper[:1]))


def test_the_next_start_ends_what_a_killed_supervisor_left(supervisor, sleeper, tmp_path):
    supervisor.kill()
    supervisor.wait()
    assert alive(sleeper[1:]), "The kernel ends the child; the child's own child lives on."

    Tree(tmp_path / "processes.json").end_leftovers()

    assert alive(sleeper) == []
    assert not (tmp_path / "processes.json").exists()


def test_a_process_that_got_the_number_of_a_dead_child_is_left_alone(tmp_path):
    record = tmp_path / "processes.json"
    stranger = psutil.Process()
    record.write_text(f'[["Sleeper", {stranger.pid}, {stranger.create_time() - 60}]]')

    assert Tree(record).end_leftovers() == []


def test_a_supervisor_ends_with_the_process_that_started_it(tmp_path):
    starter = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys; subprocess.run(sys.argv[1:])",
            *(sys.executable, "-c", SUPERVISOR, str(tmp_path)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    child = psutil.Process(int(starter.stdout.readline()))
    supervisor = child.parent()

    starter.kill()
    starter.wait()
    starter.stdout.close()

    wait_for(lambda: alive([supervisor, child]) == [])


def test_a_child_that_does_not_listen_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("portal.embedded.processes.GRACE_SECONDS", 0.3)
    tree = Tree(tmp_path / "processes.json")
    deaf = tree.start("Deaf", ["sh", "-c", "trap '' TERM; sleep 600"], log=tmp_path / "log")
    family = wait_for(lambda: psutil.Process(deaf.popen.pid).children())

    tree.stop()

    assert deaf.popen.returncode == -signal.SIGKILL
    assert alive(family) == []


def test_a_child_that_ended_is_named_with_the_end_of_its_log(tmp_path):
    tree = Tree(tmp_path / "processes.json")
    child = tree.start("Brief", ["sh", "-c", "echo no disk; exit 3"], log=tmp_path / "log")
    child.popen.wait(10)

    assert tree.first_ended() is child
    assert child.tail() == "no disk"
    tree.stop()


def test_a_command_runs_with_servers_of_its_own_and_its_status_is_passed_on(tmp_path):
    script = "import os, psycopg; psycopg.connect(os.environ['DATABASE_URL']); raise SystemExit(7)"
    environment = {**os.environ}
    environment.pop("DATABASE_URL", None)
    environment.pop("BROKER_URL", None)

    result = subprocess.run(
        [sys.executable, "-m", "portal.embedded.run", sys.executable, "-c", script],
        env=environment,
        cwd=Path(__file__).resolve().parents[2],
        check=False,
        timeout=60,
    )

    assert result.returncode == 7


def alive(processes):
    found = []
    for process in processes:
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def wait_for(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("It did not happen in time.")
