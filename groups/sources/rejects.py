"""The file of rejected lines: which line, why, and how it began."""

import json
from collections import Counter
from pathlib import Path

from groups.sources.files import Line

SHOWN = 200


class Rejects:
    """Written beside the batches, before each is committed.

    What an interrupted batch left behind goes when the import goes on.
    """

    def __init__(self, path: Path, *, lines_done: int) -> None:
        self.path = path
        self.by_code: Counter[str] = Counter()
        kept = self._kept(lines_done)
        if kept:
            path.write_text("".join(kept), encoding="utf-8")
        else:
            path.unlink(missing_ok=True)

    def add(self, refused: list[tuple[Line, str, str]]) -> None:
        """Append (line, code, sentence) of each refused line."""
        if not refused:
            return
        with self.path.open("a", encoding="utf-8") as stream:
            for line, code, detail in refused:
                text = line.text[: SHOWN * 4].decode("utf-8", errors="replace")[:SHOWN]
                entry = {"line": line.number, "code": code, "detail": detail, "text": text}
                stream.write(json.dumps(entry) + "\n")
                self.by_code[code] += 1

    def _kept(self, lines_done: int) -> list[str]:
        if lines_done == 0 or not self.path.exists():
            return []
        kept = []
        with self.path.open(encoding="utf-8") as stream:
            for text in stream:
                entry = json.loads(text)
                if entry["line"] <= lines_done:
                    kept.append(text)
                    self.by_code[entry["code"]] += 1
        return kept
