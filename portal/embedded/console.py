"""Plain lines that say what is being done, with seconds; on a terminal while it is done."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

WIDTH = 46


def say(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step and close its line with the seconds it took.

    What the step itself says in between starts a line of its own.
    """
    started = time.monotonic()
    on_terminal = sys.stdout.isatty()
    if on_terminal:
        sys.stdout.write(f"  {title} …")
        sys.stdout.flush()
    try:
        yield
    except BaseException:
        say("" if on_terminal else f"  {title}: not done")
        raise
    seconds = f"{time.monotonic() - started:6.1f} s"
    back = "\r" if on_terminal else ""
    say(f"{back}  {title:<{WIDTH}}{seconds}")
