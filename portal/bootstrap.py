"""Build .venv from requirements.txt when it changed.

Runs on a plain Python before anything is installed; old ones have to be able to read it too.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "requirements.sha256"
NEEDED_MEGABYTES = 2000


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def fail(problem: str, cure: str) -> None:
    sys.exit(problem + "\n" + cure)


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 (read by any Python)
        fail(
            f"Accord needs Python 3.11 or later; {sys.executable} is {sys.version.split()[0]}.",
            "Install it (Debian, Ubuntu: apt install python3.11 python3.11-venv) and name it:\n"
            "make PYTHON=python3.11 demo",
        )
    wanted = hashlib.sha256((ROOT / "requirements.txt").read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted and works("pass"):
        return
    started = time.monotonic()
    if not works("import pip"):
        make_venv()
    install(started)
    STAMP.write_text(wanted)
    say(f"Installed in {time.monotonic() - started:.0f} s.")


def works(statement: str) -> bool:
    """Tell whether the environment's Python runs the statement; a copied one may not."""
    if not PYTHON.exists():
        return False
    ran = subprocess.run([str(PYTHON), "-c", statement], capture_output=True, check=False)
    return ran.returncode == 0


def make_venv() -> None:
    free = shutil.disk_usage(str(ROOT)).free // 2**20
    if free < NEEDED_MEGABYTES:
        fail(
            f"Only {free} MB are free on the disk of {ROOT}; Accord needs {NEEDED_MEGABYTES}.",
            "Free some space, or clone Accord to another disk.",
        )
    say(f"Making the virtual environment .venv with Python {sys.version.split()[0]}")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False)
    if made.returncode:
        shutil.rmtree(str(VENV), ignore_errors=True)
        version = "{}.{}".format(*sys.version_info[:2])
        fail(
            "This Python cannot make virtual environments.",
            f"Debian and Ubuntu keep that apart: apt install python{version}-venv",
        )


def install(started: float) -> None:
    """Install the requirements; say how many packages there are so far, and pip's words if not."""
    say("Installing requirements.txt into .venv (once, and when it changes)")
    # Packages of the person's own environment must not stand in for pinned ones.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    pip = subprocess.Popen(
        [*command, "--progress-bar", "off", "-r", str(ROOT / "requirements.txt")],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    lines = []
    packages = 0
    for line in pip.stdout or ():
        lines.append(line)
        packages += line.startswith("Collecting")
        if line.startswith("Installing collected packages"):
            show(f"{packages} packages, unpacking them", started, is_step=True)
        elif packages:
            show(f"{packages} packages", started, is_step=False)
    if sys.stdout.isatty():
        say("")
    if pip.wait():
        fail(
            "".join(lines[-15:]) + "The requirements could not be installed; pip says why above.",
            "Check that the package index can be reached, then run the same command again.",
        )


def show(text: str, started: float, *, is_step: bool) -> None:
    """Rewrite one line on a terminal; elsewhere write only what starts a step."""
    line = f"  {text}, {time.monotonic() - started:.0f} s"
    if sys.stdout.isatty():
        sys.stdout.write(f"\r{line:<60}")
        sys.stdout.flush()
    elif is_step:
        say(line)


if __name__ == "__main__":
    main()
