"""How far a long command is: a bar on a terminal, one line a step elsewhere."""

import time
from types import TracebackType

from rich import progress as rich_progress
from rich.console import Console

STEPS = 10


class Progress:
    def __init__(
        self, console: Console, what: str, *, total: int, done: int = 0, unit: str = "lines"
    ) -> None:
        self.lines = 0
        self._unit = unit
        self._console, self._what, self._total = console, what, total
        self._done = done
        self._started = time.monotonic()
        self._bar = _bar(console) if console.is_terminal else None
        if self._bar is not None:
            self._task = self._bar.add_task(what, total=total, completed=done, rate="")

    def __enter__(self) -> "Progress":
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, lines: int) -> None:
        step = self._step()
        self.lines += lines
        self._done += lines
        rate = f"{self.lines / max(time.monotonic() - self._started, 0.001):,.0f} a second"
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, rate=rate)
        elif self._step() != step:
            done = f"{self._done:,} of {self._total:,} {self._unit}"
            self._console.print(f"{self._what}: {done}, {rate}")

    def _step(self) -> int:
        return self._done * STEPS // max(self._total, 1)


def _bar(console: Console) -> rich_progress.Progress:
    return rich_progress.Progress(
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.TextColumn("{task.completed:,} of {task.total:,}"),
        rich_progress.TextColumn("{task.fields[rate]}"),
        rich_progress.TimeRemainingColumn(),
        console=console,
    )
