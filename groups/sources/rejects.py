"""The file of rejected lines: which line, why, and how it began."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from groups.sources.files import Line

SHOWN = 200


class Rejects:
    """Written beside the batches, before each is committed.

    What an interrupted batch left behind goes when the import goes on. Each entry says of which
    import it is, so a file of that name which is anything else is left alone: the rejects then go
    beside it, under the same name with a number.
    """

    def __init__(self, path: Path, *, run: str, lines_done: int) -> None:
        self.wanted = path
        self.path = next(path for path in _names(path) if not path.exists() or _is_of(path, run))
        self.by_code: Counter[str] = Counter()
        self._run = run
        kept = self._kept(lines_done)
        if kept:
            self.path.write_text("".join(kept), encoding="utf-8")
        else:
            self.path.unlink(missing_ok=True)

    def add(self, refused: list[tuple[Line, str, str]]) -> None:
        """Append (line, code, sentence) of each refused line."""
        if not refused:
            return
        with self.path.open("a", encoding="utf-8") as stream:
            for line, code, detail in refused:
                text = line.text[: SHOWN * 4].decode("utf-8", errors="replace")[:SHOWN]
                entry = {"line": line.number, "code": code, "detail": detail, "text": text}
                entry["import"] = self._run
                stream.write(json.dumps(entry) + "\n")
                self.by_code[code] += 1

    def _kept(self, lines_done: int) -> list[str]:
        if lines_done == 0 or not self.path.exists():
            return []
        kept = []
        with self.path.open(encoding="utf-8") as stream:
            for text in stream:
                entry = _read(text)
                if entry and entry["line"] <= lines_done:
                    kept.append(text)
                    self.by_code[entry["code"]] += 1
        return kept


def _names(path: Path) -> Iterator[Path]:
    """Yield the path, and then the path with a number: rejects.jsonl, rejects.2.jsonl …"""
    yield path
    for number in count(2):
        yield path.with_name(f"{path.stem}.{number}{path.suffix}")


def _is_of(path: Path, run: str) -> bool:
    """Say whether this import began the file."""
    try:
        with path.open(encoding="utf-8") as stream:
            return _read(stream.readline()).get("import") == run
    except (UnicodeDecodeError, OSError):
        return False


def _read(text: str) -> dict[str, Any]:
    """Return the entry; an empty one for what is none, as a line that a crash left unfinished."""
    try:
        entry = json.loads(text)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
