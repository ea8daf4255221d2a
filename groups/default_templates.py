"""The words of notices that every platform starts with, in English and German.

One file a notice in `default_texts/<language>/`: `<kind>.txt`, or `<kind>.<measure>.txt` for the
notice of a decision with that measure. The first line is the subject; a file without a body has
the body of its kind. The notice of a decision says what Article 17(3) of Regulation (EU)
2022/2065 asks for: measure and length, facts, that a person decided, ground, ways to complain.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TEXTS = Path(__file__).parent / "default_texts"


@dataclass(frozen=True, slots=True)
class Words:
    kind: str
    measure_kind: str
    language: str
    subject: str
    body: str


def list_words() -> Iterator[Words]:
    for path in sorted(TEXTS.glob("*/*.txt")):
        kind, _, measure_kind = path.stem.partition(".")
        subject, _, body = path.read_text(encoding="utf-8").partition("\n")
        if not body.strip():
            common = (path.parent / f"{kind}.txt").read_text(encoding="utf-8")
            body = common.partition("\n")[2]
        yield Words(
            kind=kind.upper(),
            measure_kind=measure_kind.upper(),
            language=path.parent.name,
            subject=subject.strip(),
            body=body.strip(),
        )
